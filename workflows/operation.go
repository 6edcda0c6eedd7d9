package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"posthorn/activities"
	"posthorn/hook"
)

// ProgressQuery asks an operation how far it has come; the answer is a
// Progress.
const ProgressQuery = "progress"

// OperationInput names the run of an operation.
type OperationInput = activities.OperationInput

// Progress says how far an operation has come.
type Progress = activities.Progress

// Resume sets going what a webhook held, no more at a time than it has room
// for, until nothing is held or the webhook is disabled again.
func Resume(ctx workflow.Context, in OperationInput) (Progress, error) {
	var do *activities.Activities
	return inSlices(ctx, in, "Resume", do.Resume)
}

// Recover delivers again what a webhook missed, likewise.
func Recover(ctx workflow.Context, in OperationInput) (Progress, error) {
	var do *activities.Activities
	return inSlices(ctx, in, "Recover", do.Recover)
}

// inSlices repeats an activity that works for some seconds. Where it stands is
// in the database: a history that grows long begins anew.
func inSlices(ctx workflow.Context, in OperationInput, name string, slice any) (p Progress, err error) {
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (Progress, error) { return p, nil }); err != nil {
		return p, err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute, HeartbeatTimeout: 30 * time.Second, RetryPolicy: faults(),
		Summary: name + " deliveries, for some seconds",
	})
	for {
		if err := workflow.ExecuteActivity(ctx, slice, in).Get(ctx, &p); err != nil {
			return p, err
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d of %d deliveries are set going: %s", p.Done, p.Total, p.Status))
		if p.Status != hook.OperationRunning {
			return p, nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return p, workflow.NewContinueAsNewError(ctx, workflow.GetInfo(ctx).WorkflowType.Name, in)
		}
	}
}

// mailPatience is for how long mail is tried again. An SMTP server that is away
// longer is one that nobody watches.
const mailPatience = 72 * time.Hour

// Notify sends a notice to each of its recipients, side by side: one whose mail
// server is away does not keep it from the others.
func Notify(ctx workflow.Context, in OperationInput) (p Progress, err error) {
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (Progress, error) { return p, nil }); err != nil {
		return p, err
	}
	var do *activities.Activities
	look := quick(ctx, time.Minute, "Whom to tell")
	if err := workflow.ExecuteLocalActivity(look, do.AddressNotice, in).Get(ctx, &p); err != nil || p.Status != hook.OperationRunning {
		return p, err
	}
	all := workflow.NewWaitGroup(ctx)
	var failed error
	for n := range p.Total {
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			after, err := sendNotice(ctx, in, n)
			if err != nil {
				failed = err
				return
			}
			if after.Status != hook.OperationRunning || after.Done > p.Done {
				p = after
			}
			workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d of %d mails are sent: %s", p.Done, p.Total, p.Status))
		})
	}
	all.Wait(ctx)
	return p, failed
}

// sendNotice tries one mail for as long as it is worth while.
func sendNotice(ctx workflow.Context, in OperationInput, n int) (p Progress, err error) {
	var do *activities.Activities
	try := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute, ScheduleToCloseTimeout: mailPatience,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Minute},
		Summary:     fmt.Sprintf("Mail to recipient %d", n+1),
	})
	if err = workflow.ExecuteActivity(try, do.SendNotice, in, n, false).Get(ctx, &p); err == nil {
		return p, nil
	}
	giveUp := quick(ctx, time.Minute, fmt.Sprintf("Give up recipient %d", n+1))
	err = workflow.ExecuteLocalActivity(giveUp, do.SendNotice, in, n, true).Get(ctx, &p)
	return p, err
}
