package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// disable ends a webhook's activity after a failed attempt, holds what is on
// its way, and says so. The webhook is locked.
func disable(ctx context.Context, q *db.Queries, w hook.Webhook, reason string, a *hook.Attempt) error {
	generation, err := q.DisableWebhook(ctx, db.DisableWebhookParams{ID: w.ID, DisabledReason: reason})
	if err != nil {
		return err
	}
	w.Active, w.Generation, w.DisabledReason = false, int(generation), reason
	if err := beginPause(ctx, q, &w); err != nil {
		return err
	}
	if err := hold(ctx, q, w.ID); err != nil {
		return err
	}
	held, err := q.CountHeld(ctx, w.ID)
	if err != nil {
		return err
	}
	data := failureData(&w, a)
	data.Reason, data.Held = reason, new(int(held))
	return tell(ctx, q, &w, hook.EventWebhookDisabled, data)
}

// hold sets aside what a webhook has on its way. The webhook is locked.
func hold(ctx context.Context, q *db.Queries, webhook hook.ID) error {
	if err := q.HoldDeliveries(ctx, webhook); err != nil {
		return err
	}
	if err := q.DropWaiting(ctx, webhook); err != nil {
		return err
	}
	return q.ForgetLine(ctx, webhook)
}

func beginPause(ctx context.Context, q *db.Queries, w *hook.Webhook) error {
	return q.BeginPause(ctx, db.BeginPauseParams{WebhookID: w.ID, TenantID: w.TenantID, Generation: int32(w.Generation)})
}

func failureData(w *hook.Webhook, a *hook.Attempt) hook.FailureData {
	return hook.FailureData{
		WebhookID: w.ID, Name: w.Name, URL: hook.PlainURL(w.URL), ConsecutiveFailures: w.ConsecutiveFailures,
		DisableAfter: w.DisableAfter, LastAttempt: a.Summary(),
	}
}

// tell publishes an event about a webhook and notifies people: once for each
// generation of it, so that one which fails on and off does not fill mailboxes.
func tell(ctx context.Context, q *db.Queries, w *hook.Webhook, eventType string, data hook.FailureData) error {
	encoded := hook.EncodeJSON(data)
	if err := publishOwn(ctx, q, w.TenantID, eventType, encoded); err != nil {
		return err
	}
	return operate(ctx, q, &hook.Operation{
		TenantID: w.TenantID, WebhookID: w.ID, Kind: hook.OperationNotify, Generation: w.Generation,
		Notice: hook.Notice{Type: eventType, Data: encoded},
	})
}

// publishGivenUp publishes that a delivery's schedule is exhausted.
func publishGivenUp(ctx context.Context, q *db.Queries, d *hook.Delivery, a *hook.Attempt) error {
	of, err := q.FailedDelivery(ctx, d.ID)
	if err != nil || hook.AboutDelivering(of.Type) {
		return err
	}
	event := hook.Event{ID: of.ID, PublicID: of.PublicID}
	return publishOwn(ctx, q, d.TenantID, hook.EventDeliveryFailed, hook.EncodeJSON(hook.FailureData{
		WebhookID: d.WebhookID, Name: of.Name, URL: hook.PlainURL(of.Url), Reason: "the retry schedule is exhausted",
		DeliveryID: &d.ID, EventID: event.Name(), EventType: of.Type, Attempts: a.Number, LastAttempt: a.Summary(),
	}))
}

// publishOwn publishes an event that Posthorn makes by itself.
func publishOwn(ctx context.Context, q *db.Queries, tenant hook.ID, eventType string, data []byte) error {
	_, err := publish(ctx, q, &hook.Event{
		ID: hook.NewID(), TenantID: tenant, Type: eventType, Data: data, OccurredAt: hook.Time(time.Now()),
	})
	return err
}
