package workflows

import (
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

// dispatchLimit bounds a run with its last attempts.
const dispatchLimit = 3 * time.Minute

// Dispatch has the worker that owns the deliveries make first attempts for some
// seconds. It is not tried again: the outbox has what it did not record, and
// who owns the shards then makes those attempts in another run.
func Dispatch(ctx workflow.Context, in DispatchInput) (result DispatchResult, err error) {
	var do *activities.Activities
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: in.Queue, StartToCloseTimeout: dispatchLimit, ScheduleToStartTimeout: 10 * time.Second, HeartbeatTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}, Summary: "Make first attempts, for some seconds",
	})
	if err := workflow.ExecuteActivity(ctx, do.Dispatch, in).Get(ctx, &result.Dispatched); err != nil {
		if temporal.IsCanceledError(err) {
			return result, err
		}
		result.Reason = "the worker stopped, or was too busy to begin"
		workflow.SetCurrentDetails(ctx, "Cut off: "+result.Reason)
		return result, nil
	}
	workflow.SetCurrentDetails(ctx, result.String())
	return result, nil
}
