package workflows

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"posthorn/activities"
	"posthorn/hook"
)

func deliverResult(t *testing.T, env *testsuite.TestWorkflowEnvironment) DeliverResult {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var result DeliverResult
	require.NoError(t, env.GetWorkflowResult(&result))
	return result
}

func pending(number int, wait time.Duration) activities.Step {
	return activities.Step{Status: hook.DeliveryPending, Number: number, Wait: wait, Answer: "503", URL: "https://example.com/"}
}

func delivered(number int) activities.Step {
	return activities.Step{Done: true, Status: hook.DeliveryDelivered, Number: number}
}

func TestDeliverWaitsByTheSchedule(t *testing.T) {
	t.Parallel()
	input := DeliverInput{DeliveryID: hook.NewID()}
	steps := []activities.Step{pending(1, time.Second), pending(2, 5*time.Second), pending(3, 2*time.Hour), delivered(4)}
	s := &script{}
	env := environment(t, s)
	var at []time.Duration
	started := env.Now()
	s.attempt = func(in activities.AttemptInput) (activities.Step, error) {
		require.Equal(t, input.DeliveryID, in.DeliveryID)
		at = append(at, env.Now().Sub(started).Round(time.Second))
		return steps[len(at)-1], nil
	}
	env.ExecuteWorkflow(Deliver, input)
	require.Equal(t, DeliverResult{Status: hook.DeliveryDelivered, Attempts: 4}, deliverResult(t, env))
	require.Equal(t, []time.Duration{0, time.Second, 6 * time.Second, 2*time.Hour + 6*time.Second}, at)
}

func TestDeliverEndsWhereTheRowSaysSo(t *testing.T) {
	t.Parallel()
	calls := 0
	env := environment(t, &script{attempt: func(activities.AttemptInput) (activities.Step, error) {
		calls++
		return activities.Step{Done: true, Status: hook.DeliveryHeld, Number: 3, Reason: "the webhook is disabled"}, nil
	}})
	env.ExecuteWorkflow(Deliver, DeliverInput{DeliveryID: hook.NewID()})
	require.Equal(t, DeliverResult{Status: hook.DeliveryHeld, Attempts: 3, Reason: "the webhook is disabled"}, deliverResult(t, env))
	require.Equal(t, 1, calls)
}

func TestDeliverHearsSignals(t *testing.T) {
	t.Parallel()
	for signal, want := range map[string]activities.AttemptInput{
		RetryNow: {Now: true},
		Cancel:   {Cancel: true},
	} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			calls := 0
			env := environment(t, &script{attempt: func(in activities.AttemptInput) (activities.Step, error) {
				if calls++; calls == 1 {
					return pending(1, 2*time.Hour), nil
				}
				require.Equal(t, want.Now, in.Now)
				require.Equal(t, want.Cancel, in.Cancel)
				return delivered(2), nil
			}})
			started := env.Now()
			env.RegisterDelayedCallback(func() { env.SignalWorkflow(signal, nil) }, time.Minute)
			env.ExecuteWorkflow(Deliver, DeliverInput{DeliveryID: hook.NewID()})
			deliverResult(t, env)
			require.Equal(t, 2, calls)
			require.Equal(t, time.Minute, env.Now().Sub(started).Round(time.Second), "the wait must end with the signal")
		})
	}
}

func TestDeliverWaitsForTheWebhooksRate(t *testing.T) {
	t.Parallel()
	told := []bool{}
	steps := []activities.Step{
		{Status: hook.DeliveryPending, Wait: 3 * time.Hour, Promised: true}, pending(1, time.Second),
		{Status: hook.DeliveryPending, Wait: time.Second, Promised: true}, delivered(2),
	}
	env := environment(t, &script{attempt: func(in activities.AttemptInput) (activities.Step, error) {
		told = append(told, in.Promised)
		return steps[len(told)-1], nil
	}})
	started := env.Now()
	env.ExecuteWorkflow(Deliver, DeliverInput{DeliveryID: hook.NewID()})
	require.Equal(t, DeliverResult{Status: hook.DeliveryDelivered, Attempts: 2}, deliverResult(t, env))
	require.Equal(t, []bool{false, true, false, true}, told, "who waited for its time says so, once")
	require.Equal(t, 3*time.Hour+2*time.Second, env.Now().Sub(started).Round(time.Second))
}

func TestDeliverThatWaitsForLongBeginsItsHistoryAnew(t *testing.T) {
	t.Parallel()
	env := environment(t, &script{attempt: func(activities.AttemptInput) (activities.Step, error) {
		return activities.Step{Status: hook.DeliveryPending, Wait: time.Minute, Promised: true}, nil
	}})
	env.SetContinueAsNewSuggested(true)
	input := DeliverInput{DeliveryID: hook.NewID(), Run: 3}
	env.ExecuteWorkflow(Deliver, input)
	require.True(t, env.IsWorkflowCompleted())
	anew, ok := errors.AsType[*workflow.ContinueAsNewError](env.GetWorkflowError())
	require.True(t, ok, "%v", env.GetWorkflowError())
	var next DeliverInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(anew.Input, &next))
	require.Equal(t, DeliverInput{DeliveryID: input.DeliveryID, Run: 3, Promised: true}, next)
}

// An outage of ours is no reason to end: each try of an activity has a minute,
// all of them together as long as it takes.
func TestDeliverOutlivesOurFaults(t *testing.T) {
	t.Parallel()
	calls := 0
	env := environment(t, &script{attempt: func(activities.AttemptInput) (activities.Step, error) {
		if calls++; calls < 12 {
			return activities.Step{}, errors.New("the database is away")
		}
		return delivered(1), nil
	}})
	env.ExecuteWorkflow(Deliver, DeliverInput{DeliveryID: hook.NewID()})
	require.Equal(t, hook.DeliveryDelivered, deliverResult(t, env).Status)
	require.Equal(t, 12, calls)
}
