package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"posthorn/crash"
	"posthorn/dispatch"
	"posthorn/egress"
	"posthorn/envelope"
	"posthorn/expr"
	"posthorn/hook"
	"posthorn/store"
)

// AttemptInput names a delivery and says how to go on with it.
type AttemptInput struct {
	DeliveryID hook.ID
	Run        int
	Now        bool // do not wait for the time that is planned
	Cancel     bool // make no further attempt
	Promised   bool `json:",omitempty"` // it waited for its time by the webhook's rate
	Slow       bool // it is made among those that hang
}

// Step says what came of it.
type Step struct {
	Done   bool
	Status hook.DeliveryStatus
	Number int           // of attempts so far
	Wait   time.Duration // until the next one
	Answer string        // a status code or a class of failure, for people
	URL    string        // without its query
	Reason string        // why no attempt was made

	Promised bool `json:",omitempty"` // the wait is for the webhook's rate
	Slow     bool `json:",omitempty"` // its webhook hangs: the attempt is to be made among such
	Full     bool `json:",omitempty"` // its webhook has no room now: ask again after Wait
}

// early is how much sooner than planned an attempt may be made: a timer and
// the database's clock differ a little.
const early = 250 * time.Millisecond

// Attempt looks at a delivery's row and, if it is due, makes an attempt and
// records it with what follows. An attempt that was made but not recorded,
// because the process died between, is made again under the same ids.
func (a *Activities) Attempt(ctx context.Context, in AttemptInput) (Step, error) {
	t, err := a.Store.DeliveryToAttempt(ctx, in.DeliveryID)
	if err != nil {
		return Step{}, err
	}
	step := Step{Status: t.Delivery.Status, Number: t.Delivery.AttemptCount, URL: hook.PlainURL(t.Webhook.URL)}
	if ended, err := a.end(ctx, in, &t, &step); ended || err != nil {
		return step, err
	}
	if t.Wait > early && !in.Now {
		step.Wait, step.Answer = t.Wait, "not due yet"
		return step, nil
	}
	done, admitted := a.admit(in, &t, &step)
	if !admitted {
		return step, nil
	}
	var result dispatch.Result
	defer func() { done(result) }()
	place, ended, err := a.permit(ctx, in, &t, &step)
	if ended || err != nil {
		return step, err
	}
	if in.Slow { // in an activity of its own: a local one has no heartbeats
		stop := beat(ctx)
		defer stop()
	}
	attempt, outcome, err := a.attempt(ctx, &t)
	if err != nil {
		return Step{}, err
	}
	attempt.Place = place
	crash.At(crash.AfterSend)
	recorded, err := a.Store.RecordAttempt(ctx, store.Recording{Delivery: &t.Delivery, Attempt: &attempt, Outcome: outcome})
	result = resultOf(&attempt, recorded)
	if err != nil {
		return Step{}, err
	}
	crash.At(crash.AfterAttempt)
	step.Done, step.Status, step.Wait = outcome.Status != hook.DeliveryPending, outcome.Status, outcome.Wait
	if step.Done && t.Delivery.Status == hook.DeliveryDelivered {
		step.Status = hook.DeliveryDelivered
	}
	step.Number, step.Answer = attempt.Number, answer(&attempt)
	return step, nil
}

// end reports whether the row says that nothing is to be sent any more.
func (a *Activities) end(ctx context.Context, in AttemptInput, t *store.ToAttempt, step *Step) (bool, error) {
	step.Done = true
	delivered := t.Delivery.Status == hook.DeliveryDelivered // and only to be delivered once more
	switch {
	case !t.Delivery.Open():
		step.Reason = "the delivery is " + string(t.Delivery.Status)
		return true, a.leavePlace(ctx, t)
	case t.Delivery.Run > in.Run:
		step.Reason = superseded
		return true, nil
	case in.Cancel:
		step.Reason, step.Status = "cancelled", hook.DeliveryCancelled
	case t.WebhookDeleted:
		step.Reason, step.Status = "the webhook is deleted", hook.DeliveryCancelled
	case t.Webhook.Active || t.Delivery.Test:
		step.Done = false
		return false, nil
	case delivered:
		step.Reason = "the webhook is disabled"
	default:
		step.Reason, step.Status = "the webhook is disabled", hook.DeliveryHeld
		return true, errors.Join(a.Store.HoldDelivery(ctx, in.DeliveryID), a.leavePlace(ctx, t))
	}
	if delivered {
		step.Status = hook.DeliveryDelivered
	}
	return true, errors.Join(a.Store.EndDelivery(ctx, &t.Delivery), a.leavePlace(ctx, t))
}

// attempt sends the request. An error means that there was no attempt: we are
// stopping, or cannot render what is to be sent.
func (a *Activities) attempt(ctx context.Context, t *store.ToAttempt) (hook.Attempt, hook.Outcome, error) {
	d := &t.Delivery
	started := time.Now()
	body, err := render(t)
	if failed, ok := errors.AsType[*expr.Error](err); ok {
		attempt := hook.Attempt{
			DeliveryID: d.ID, Number: d.AttemptCount + 1, StartedAt: started, Duration: time.Since(started),
			Error: hook.ErrorTransform, ErrorDetail: failed.Error(), Generation: t.Webhook.Generation,
		}
		return attempt, d.Outcome(&attempt, t.Webhook.RetryPolicy), nil
	}
	if err != nil {
		return hook.Attempt{}, hook.Outcome{}, fmt.Errorf("activities: delivery %s: %w", d.ID, err)
	}
	header := envelope.Headers(envelope.Attempt{
		Event: &t.Event, Webhook: &t.Webhook, Format: d.Format, DeliveryID: d.ID, Body: body, At: started, Version: a.Version,
	})
	response, err := a.Egress.Do(ctx, egress.Request{
		Method: "POST", URL: t.Webhook.URL, Header: header, Body: body, Timeout: t.Webhook.Timeout,
	})
	if err != nil {
		return hook.Attempt{}, hook.Outcome{}, err
	}
	attempt := hook.Attempt{
		DeliveryID: d.ID, Number: d.AttemptCount + 1, StartedAt: started, Duration: response.Duration,
		StatusCode: response.StatusCode, Error: response.Error, ErrorDetail: response.Detail,
		ResponseHeader: response.Header, ResponseBody: response.Body, RetryAfter: response.RetryAfter,
		Generation: t.Webhook.Generation, Phases: response.Phases,
	}
	return attempt, d.Outcome(&attempt, t.Webhook.RetryPolicy), nil
}

// render makes the body. Its error is an *expr.Error where the transform failed.
func render(t *store.ToAttempt) ([]byte, error) {
	event := t.Event
	if t.Delivery.Transform != "" {
		data, err := expr.Transform(t.Delivery.Transform, expr.NewInput(event.Name(), event.Type, event.Data, event.OccurredAt))
		if err != nil {
			return nil, err
		}
		event.Data = data
	}
	return envelope.Body(t.Delivery.Format, &event, &t.Webhook)
}

func answer(a *hook.Attempt) string {
	if a.StatusCode != 0 {
		return strconv.Itoa(a.StatusCode)
	}
	return string(a.Error)
}
