package workflows

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/hook"
)

func TestDispatchSaysWhatItDid(t *testing.T) {
	t.Parallel()
	did := activities.Dispatched{Deliveries: 812, Webhooks: 14, Delivered: 801, Retry: 11}
	require.Equal(t, "812 deliveries to 14 webhooks: 801 delivered, 11 to retry", did.String())
	input := DispatchInput{ID: hook.NewID(), Queue: "of-this-worker"}
	env := environment(t, &script{stream: func(in DispatchInput) (activities.Dispatched, error) {
		require.Equal(t, input, in)
		return did, nil
	}})
	env.ExecuteWorkflow(Dispatch, input)
	var result DispatchResult
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, DispatchResult{Dispatched: did}, result)
}

func TestArchiveManySaysWhatItDid(t *testing.T) {
	t.Parallel()
	did := activities.ArchivedMany{Messages: 730, Endpoints: 3, Left: 2}
	require.Equal(t, "730 messages of 3 endpoints archived, 2 left to others", did.String())
	input := DispatchInput{ID: hook.NewID(), Queue: "of-this-worker"}
	calls := 0
	env := environment(t, &script{many: func(in DispatchInput) (activities.ArchivedMany, error) {
		require.Equal(t, input, in)
		if calls++; calls > 1 {
			return did, errors.New("it is not to be tried again")
		}
		return did, nil
	}})
	env.ExecuteWorkflow(ArchiveMany, input)
	var result ArchiveManyResult
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, ArchiveManyResult{ArchivedMany: did}, result)
}

// A run whose worker died is not made again: the outbox has what is left.
func TestDispatchIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	calls := 0
	env := environment(t, &script{stream: func(DispatchInput) (activities.Dispatched, error) {
		calls++
		return activities.Dispatched{}, errors.New("the worker died")
	}})
	env.ExecuteWorkflow(Dispatch, DispatchInput{ID: hook.NewID(), Queue: "of-a-worker-that-died"})
	var result DispatchResult
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, env.GetWorkflowResult(&result))
	require.NotEmpty(t, result.Reason)
	require.Equal(t, 1, calls)
}

// What finds its webhook hanging is made among such, and what finds no room
// asks again without losing that it was to be made at once.
func TestDeliverGoesAmongThoseThatHangAndWaitsForRoom(t *testing.T) {
	t.Parallel()
	var calls []activities.AttemptInput
	id := hook.NewID()
	env := environment(t, &script{attempt: func(in activities.AttemptInput) (activities.Step, error) {
		in.DeliveryID = hook.ID{}
		switch calls = append(calls, in); len(calls) {
		case 1:
			return pending(1, time.Hour), nil
		case 2:
			return activities.Step{Slow: true, Number: 1}, nil
		case 3:
			return activities.Step{Full: true, Number: 1, Wait: 2 * time.Second}, nil
		}
		return delivered(2), nil
	}})
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(RetryNow, nil) }, time.Minute)
	started := env.Now()
	env.ExecuteWorkflow(Deliver, DeliverInput{DeliveryID: id})
	require.Equal(t, hook.DeliveryDelivered, deliverResult(t, env).Status)
	require.Equal(t, []activities.AttemptInput{{}, {Now: true}, {Now: true, Slow: true}, {Now: true}}, calls)
	require.Equal(t, 62*time.Second, env.Now().Sub(started).Round(time.Second))
}
