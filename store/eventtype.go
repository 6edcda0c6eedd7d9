package store

import (
	"context"
	"encoding/json"
	"strconv"

	"posthorn/hook"
	"posthorn/store/db"
)

// PutEventType adds a type to a tenant's catalogue, or changes it.
func (s *Store) PutEventType(ctx context.Context, tenant hook.ID, t hook.EventType) (put hook.EventType, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		n, err := q.CountEventTypes(ctx, db.CountEventTypesParams{TenantID: tenant, Type: t.Type})
		if err != nil {
			return err
		}
		if n >= hook.MaxEventTypes {
			return hook.Conflict("the catalogue is full: it has " + strconv.Itoa(hook.MaxEventTypes) + " types of your own, which is the most")
		}
		row, err := q.PutEventType(ctx, db.PutEventTypeParams{TenantID: tenant, Type: t.Type, Description: t.Description, Schema: t.Schema})
		put = eventTypeOf(row)
		return err
	})
	return put, wrap(err, "event type")
}

// EventTypes lists what a tenant put into its catalogue, by name.
func (s *Store) EventTypes(ctx context.Context, tenant hook.ID) (list []hook.EventType, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.EventTypes(ctx, tenant)
		list = convert(rows, eventTypeOf)
		return err
	})
	return list, wrap(err, "event type")
}

// EventType finds what a tenant put into its catalogue for a type.
func (s *Store) EventType(ctx context.Context, tenant hook.ID, name string) (t hook.EventType, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.EventType(ctx, db.EventTypeParams{TenantID: tenant, Type: name})
		t = eventTypeOf(row)
		return err
	})
	return t, wrap(err, "event type")
}

func eventTypeOf(row db.EventType) hook.EventType {
	return hook.EventType{
		Type: row.Type, Description: row.Description, Schema: json.RawMessage(row.Schema), UpdatedAt: row.UpdatedAt,
	}
}
