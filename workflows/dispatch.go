package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"posthorn/activities"
)

// DispatchInput names a dispatch run.
type DispatchInput = activities.DispatchInput

// DispatchResult says what a dispatch run did.
type DispatchResult struct {
	activities.Dispatched
	Reason string // why the run was cut off; what it did not record is done by another
}

// runLimit bounds a run with the last that it took.
const runLimit = 3 * time.Minute

// Dispatch has the worker that owns the deliveries make first attempts for some
// seconds. It is not tried again: the outbox has what it did not record, and
// who owns the shards then makes those attempts in another run.
func Dispatch(ctx workflow.Context, in DispatchInput) (result DispatchResult, err error) {
	var do *activities.Activities
	run := workflow.ExecuteActivity(once(ctx, in, "Make first attempts, for some seconds"), do.Dispatch, in)
	result.Reason, err = cutOff(run.Get(ctx, &result.Dispatched))
	show(ctx, result.Dispatched, result.Reason)
	return result, err
}

// ArchiveManyResult says what a run of ArchiveMany did.
type ArchiveManyResult struct {
	activities.ArchivedMany
	Reason string // why the run was cut off; what it did not record is done by another
}

// ArchiveMany has the worker that owns the messages archive them for some
// seconds, as Dispatch does first attempts.
func ArchiveMany(ctx workflow.Context, in DispatchInput) (result ArchiveManyResult, err error) {
	var do *activities.Activities
	run := workflow.ExecuteActivity(once(ctx, in, "Seal records in WORM storage, for some seconds"), do.ArchiveMany, in)
	result.Reason, err = cutOff(run.Get(ctx, &result.ArchivedMany))
	show(ctx, result.ArchivedMany, result.Reason)
	return result, err
}

// once are the options of a run's activity, which only one worker can do.
func once(ctx workflow.Context, in DispatchInput, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: in.Queue, StartToCloseTimeout: runLimit, ScheduleToStartTimeout: 10 * time.Second, HeartbeatTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}, Summary: summary,
	})
}

// cutOff is why a run did not end by itself; an error is that it was cancelled.
func cutOff(err error) (reason string, _ error) {
	if err == nil || temporal.IsCanceledError(err) {
		return "", err
	}
	return "the worker stopped, or was too busy to begin", nil
}

// show tells people what a run did.
func show(ctx workflow.Context, did fmt.Stringer, reason string) {
	text := did.String()
	if reason != "" {
		text = "Cut off: " + reason
	}
	workflow.SetCurrentDetails(ctx, text)
}
