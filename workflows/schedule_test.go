package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/hook"
)

// A receiver that is away for good gets an attempt at once and one after each
// wait of its format's schedule, not a second earlier or later, and then the
// delivery has failed.
func TestDeliverFollowsTheWholeScheduleOfEachFormat(t *testing.T) {
	t.Parallel()
	for _, format := range hook.Formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			whole, attempts := 2*time.Hour+35*time.Minute+36*time.Second, 7
			if format == hook.FormatInboxComponents {
				whole, attempts = 155*time.Second, 6
			}
			d := hook.Delivery{ID: hook.NewID(), Status: hook.DeliveryPending}
			s := &script{}
			env := environment(t, s)
			var at []time.Duration
			started := env.Now()
			s.attempt = func(activities.AttemptInput) (activities.Step, error) {
				at = append(at, env.Now().Sub(started))
				a := hook.Attempt{DeliveryID: d.ID, Number: len(at), Error: hook.ErrorConnect}
				outcome := d.Outcome(&a, format.DefaultRetryPolicy())
				return activities.Step{
					Done: outcome.Status != hook.DeliveryPending, Status: outcome.Status, Number: a.Number, Wait: outcome.Wait, Answer: "connect",
				}, nil
			}
			env.ExecuteWorkflow(Deliver, DeliverInput{DeliveryID: d.ID})
			require.Equal(t, DeliverResult{Status: hook.DeliveryFailed, Attempts: attempts}, deliverResult(t, env))
			planned := []time.Duration{0}
			for _, seconds := range format.DefaultRetryPolicy() {
				planned = append(planned, planned[len(planned)-1]+time.Duration(seconds)*time.Second)
			}
			for i := range at {
				at[i] = at[i].Round(time.Second)
			}
			require.Equal(t, planned, at)
			require.Equal(t, whole, at[len(at)-1])
		})
	}
}
