package store

import (
	"context"

	"posthorn/expr"
	"posthorn/hook"
	"posthorn/store/db"
)

// Deliveries of one webhook and key make a lane, in which one after another
// goes. Who ends one hands its turn over in the same transaction: it locks the
// webhook (shared: against those who hold, resume or cancel what it has), then
// the lane, then deliveries. Who publishes may hold other locks, so it waits
// for none: where a lane is in use, the delivery asks for its turn by itself.

// lane is a webhook that an event goes to in order, and the key.
type lane struct {
	db.InsertEventsRow
	key string
}

// lanes parts the webhooks that keep an order of an event from those that do
// not. Where the key cannot be told, the event goes in order with others like
// it, and the webhook says so.
func (c *Choice) lanes(ctx context.Context, q *db.Queries, hooks []db.InsertEventsRow) (free []db.InsertEventsRow, ordered []lane, err error) {
	free = hooks[:0]
	failed := db.SetOrderErrorsParams{EventID: &c.event.ID}
	for _, w := range hooks {
		key, inOrder, err := c.Key(w.OrderedBy)
		if err != nil {
			failed.Ids = append(failed.Ids, w.ID)
			failed.Messages = append(failed.Messages, text(err.Error()))
		}
		if inOrder {
			ordered = append(ordered, lane{w, key})
		} else {
			free = append(free, w)
		}
	}
	if len(failed.Ids) > 0 {
		err = q.SetOrderErrors(ctx, failed)
	}
	return free, ordered, err
}

// Key is that of an event by a webhook's expression: none where there is no
// expression or its value is null or empty. An error, an *expr.Error, has a key
// of its own, "".
func (c *Choice) Key(orderedBy string) (key string, ordered bool, err error) {
	if orderedBy == "" {
		return "", false, nil
	}
	if key, err = expr.Order(orderedBy, c.read()); err != nil {
		return "", true, err
	}
	return hook.OrderKey(text(key)), key != "", nil
}

// publishOrdered records an event's deliveries to webhooks that keep an order,
// and sets those going that have nothing before them.
func publishOrdered(ctx context.Context, q *db.Queries, e *hook.Event, to []lane) error {
	if len(to) == 0 {
		return nil
	}
	var try db.TryLanesParams
	p := db.InsertOrderedParams{TenantID: e.TenantID, EventID: e.ID}
	for _, l := range to {
		try.Ids, try.Keys = append(try.Ids, l.ID), append(try.Keys, l.key)
	}
	locked, err := q.TryLanes(ctx, try)
	if err != nil {
		return err
	}
	own := map[hook.ID]bool{}
	for _, id := range locked {
		own[id] = true
	}
	for _, l := range to {
		p.Ids, p.WebhookIds = append(p.Ids, hook.NewID()), append(p.WebhookIds, l.ID)
		p.Formats, p.Transforms = append(p.Formats, l.Format), append(p.Transforms, l.Transform)
		p.Keys, p.Locked = append(p.Keys, l.key), append(p.Locked, own[l.ID])
	}
	rows, err := q.InsertOrdered(ctx, p)
	if err != nil {
		return err
	}
	var jobs []Job
	for _, r := range rows {
		if !r.Waits {
			jobs = append(jobs, Job{SubjectID: r.WebhookID, Kind: KindDelivery, Ref: r.ID})
		}
	}
	return enqueue(ctx, q, jobs...)
}

// inTurn makes a change that may end a delivery, and sets going what waited for
// that. hold: what fails keeps those behind it waiting. A webhook that is
// changed too is changed before.
func inTurn(ctx context.Context, q *db.Queries, d *hook.Delivery, place bool, change func(hold bool) error) error {
	if !d.Ordered && !place {
		return change(false)
	}
	w, err := q.ShareWebhook(ctx, d.WebhookID)
	if err != nil {
		return err
	}
	if d.Ordered {
		if err := q.LockLane(ctx, db.LockLaneParams{WebhookID: d.WebhookID, OrderKey: d.OrderKey}); err != nil {
			return err
		}
	}
	if place {
		if err := q.LockPlaces(ctx, d.WebhookID); err != nil {
			return err
		}
	}
	if err := change(w.OrderedOnFailure == string(hook.OnFailureHold)); err != nil {
		return err
	}
	if d.Ordered {
		if err := release(ctx, q, d); err != nil {
			return err
		}
	}
	if place {
		return leavePlace(ctx, q, &w, d.ID)
	}
	return nil
}

// release sets the next delivery of a lane going, if nothing is before it.
func release(ctx context.Context, q *db.Queries, d *hook.Delivery) error {
	next, err := q.NextInLane(ctx, db.NextInLaneParams{WebhookID: d.WebhookID, OrderKey: d.OrderKey})
	if err != nil {
		return err
	}
	return enqueue(ctx, q, convert(next, func(r db.NextInLaneRow) Job {
		return Job{SubjectID: d.WebhookID, Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)}
	})...)
}

// lockLane locks a delivery's lane, if it is in one. Its webhook is locked.
func lockLane(ctx context.Context, q *db.Queries, d *db.Delivery) error {
	if d.OrderKey == nil {
		return nil
	}
	return q.LockLane(ctx, db.LockLaneParams{WebhookID: d.WebhookID, OrderKey: *d.OrderKey})
}

// letGo sets going what waits behind deliveries that failed: their webhook
// skips those from now on. The webhook is locked, and changed.
func letGo(ctx context.Context, q *db.Queries, webhook hook.ID) error {
	if err := q.LetGo(ctx, webhook); err != nil {
		return err
	}
	return nextInLanes(ctx, q, webhook)
}

// nextInLanes sets going what has nothing before it any more, in all of a
// webhook's lanes. The webhook is locked.
func nextInLanes(ctx context.Context, q *db.Queries, webhook hook.ID) error {
	next, err := q.NextInLanes(ctx, webhook)
	if err != nil {
		return err
	}
	return enqueue(ctx, q, convert(next, func(r db.NextInLanesRow) Job {
		return Job{SubjectID: webhook, Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)}
	})...)
}

// TakeTurn lets a delivery go, or has it wait for what is before it in its
// lane: then its workflow ends, and another one is started once it may go. The
// error is errMovedOn's kind where the delivery's row is past the run.
func (s *Store) TakeTurn(ctx context.Context, d *hook.Delivery) (goes bool, err error) {
	err = s.tx(ctx, func(q *db.Queries) error {
		if _, err := q.ShareWebhook(ctx, d.WebhookID); err != nil {
			return err
		}
		if err := q.LockLane(ctx, db.LockLaneParams{WebhookID: d.WebhookID, OrderKey: d.OrderKey}); err != nil {
			return err
		}
		waits, err := q.TakeTurn(ctx, db.TakeTurnParams{ID: d.ID, Run: int32(d.Run)})
		goes = !waits
		return err
	})
	return goes, wrap(err, "delivery")
}
