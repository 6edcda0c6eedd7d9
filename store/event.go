package store

import (
	"context"
	"strings"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

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
		params := db.EventsParams{
			TenantID: tenant, Before: p.before(), EndpointID: optional(f.EndpointID), MessageID: optional(f.MessageID),
			OccurredAfter: optional(f.After), OccurredBefore: optional(f.Before), MaxRows: int32(p.Limit),
		}
		var rows []db.Event
		var err error
		if f.Type == "" {
			rows, err = q.Events(ctx, params)
		} else {
			rows, err = q.EventsOfType(ctx, db.EventsOfTypeParams{
				TenantID: tenant, Before: params.Before, Type: f.Type, EndpointID: params.EndpointID, MessageID: params.MessageID,
				OccurredAfter: params.OccurredAfter, OccurredBefore: params.OccurredBefore, MaxRows: params.MaxRows,
			})
		}
		list = convert(rows, eventOf)
		return err
	})
	return list, wrap(err, "event")
}

// LookBack is how many of a tenant's events Latest looks at.
const LookBack = 1000

// Latest are the newest events, at most some, of the types that a webhook
// subscribes to, which need not be stored: of the last LookBack events that are
// no tests.
func (s *Store) Latest(ctx context.Context, w *hook.Webhook, most int) (ids []hook.ID, err error) {
	err = s.tenant(ctx, w.TenantID, func(q *db.Queries) error {
		rows, err := q.LatestEventTypes(ctx, db.LatestEventTypesParams{TenantID: w.TenantID, MaxRows: LookBack})
		for _, row := range rows {
			if len(ids) < most && w.Subscribes(row.Type) {
				ids = append(ids, row.ID)
			}
		}
		return err
	})
	return ids, wrap(err, "event")
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
