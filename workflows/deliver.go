package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"posthorn/activities"
	"posthorn/hook"
)

// The signals that a delivery understands.
const (
	RetryNow = "retry-now" // do not wait for the schedule
	Cancel   = "cancel"    // make no more attempts
)

// DeliverInput names the run of a delivery.
type DeliverInput struct {
	DeliveryID hook.ID
	Run        int
	Promised   bool `json:",omitempty"` // it waited for its time by the webhook's rate
	Retrying   bool `json:",omitempty"` // its state says so already
}

// DeliverResult says what a run came to.
type DeliverResult struct {
	Status   hook.DeliveryStatus
	Attempts int
	Reason   string // why the run ended where it made no attempt
}

// Deliver makes attempts by the webhook's schedule until the event is
// delivered, has failed, or is held or cancelled.
func Deliver(ctx workflow.Context, in DeliverInput) (DeliverResult, error) {
	w := deliver{
		in:     in,
		retry:  workflow.GetSignalChannel(ctx, RetryNow),
		cancel: workflow.GetSignalChannel(ctx, Cancel),
		tagged: in.Retrying,
	}
	return w.run(ctx)
}

type deliver struct {
	in            DeliverInput
	retry, cancel workflow.ReceiveChannel
	tagged        bool
	do            *activities.Activities // nil: only its methods' names are used
}

func (w *deliver) run(ctx workflow.Context) (DeliverResult, error) {
	attempt := activities.AttemptInput{DeliveryID: w.in.DeliveryID, Run: w.in.Run, Promised: w.in.Promised}
	// Signals that came before the first task, which begins late where the start is delayed.
	attempt.Now, attempt.Cancel = w.retry.ReceiveAsync(nil), w.cancel.ReceiveAsync(nil)
	for {
		var step activities.Step
		options := quick(ctx, hook.MaxTimeout+30*time.Second, "Attempt")
		if err := workflow.ExecuteLocalActivity(options, w.do.Attempt, attempt).Get(ctx, &step); err != nil {
			return DeliverResult{}, err
		}
		if step.Slow {
			attempt.Slow = true
			err := workflow.ExecuteActivity(among(ctx), w.do.Attempt, attempt).Get(ctx, &step)
			if attempt.Slow = false; err != nil {
				return DeliverResult{}, err
			}
		}
		if step.Done {
			return DeliverResult{Status: step.Status, Attempts: step.Number, Reason: step.Reason}, nil
		}
		w.show(ctx, step)
		now, cancel, err := w.wait(ctx, step)
		if err != nil {
			return DeliverResult{}, err
		}
		attempt.Promised = (step.Promised || step.Full && attempt.Promised) && !now
		attempt.Now, attempt.Cancel = now || attempt.Now && step.Full, cancel
		if !attempt.Now && !attempt.Cancel && w.long(ctx) {
			next := w.in
			next.Promised, next.Retrying = attempt.Promised, w.tagged
			return DeliverResult{}, workflow.NewContinueAsNewError(ctx, Deliver, next)
		}
	}
}

// long reports whether the history should begin anew, which it may while
// nothing is to be told to the next attempt.
func (w *deliver) long(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && w.retry.Len() == 0 && w.cancel.Len() == 0
}

// among are the options of an attempt that is made among those that hang.
func among(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: SlowQueue, StartToCloseTimeout: hook.MaxTimeout + 30*time.Second, HeartbeatTimeout: 15 * time.Second,
		RetryPolicy: faults(), Summary: "Attempt, among webhooks that hang",
	})
}

// wait ends with the time that a failed attempt leaves, or with a signal.
func (w *deliver) wait(ctx workflow.Context, s activities.Step) (now, cancelled bool, err error) {
	timerContext, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timerContext, s.Wait, workflow.TimerOptions{
		Summary: fmt.Sprintf("Attempt %d: %s. Wait %s", s.Number, s.Answer, s.Wait.Round(time.Second)),
	})
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(timer, func(f workflow.Future) { err = f.Get(ctx, nil) })
	selector.AddReceive(w.retry, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); now = true })
	selector.AddReceive(w.cancel, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); cancelled = true })
	selector.Select(ctx)
	return now, cancelled, err
}

// show writes for people what the delivery waits for.
func (w *deliver) show(ctx workflow.Context, s activities.Step) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Attempt %d: POST %s → %s, next try in %s", s.Number, s.URL, s.Answer, s.Wait.Round(time.Second)))
	if !w.tagged && !s.Promised { // once: each upsert is a write to the visibility store
		w.tagged = true
		_ = workflow.UpsertTypedSearchAttributes(ctx, StateAttribute.ValueSet("retrying"))
	}
}
