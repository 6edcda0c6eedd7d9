package store

import (
	"context"
	"strings"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// Publish records an event with one delivery for each active webhook that
// matches, and their outbox rows, in one transaction. Where the publisher's id
// was used before, the first event is returned and repeat is true.
func (s *Store) Publish(ctx context.Context, e hook.Event) (published hook.Event, repeat bool, err error) {
	err = s.tenant(ctx, e.TenantID, func(q *db.Queries) error {
		if e.PublicID != "" {
			first, err := q.ClaimEventID(ctx, db.ClaimEventIDParams{TenantID: e.TenantID, PublicID: e.PublicID, EventID: e.ID})
			if err != nil {
				return err
			}
			if repeat = first != e.ID; repeat {
				row, err := q.EventByID(ctx, db.EventByIDParams{TenantID: e.TenantID, ID: first})
				e = eventOf(row)
				return err
			}
		}
		return publish(ctx, q, &e)
	})
	if err == nil && !repeat {
		s.bell.ring()
	}
	return e, repeat, wrap(err, "event")
}

// publish writes an event, its deliveries and their outbox rows.
func publish(ctx context.Context, q *db.Queries, e *hook.Event) error {
	err := q.InsertEvent(ctx, db.InsertEventParams{
		ID: e.ID, TenantID: e.TenantID, PublicID: e.PublicID, Type: e.Type, Data: e.Data, OccurredAt: e.OccurredAt,
		MessageID: optional(e.MessageID), EndpointID: optional(e.EndpointID),
	})
	if err != nil {
		return err
	}
	choice := NewChoice(e)
	hooks, err := choice.matching(ctx, q)
	if err != nil {
		return err
	}
	hooks, ordered, err := choice.lanes(ctx, q, hooks)
	if err != nil {
		return err
	}
	if err := publishOrdered(ctx, q, e, ordered); err != nil || len(hooks) == 0 {
		return err
	}
	deliveries := db.InsertDeliveriesParams{TenantID: e.TenantID, EventID: e.ID}
	outbox := db.EnqueueParams{Kind: string(KindDelivery)}
	for _, w := range hooks {
		id := hook.NewID()
		deliveries.Ids = append(deliveries.Ids, id)
		deliveries.WebhookIds = append(deliveries.WebhookIds, w.ID)
		deliveries.Formats = append(deliveries.Formats, w.Format)
		deliveries.Transforms = append(deliveries.Transforms, w.Transform)
		outbox.Refs = append(outbox.Refs, id)
		outbox.Runs = append(outbox.Runs, 0)
		outbox.Shards = append(outbox.Shards, Shard(w.ID))
		outbox.Subjects = append(outbox.Subjects, w.ID)
	}
	if err := q.InsertDeliveries(ctx, deliveries); err != nil {
		return err
	}
	return q.Enqueue(ctx, outbox)
}

// Event finds an event by its publisher's id or by ours.
func (s *Store) Event(ctx context.Context, tenant hook.ID, name string) (e hook.Event, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		id, err := hook.ParseID(name)
		var row db.Event
		if err == nil {
			if row, err = q.EventByID(ctx, db.EventByIDParams{TenantID: tenant, ID: id}); err == nil {
				e = eventOf(row)
				return nil
			}
		}
		row, err = q.EventByPublicID(ctx, db.EventByPublicIDParams{TenantID: tenant, PublicID: text(name)})
		e = eventOf(row)
		return err
	})
	return e, wrap(err, "event")
}

// EventFilter narrows a list of events; zero fields do not.
type EventFilter struct {
	Type       string
	EndpointID hook.ID
	MessageID  hook.ID
	After      time.Time // occurred at or after
	Before     time.Time // occurred before
}

// Events lists a tenant's events, newest first.
func (s *Store) Events(ctx context.Context, tenant hook.ID, f EventFilter, p Page) (list []hook.Event, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Events(ctx, db.EventsParams{
			TenantID: tenant, Before: p.before(), Type: optional(f.Type), EndpointID: optional(f.EndpointID),
			MessageID: optional(f.MessageID), OccurredAfter: optional(f.After), OccurredBefore: optional(f.Before),
			MaxRows: int32(p.Limit),
		})
		list = convert(rows, eventOf)
		return err
	})
	return list, wrap(err, "event")
}

func eventOf(row db.Event) hook.Event {
	e := hook.Event{
		ID: row.ID, TenantID: row.TenantID, PublicID: row.PublicID, Type: row.Type, Data: row.Data,
		OccurredAt: row.OccurredAt, CreatedAt: hook.IDTime(row.ID),
	}
	if row.MessageID != nil {
		e.MessageID = *row.MessageID
	}
	if row.EndpointID != nil {
		e.EndpointID = *row.EndpointID
	}
	return e
}

// text replaces what a text column cannot hold.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
