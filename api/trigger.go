package api

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

type trigger struct {
	Type *string `json:"type,omitempty" doc:"An event type; left out: one that the webhook subscribes to"`
}

func (s *server) triggerRoutes(r *router) {
	add(r, route{
		method: "POST", path: "/api/v1/webhooks/{id}/test", summary: "Send a webhook a test event", tag: "Webhooks", roles: operators,
		help: "A sample of the type goes the way of a real event, to this webhook alone, once. It is marked as a test, does not count " +
			"towards disabling, and reaches a disabled webhook too. With `Prefer: wait=N` (at most 30 s) the answer has the attempt.",
	}, s.testWebhook)
}

type testInput struct {
	IDInput
	Prefer []string `header:"Prefer" doc:"wait=N: hold the answer until the attempt is made, for at most N seconds (RFC 7240)"`
	Body   *trigger
}

func (s *server) testWebhook(ctx context.Context, who caller, in *testInput) (deliveryView, error) {
	webhook, err := in.id("webhook")
	if err != nil {
		return deliveryView{}, err
	}
	var wanted *string
	if in.Body != nil {
		wanted = in.Body.Type
	}
	if wanted != nil && !hook.ValidEventType(*wanted) {
		return deliveryView{}, hook.Invalid("the request is not valid", hook.FieldError{
			Pointer: "/type", Message: "must be segments of letters, digits, _ and - joined by dots, at most 128 characters",
		})
	}
	id, err := s.Store.SendTest(ctx, who.Tenant, webhook, func(w *hook.Webhook) hook.Event {
		eventType := w.SampleType()
		set(&eventType, wanted)
		return hook.Event{ID: hook.NewID(), Type: eventType, Data: hook.Sample(eventType), OccurredAt: hook.Time(time.Now())}
	})
	if err != nil {
		return deliveryView{}, err
	}
	v, err := s.awaitDelivery(ctx, who, id, waitPreference(in.Prefer))
	if err != nil {
		return deliveryView{}, err
	}
	return s.showDelivery(v), nil
}

// awaitEvery is how often somebody who waits looks at a delivery.
const awaitEvery = 50 * time.Millisecond

// awaitDelivery returns a delivery once nothing is to be done for it, or as it
// stands when the wait is over or the server stops.
func (s *server) awaitDelivery(ctx context.Context, who caller, id hook.ID, wait time.Duration) (v store.DeliveryView, err error) {
	over := time.After(wait)
	for {
		v, err = s.Store.Delivery(ctx, who.Tenant, id)
		if err != nil || !v.Open() || wait == 0 {
			return v, err
		}
		select {
		case <-over:
			return s.Store.Delivery(ctx, who.Tenant, id)
		case <-s.Stopping:
			return v, nil
		case <-ctx.Done():
			return v, ctx.Err()
		case <-time.After(awaitEvery):
		}
	}
}
