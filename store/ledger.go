package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// maxDue is how far due deliveries are counted.
const maxDue = 10_000

// MaxRecount is how many messages and deliveries a tenant may have for Recount.
const MaxRecount = 2_000_000

// Ledger is the balance of a tenant's messages and deliveries in one snapshot
// of the database. Triggers keep its numbers: nothing is counted to read it.
type Ledger struct {
	Messages   hook.MessageCounts
	Deliveries hook.DeliveryCounts
	Endpoints  []EndpointCounts // by id, those that ever had a message
	Webhooks   []WebhookCounts  // by id, those that ever had a delivery

	// What is due, read beside the snapshot.
	OldestMessage  time.Time // in flight: when it was received; zero: none
	OldestDelivery time.Time // in flight: when it was made; zero: none
	Due            int       // deliveries in flight that wait for no retry; at most 10,000 are counted
}

// EndpointCounts are an endpoint's.
type EndpointCounts struct {
	ID   hook.ID
	Name string
	hook.MessageCounts
}

// WebhookCounts are a webhook's.
type WebhookCounts struct {
	ID   hook.ID
	Name string
	hook.DeliveryCounts
}

// Ledger reads the balance of a tenant.
func (s *Store) Ledger(ctx context.Context, tenant hook.ID) (l Ledger, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Ledger(ctx, tenant)
		if err != nil {
			return err
		}
		for _, row := range rows {
			l.add(row)
		}
		return l.readDue(ctx, q, tenant)
	})
	return l, wrap(err, "ledger")
}

func (l *Ledger) add(row db.LedgerRow) {
	m := hook.MessageCounts{Accepted: row.Accepted, Archived: row.Archived, InFlight: row.Unarchived}
	d := hook.DeliveryCounts{
		Made: row.Made, Delivered: row.Delivered, InFlight: row.Pending, Held: row.Held, Failed: row.Failed, Cancelled: row.Cancelled,
	}
	l.Messages, l.Deliveries = l.Messages.Plus(m), l.Deliveries.Plus(d)
	if row.Webhook {
		l.Webhooks = append(l.Webhooks, WebhookCounts{ID: row.SubjectID, Name: row.Name, DeliveryCounts: d})
	} else {
		l.Endpoints = append(l.Endpoints, EndpointCounts{ID: row.SubjectID, Name: row.Name, MessageCounts: m})
	}
}

func (l *Ledger) readDue(ctx context.Context, q *db.Queries, tenant hook.ID) error {
	message, err := q.OldestMessage(ctx, tenant)
	if err != nil {
		return err
	}
	delivery, err := q.OldestDelivery(ctx, tenant)
	if err != nil {
		return err
	}
	due, err := q.DueDeliveries(ctx, db.DueDeliveriesParams{TenantID: tenant, MaxRows: maxDue})
	l.OldestMessage, l.OldestDelivery, l.Due = timeOf(message), timeOf(delivery), int(due)
	return err
}

// timeOf is when the thing of the only id was made; zero where there is none.
func timeOf(ids []hook.ID) (t time.Time) {
	for _, id := range ids {
		t = hook.IDTime(id)
	}
	return t
}

// Recount counts every message and delivery of a tenant and reports whether the
// ledger says the same of each endpoint and webhook. It reads whole tables: a
// tenant with more than MaxRecount rows is a conflict.
func (s *Store) Recount(ctx context.Context, tenant hook.ID) (same bool, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Ledger(ctx, tenant)
		if err != nil {
			return err
		}
		var l Ledger
		for _, row := range rows {
			l.add(row)
		}
		if l.Messages.Accepted+l.Deliveries.Made > MaxRecount {
			return hook.Conflict("there are more than 2,000,000 messages and deliveries: counting them again would hold up the database")
		}
		differ, err := q.LedgerDifferences(ctx, tenant)
		same = differ == 0
		return err
	})
	return same, wrap(err, "ledger")
}
