package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// RecordAttempt writes an attempt and what follows from it, and counts it
// against its webhook, in one transaction. An attempt that was recorded before
// changes nothing. A failure that is one too many for the webhook, or an answer
// that says it is gone, disables it and holds what is on its way.
//
// Whoever changes a webhook and its deliveries locks the webhook first, then
// what keeps those in order: in another order two of them would wait for each
// other.
func (s *Store) RecordAttempt(ctx context.Context, d *hook.Delivery, a *hook.Attempt, o hook.Outcome) error {
	header, err := json.Marshal(a.ResponseHeader)
	if err != nil {
		return err
	}
	first := false
	err = s.tx(ctx, func(q *db.Queries) error {
		inserted, err := q.InsertAttempt(ctx, db.InsertAttemptParams{
			DeliveryID: d.ID, Number: int32(a.Number), TenantID: d.TenantID, StartedAt: a.StartedAt,
			DurationMs: int32(a.Duration.Milliseconds()), StatusCode: int32(a.StatusCode), Error: string(a.Error),
			ErrorDetail: text(a.ErrorDetail), ResponseHeader: header, ResponseBody: nonNil(a.ResponseBody),
		})
		if err != nil || inserted == 0 {
			return err
		}
		first = true
		return s.follow(ctx, q, d, a, o)
	})
	if first && err == nil {
		s.metrics.Attempt(string(a.Error), a.Duration)
		if !a.Succeeded() || d.Ordered || a.Place {
			s.bell.ring() // a failure can become an event, and another one may go now
		}
	}
	return wrap(err, "delivery")
}

// follow does what follows from an attempt, for its webhook first.
func (s *Store) follow(ctx context.Context, q *db.Queries, d *hook.Delivery, a *hook.Attempt, o hook.Outcome) error {
	var w hook.Webhook
	var then hook.Consequence
	if !d.Test && a.Error != hook.ErrorTransform {
		var err error
		if w, then, err = count(ctx, q, d.WebhookID, a); err != nil {
			return err
		}
	}
	givenUp := false
	err := inTurn(ctx, q, d, a.Place, func(hold bool) (err error) {
		givenUp, err = q.SetOutcome(ctx, db.SetOutcomeParams{
			ID: d.ID, Number: int32(a.Number), Status: string(o.Status), Wait: o.Wait.Seconds(), Holds: d.Ordered && hold,
		})
		return err
	})
	if err != nil {
		return err
	}
	if givenUp && !d.Test {
		if err := publishGivenUp(ctx, q, d, a); err != nil {
			return err
		}
	}
	switch {
	case then.Disable != "":
		return disable(ctx, q, w, then.Disable, a)
	case then.Warn:
		return tell(ctx, q, &w, hook.EventWebhookFailing, failureData(&w, a))
	}
	return nil
}

// count counts an attempt against its webhook and decides what follows for it.
// Attempts of an older generation do not count.
func count(ctx context.Context, q *db.Queries, webhook hook.ID, a *hook.Attempt) (w hook.Webhook, then hook.Consequence, err error) {
	generation := int32(a.Generation)
	if a.Succeeded() {
		return w, then, q.CountSuccess(ctx, db.CountSuccessParams{ID: webhook, Generation: generation})
	}
	row, err := q.CountFailure(ctx, db.CountFailureParams{ID: webhook, Generation: generation})
	if errors.Is(err, pgx.ErrNoRows) {
		return w, then, nil
	}
	w = settingsOf(row)
	return w, w.AfterFailure(a), err
}

// HoldDelivery sets a delivery aside until its webhook is enabled. Where it
// was enabled meanwhile, and so resumed without this delivery, the delivery
// gets a new run instead.
func (s *Store) HoldDelivery(ctx context.Context, id hook.ID) error {
	err := s.tx(ctx, func(q *db.Queries) error {
		w, err := q.WebhookOfDelivery(ctx, id)
		if err != nil {
			return err
		}
		if !w.Active {
			return q.HoldDelivery(ctx, id)
		}
		return rerun(ctx, q, Job{Shard: Shard(w.ID), Kind: KindDelivery, Ref: id, Run: int(w.Run)})
	})
	if errors.Is(err, errMovedOn) {
		return nil
	}
	if err == nil {
		s.bell.ring()
	}
	return wrap(err, "delivery")
}

func attemptOf(row db.Attempt) (hook.Attempt, error) {
	a := hook.Attempt{
		DeliveryID: row.DeliveryID, Number: int(row.Number), StartedAt: row.StartedAt,
		Duration: time.Duration(row.DurationMs) * time.Millisecond, StatusCode: int(row.StatusCode),
		Error: hook.ErrorClass(row.Error), ErrorDetail: row.ErrorDetail, ResponseBody: row.ResponseBody,
	}
	return a, json.Unmarshal(row.ResponseHeader, &a.ResponseHeader)
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
