package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// ToAttempt is all that an attempt needs to know.
type ToAttempt struct {
	Delivery       hook.Delivery
	Event          hook.Event
	Webhook        hook.Webhook
	WebhookDeleted bool
	Wait           time.Duration // until the next attempt is due, by the database's clock
}

// DeliveryToAttempt loads a delivery with its event and its webhook.
func (s *Store) DeliveryToAttempt(ctx context.Context, id hook.ID) (t ToAttempt, err error) {
	row, err := s.queries().DeliveryToAttempt(ctx, id)
	if err != nil {
		return t, wrap(err, "delivery")
	}
	t = ToAttempt{Delivery: deliveryOf(row.Delivery), Event: eventOf(row.Event), WebhookDeleted: row.Webhook.DeletedAt != nil}
	t.Wait = time.Duration(row.Wait * float64(time.Second))
	t.Webhook, err = s.webhookOf(row.Webhook)
	return t, err
}

// DeliveryView is a delivery as the management API shows it.
type DeliveryView struct {
	hook.Delivery
	EventName string // the event's id as people know it
	EventType string
	Attempts  []hook.Attempt
	WaitsFor  hook.ID // the delivery that goes before it; zero for none
}

// Delivery finds one delivery.
func (s *Store) Delivery(ctx context.Context, tenant, id hook.ID) (v DeliveryView, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.DeliveryByID(ctx, db.DeliveryByIDParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		list, err := deliveryViews(ctx, q, tenant, []db.DeliveriesByIDRow{db.DeliveriesByIDRow(row)})
		if err == nil {
			v = list[0]
		}
		return err
	})
	return v, wrap(err, "delivery")
}

// DeliveryFilter narrows a list of deliveries; zero fields do not.
type DeliveryFilter struct {
	WebhookID hook.ID
	EventID   hook.ID
	Status    hook.DeliveryStatus
	Test      *bool // tests only, or none
}

// Deliveries lists a tenant's deliveries, newest first.
func (s *Store) Deliveries(ctx context.Context, tenant hook.ID, f DeliveryFilter, p Page) (list []DeliveryView, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := f.rows(ctx, q, tenant, p)
		if err != nil {
			return err
		}
		list, err = deliveryViews(ctx, q, tenant, rows)
		return err
	})
	return list, wrap(err, "delivery")
}

func (f DeliveryFilter) rows(ctx context.Context, q *db.Queries, tenant hook.ID, p Page) ([]db.DeliveriesByIDRow, error) {
	ids, err := f.ids(ctx, q, tenant, p)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return q.DeliveriesByID(ctx, db.DeliveriesByIDParams{TenantID: tenant, Ids: ids})
}

func (f DeliveryFilter) ids(ctx context.Context, q *db.Queries, tenant hook.ID, p Page) ([]hook.ID, error) {
	status := optional(string(f.Status))
	switch {
	case f.EventID != hook.ID{}:
		return q.DeliveryIDsOfEvent(ctx, db.DeliveryIDsOfEventParams{
			TenantID: tenant, EventID: f.EventID, WebhookID: optional(f.WebhookID), Before: p.before(), Status: status, Test: f.Test, MaxRows: int32(p.Limit),
		})
	case f.Status != "" && f.Status != hook.DeliveryDelivered:
		return q.UndeliveredIDs(ctx, db.UndeliveredIDsParams{
			TenantID: tenant, WebhookID: optional(f.WebhookID), Before: p.before(), Status: string(f.Status), Test: f.Test, MaxRows: int32(p.Limit),
		})
	case f.WebhookID != hook.ID{}:
		return q.DeliveryIDsOfWebhook(ctx, db.DeliveryIDsOfWebhookParams{
			TenantID: tenant, WebhookID: f.WebhookID, Before: p.before(), Status: status, Test: f.Test, MaxRows: int32(p.Limit),
		})
	}
	return q.DeliveryIDs(ctx, db.DeliveryIDsParams{TenantID: tenant, Before: p.before(), Status: status, Test: f.Test, MaxRows: int32(p.Limit)})
}

func deliveryViews(ctx context.Context, q *db.Queries, tenant hook.ID, rows []db.DeliveriesByIDRow) ([]DeliveryView, error) {
	ids := make([]hook.ID, len(rows))
	for i, row := range rows {
		ids[i] = row.Delivery.ID
	}
	attempts, err := q.AttemptsOf(ctx, db.AttemptsOfParams{TenantID: tenant, DeliveryIds: ids})
	if err != nil {
		return nil, err
	}
	byDelivery := map[hook.ID][]hook.Attempt{}
	for _, a := range attempts {
		attempt, err := attemptOf(a)
		if err != nil {
			return nil, err
		}
		byDelivery[a.DeliveryID] = append(byDelivery[a.DeliveryID], attempt)
	}
	return convert(rows, func(row db.DeliveriesByIDRow) DeliveryView {
		v := DeliveryView{Delivery: deliveryOf(row.Delivery), EventName: row.PublicID, EventType: row.Type, WaitsFor: row.WaitsFor}
		if v.EventName == "" {
			v.EventName = v.EventID.String()
		}
		v.Attempts = byDelivery[v.ID]
		return v
	}), nil
}

func deliveryOf(row db.Delivery) hook.Delivery {
	d := hook.Delivery{
		ID: row.ID, TenantID: row.TenantID, EventID: row.EventID, WebhookID: row.WebhookID,
		Status: hook.DeliveryStatus(row.Status), Test: row.Test, Format: hook.Format(row.Format), Transform: row.Transform, Run: int(row.Run),
		AttemptCount: int(row.Attempts), AttemptsBefore: int(row.AttemptsBefore), Due: row.DueAt != nil,
		Ordered: row.OrderKey != nil, Turn: hook.Turn(row.Turn), Waits: row.Waits,
		CreatedAt: hook.IDTime(row.ID), UpdatedAt: row.UpdatedAt,
	}
	if row.OrderKey != nil {
		d.OrderKey = *row.OrderKey
	}
	if row.NextAttemptAt != nil {
		d.NextAttemptAt = *row.NextAttemptAt
	}
	if row.Dispatch != nil {
		d.Dispatch = *row.Dispatch
	}
	return d
}

// WebhooksByID loads webhooks of any tenants, with their secrets: for those who
// make attempts. One that is deleted is not active.
func (s *Store) WebhooksByID(ctx context.Context, ids []hook.ID) ([]hook.Webhook, error) {
	rows, err := s.queries().WebhooksByID(ctx, ids)
	if err != nil {
		return nil, wrap(err, "webhook")
	}
	return tryConvert(rows, func(row db.Webhook) (hook.Webhook, error) {
		w, err := s.webhookOf(row)
		w.Active = w.Active && row.DeletedAt == nil
		return w, err
	})
}
