package store

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"posthorn/hook"
	"posthorn/store/db"
)

// publish writes events, one delivery for each active webhook that matches, and
// their outbox rows, in the transaction that causes them.
func publish(ctx context.Context, q *db.Queries, events ...*hook.Event) (m made, err error) {
	if len(events) == 0 {
		return m, nil
	}
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b *hook.Event) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	subscribed, err := insertEvents(ctx, q, events)
	if err != nil {
		return m, err
	}
	var inTurn []func() error
	for _, e := range events {
		choice := NewChoice(e)
		hooks, err := choice.matching(ctx, q, subscribed[typeOf(e)])
		if err != nil {
			return m, err
		}
		hooks, ordered, err := choice.lanes(ctx, q, hooks)
		if err != nil {
			return m, err
		}
		if len(ordered) > 0 {
			inTurn = append(inTurn, func() error { return publishOrdered(ctx, q, e, ordered) })
		}
		for i := range hooks {
			m.arrivals = append(m.arrivals, arrivalOf(e, &hooks[i], hook.NewID()))
		}
	}
	if err := insertDeliveries(ctx, q, m.arrivals); err != nil {
		return m, err
	}
	for _, publish := range inTurn {
		if err := publish(); err != nil {
			return m, err
		}
	}
	m.rest = len(inTurn) > 0
	return m, nil
}

// insertDeliveries writes deliveries and their outbox rows, which get their ids.
func insertDeliveries(ctx context.Context, q *db.Queries, list []arrival) error {
	if len(list) == 0 {
		return nil
	}
	var p db.InsertDeliveriesParams
	of := make(map[hook.ID]*Job, len(list))
	for i := range list {
		j, d := &list[i].job, &list[i].to.Delivery
		of[d.ID] = j
		p.Ids, p.TenantIds, p.EventIds = append(p.Ids, d.ID), append(p.TenantIds, d.TenantID), append(p.EventIds, d.EventID)
		p.WebhookIds, p.Formats, p.Transforms = append(p.WebhookIds, d.WebhookID), append(p.Formats, string(d.Format)), append(p.Transforms, d.Transform)
		p.Shards = append(p.Shards, j.Shard)
	}
	rows, err := q.InsertDeliveries(ctx, p)
	for _, row := range rows {
		of[row.ID].RowID = row.RowID
	}
	return err
}

// tenantType is what webhooks subscribe to.
type tenantType struct {
	tenant    hook.ID
	eventType string
}

func typeOf(e *hook.Event) tenantType { return tenantType{e.TenantID, e.Type} }

// insertEvents writes events, and finds the webhooks that are subscribed to
// their types.
func insertEvents(ctx context.Context, q *db.Queries, events []*hook.Event) (map[tenantType][]db.InsertEventsRow, error) {
	var p db.InsertEventsParams
	var types []tenantType
	hooks := map[tenantType][]db.InsertEventsRow{}
	for _, e := range events {
		p.Ids, p.TenantIds = append(p.Ids, e.ID), append(p.TenantIds, e.TenantID)
		p.PublicIds, p.Types = append(p.PublicIds, e.PublicID), append(p.Types, e.Type)
		p.Datas, p.Occurred = append(p.Datas, e.Data), append(p.Occurred, e.OccurredAt)
		p.MessageIds, p.EndpointIds = append(p.MessageIds, e.MessageID), append(p.EndpointIds, e.EndpointID)
		of := typeOf(e)
		if _, known := hooks[of]; known {
			continue
		}
		hooks[of] = nil
		p.Numbers, p.SubscribedTenants = append(p.Numbers, int32(len(types))), append(p.SubscribedTenants, e.TenantID)
		p.Patterns = append(p.Patterns, strings.Join(hook.Patterns(e.Type), " "))
		types = append(types, of)
	}
	rows, err := q.InsertEvents(ctx, p)
	for _, row := range rows {
		of := types[row.N]
		hooks[of] = append(hooks[of], row)
	}
	return hooks, err
}
