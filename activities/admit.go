package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
)

// admit asks the schedule for an attempt; where there is no room it says in the
// step how to go on. done is to be called once the attempt is recorded. A test
// counts for nothing and waits for nobody.
func (a *Activities) admit(in AttemptInput, t *store.ToAttempt, step *Step) (done func(dispatch.Result), admitted bool) {
	if t.Delivery.Test {
		return func(dispatch.Result) {}, true
	}
	pass := a.Schedule.Enter(time.Now(), in.DeliveryID, &t.Webhook, in.Slow)
	switch {
	case pass.Slow:
		step.Slow = true
	case !pass.Admitted:
		step.Full, step.Wait, step.Answer = true, pass.Wait, "no room beside others under way"
	}
	return func(r dispatch.Result) { a.Schedule.Done(time.Now(), t.Webhook.ID, in.DeliveryID, r) }, pass.Admitted
}

// resultOf is what the schedule learns from an attempt.
func resultOf(a *hook.Attempt, r store.Recorded) dispatch.Result {
	return dispatch.Result{Made: true, Took: a.Duration, Failed: !a.Succeeded(), Failures: r.Failures}
}

// beat tells Temporal that an attempt goes on, until it is stopped.
func beat(ctx context.Context) (stop func()) {
	ended := make(chan struct{})
	go func() {
		tick := time.NewTicker(3 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(ended) }
}
