package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// RetryDelivery has a delivery attempted once more, at once. Nothing happens
// where an attempt is under way.
func (s *Store) RetryDelivery(ctx context.Context, tenant, id hook.ID) error {
	err := s.tenant(ctx, tenant, func(q *db.Queries) error {
		seen, err := q.DeliveryByID(ctx, db.DeliveryByIDParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		row, err := q.ShareWebhook(ctx, seen.Delivery.WebhookID)
		if err != nil {
			return err
		}
		if err := lockLane(ctx, q, &seen.Delivery); err != nil {
			return err
		}
		locked, err := q.LockDelivery(ctx, db.LockDeliveryParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		d, w := deliveryOf(locked), settingsOf(row)
		if row.DeletedAt != nil {
			return hook.Conflict("the webhook is deleted")
		}
		how, err := d.Retry(&w, locked.NextAttemptAt != nil)
		if err != nil || how == hook.RetryNothing {
			return err
		}
		next, err := q.RunDelivery(ctx, db.RunDeliveryParams{ID: id, Anew: how == hook.RetryAnew})
		if err != nil || next.Waits {
			return err
		}
		return enqueue(ctx, q, Job{SubjectID: w.ID, Kind: KindDelivery, Ref: id, Run: int(next.Run)})
	})
	if err == nil {
		s.bell.ring()
	}
	return wrap(err, "delivery")
}

// CancelDelivery ends a delivery that is on its way or held; what has ended
// otherwise is a conflict.
func (s *Store) CancelDelivery(ctx context.Context, tenant, id hook.ID) error {
	err := s.tenant(ctx, tenant, func(q *db.Queries) error {
		seen, err := q.DeliveryByID(ctx, db.DeliveryByIDParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		d := deliveryOf(seen.Delivery)
		return inTurn(ctx, q, &d, false, func(bool) error {
			row, err := q.LockDelivery(ctx, db.LockDeliveryParams{TenantID: tenant, ID: id})
			if err != nil {
				return err
			}
			d := deliveryOf(row)
			if err := d.CheckCancel(); err != nil {
				return err
			}
			return q.CancelDelivery(ctx, id)
		})
	})
	if err == nil {
		s.bell.ring() // another one may go now
	}
	return wrap(err, "delivery")
}

// EndDelivery ends a delivery that is on its way: for the workflow that finds
// nothing to do.
func (s *Store) EndDelivery(ctx context.Context, d *hook.Delivery) error {
	err := s.tx(ctx, func(q *db.Queries) error {
		return inTurn(ctx, q, d, false, func(bool) error { return q.CancelDelivery(ctx, d.ID) })
	})
	if err == nil && d.Ordered {
		s.bell.ring() // another one may go now
	}
	return wrap(err, "delivery")
}

// SendTest records a sample event with its delivery to one webhook, and nobody
// else. It stands apart from what is counted.
func (s *Store) SendTest(ctx context.Context, tenant, webhook hook.ID, sample func(*hook.Webhook) hook.Event) (id hook.ID, err error) {
	id = hook.NewID()
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.Webhook(ctx, db.WebhookParams{TenantID: tenant, ID: webhook})
		if err != nil {
			return err
		}
		w := settingsOf(row)
		e := sample(&w)
		if err := q.InsertTestEvent(ctx, db.InsertTestEventParams{
			ID: e.ID, TenantID: tenant, Type: e.Type, Data: e.Data, OccurredAt: e.OccurredAt,
		}); err != nil {
			return err
		}
		if err := q.InsertTestDelivery(ctx, db.InsertTestDeliveryParams{
			ID: id, TenantID: tenant, EventID: e.ID, WebhookID: webhook, Format: string(w.Format), Transform: w.Transform,
		}); err != nil {
			return err
		}
		return enqueue(ctx, q, Job{SubjectID: webhook, Kind: KindDelivery, Ref: id})
	})
	if err == nil {
		s.bell.ring()
	}
	return id, wrap(err, "webhook")
}
