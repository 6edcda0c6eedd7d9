package store

import (
	"context"
	"slices"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// recoverRows is how many events are looked at together.
const recoverRows = 2000

// slack is how far apart the clocks may be that an event's id and a pause come
// from. What has a delivery is no miss, however the clocks go.
const slack = 5 * time.Second

// Recoverable says what a recovery would deliver again.
type Recoverable struct {
	Again  int  // of the deliveries that there are
	Missed int  // events that made no delivery
	More   bool // than that: counting has ended before
}

// Counting ends with Most events, and sooner where the database is slow, or a
// filter: somebody waits for it.
const (
	countRows = 500 // looked at together
	countTime = 50 * time.Millisecond
)

// CountRecoverable counts what a recovery of a webhook would deliver again, as
// far as that takes no long time.
func (s *Store) CountRecoverable(ctx context.Context, tenant, webhook hook.ID, r hook.Recovery) (n Recoverable, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.Webhook(ctx, db.WebhookParams{TenantID: tenant, ID: webhook})
		if err != nil {
			return err
		}
		w := settingsOf(row)
		look, err := newLook(ctx, q, &w, r)
		if err != nil {
			return err
		}
		if r.Include != hook.IncludeAll {
			failed, err := q.CountFailed(ctx, db.CountFailedParams{
				TenantID: tenant, WebhookID: webhook, After: look.after, Until: look.until, MaxRows: Most + 1,
			})
			if err != nil {
				return err
			}
			n.Again, n.More = min(int(failed), Most), failed > Most
		}
		return look.count(ctx, q, &n)
	})
	return n, wrap(err, "webhook")
}

// count adds what it finds among events until counting ends. What failed is
// counted already, so without everything only pauses are looked at.
func (l *look) count(ctx context.Context, q *db.Queries, n *Recoverable) error {
	from, to := []hook.ID{l.after}, []hook.ID{l.until}
	if !l.p.Everything {
		from, to = convert(l.p.PausesFrom, before), l.p.PausesTo
	}
	began, until, looked := time.Now(), l.until, 0
	for i := range from {
		l.after = slices.MaxFunc([]hook.ID{l.after, from[i]}, compareIDs)
		l.until = slices.MinFunc([]hook.ID{until, to[i]}, compareIDs)
		for done := compareIDs(l.after, l.until) >= 0; !done; looked += countRows {
			if looked >= Most || looked > 0 && time.Since(began) > countTime {
				n.More = true
				return nil
			}
			var rows []db.RecoverableRow
			var err error
			if rows, done, err = l.next(ctx, q, countRows, countRows); err != nil {
				return err
			}
			for _, row := range rows {
				switch {
				case row.DeliveryID == nil:
					n.Missed++
				case l.p.Everything:
					n.Again++
				}
			}
		}
	}
	return nil
}

// StartRecovery makes the operation that delivers again what a webhook missed,
// until now where r does not say until when. The same one, where it is still
// running, is returned instead.
func (s *Store) StartRecovery(ctx context.Context, tenant, webhook hook.ID, r hook.Recovery) (o hook.Operation, err error) {
	o = hook.Operation{TenantID: tenant, WebhookID: webhook, Kind: hook.OperationRecover, Recovery: r}
	if r.Until.IsZero() {
		// By this process's clock, as the ids of events are.
		o.Recovery.Until = hook.Time(time.Now())
	}
	n, err := s.CountRecoverable(ctx, tenant, webhook, o.Recovery)
	if err != nil {
		return o, err
	}
	o.Total, o.More = n.Again+n.Missed, n.More
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.LockWebhook(ctx, db.LockWebhookParams{TenantID: tenant, ID: webhook})
		if err != nil {
			return err
		}
		w := settingsOf(row)
		if !w.Active {
			return hook.Conflict("the webhook is disabled; enable it first")
		}
		running, err := q.RunningRecoveries(ctx, webhook)
		if err != nil {
			return err
		}
		for _, row := range running {
			same, err := operationOf(row)
			if err != nil {
				return err
			}
			if same.Recovery.Covers(r) {
				o = same
				return nil
			}
		}
		o.Generation = w.Generation
		if err := operate(ctx, q, &o); err != nil {
			return err
		}
		made, err := q.Operation(ctx, db.OperationParams{TenantID: tenant, ID: o.ID})
		if err != nil {
			return err
		}
		o, err = operationOf(made)
		return err
	})
	if err == nil {
		s.bell.ring()
	}
	return o, wrap(err, "webhook")
}

// Recover sets going the next deliveries of a recovery, the oldest events
// first: no more than the webhook has room for. It is called again until the
// operation has ended.
func (s *Store) Recover(ctx context.Context, id hook.ID, run int) (hook.Operation, error) {
	return s.step(ctx, id, run, func(q *db.Queries, o *operation) error {
		switch {
		case o.deleted:
			return o.end(ctx, q, hook.OperationStopped, "the webhook was deleted")
		case !o.webhook.Active:
			return o.end(ctx, q, hook.OperationStopped, "the webhook was disabled")
		}
		room, err := o.room(ctx, q)
		if err != nil || room == 0 {
			return err
		}
		look, err := newLook(ctx, q, &o.webhook, o.Recovery)
		if err != nil {
			return err
		}
		if o.position != nil {
			look.after = *o.position
		}
		rows, done, err := look.next(ctx, q, recoverRows, room)
		if err != nil {
			return err
		}
		moved, err := o.redeliver(ctx, q, rows)
		if err != nil {
			return err
		}
		if err := o.advance(ctx, q, moved, &look.after); err != nil || !done {
			return err
		}
		if err := o.end(ctx, q, hook.OperationDone, ""); err != nil {
			return err
		}
		return publishOwn(ctx, q, o.TenantID, hook.EventRecoveryCompleted, hook.EncodeJSON(recoveryData{
			o.ID, o.WebhookID, o.webhook.Name, hook.PlainURL(o.webhook.URL),
			hook.FormatTime(o.Recovery.Since), hook.FormatTime(o.Recovery.Until), o.Recovery.Include, o.Done,
		}))
	})
}

// recoveryData is the data of recovery.completed.
type recoveryData struct {
	RecoveryID hook.ID      `json:"recovery_id"`
	WebhookID  hook.ID      `json:"webhook_id"`
	Name       string       `json:"name"`
	URL        string       `json:"url"`
	Since      string       `json:"since"`
	Until      string       `json:"until"`
	Include    hook.Include `json:"include"`
	Recovered  int          `json:"recovered"` // deliveries that were set going
}

// redeliver sets going what there is, and makes what there is not. What moved
// on meanwhile is left alone.
func (o *operation) redeliver(ctx context.Context, q *db.Queries, rows []db.RecoverableRow) (int, error) {
	missed := db.InsertMissedParams{TenantID: o.TenantID, WebhookID: o.WebhookID, Format: string(o.webhook.Format), Transform: o.webhook.Transform}
	var again []hook.ID
	for _, r := range rows {
		if r.DeliveryID != nil {
			again = append(again, *r.DeliveryID)
			continue
		}
		missed.Ids = append(missed.Ids, hook.NewID())
		missed.EventIds = append(missed.EventIds, r.ID)
	}
	var jobs []Job
	moved := 0
	if len(again) > 0 {
		rerun, err := q.Redeliver(ctx, again)
		if err != nil {
			return 0, err
		}
		for _, r := range rerun {
			moved++
			if !r.Waits {
				jobs = append(jobs, Job{SubjectID: o.WebhookID, Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)})
			}
		}
	}
	if len(missed.Ids) > 0 {
		if err := keys(ctx, q, &o.webhook, &missed); err != nil {
			return 0, err
		}
		made, err := q.InsertMissed(ctx, missed)
		if err != nil {
			return 0, err
		}
		for _, r := range made {
			moved++
			if !r.Waits {
				jobs = append(jobs, Job{SubjectID: o.WebhookID, Kind: KindDelivery, Ref: r.ID})
			}
		}
	}
	return moved, enqueue(ctx, q, jobs...)
}

// keys gives events that made no delivery their keys.
func keys(ctx context.Context, q *db.Queries, w *hook.Webhook, missed *db.InsertMissedParams) error {
	missed.Keys, missed.Ordered = make([]string, len(missed.Ids)), make([]bool, len(missed.Ids))
	if w.OrderedBy == "" {
		return nil
	}
	at := map[hook.ID]int{}
	for i, id := range missed.EventIds {
		at[id] = i
	}
	for ids := range slices.Chunk(missed.EventIds, chosenTogether) {
		events, err := q.EventsByID(ctx, db.EventsByIDParams{TenantID: w.TenantID, Ids: ids})
		if err != nil {
			return err
		}
		for _, row := range events {
			e := eventOf(row)
			missed.Keys[at[e.ID]], missed.Ordered[at[e.ID]], _ = NewChoice(&e).Key(w.OrderedBy)
		}
	}
	return nil
}

// look goes over the events that a recovery is about.
type look struct {
	p     db.RecoverableParams
	of    *hook.Webhook
	after hook.ID // the last event that was looked at
	until hook.ID
}

func newLook(ctx context.Context, q *db.Queries, w *hook.Webhook, r hook.Recovery) (*look, error) {
	l := &look{of: w, after: firstID(r.Since), until: firstID(r.Until), p: db.RecoverableParams{
		WebhookID: w.ID, TenantID: w.TenantID, Everything: r.Include == hook.IncludeAll, Patterns: w.Events,
	}}
	pauses, err := q.Pauses(ctx, w.ID)
	for _, pause := range pauses {
		ended := last
		if pause.Ended != nil {
			ended = firstID(pause.Ended.Add(slack))
		}
		l.p.PausesFrom = append(l.p.PausesFrom, firstID(pause.Began.Add(-slack)))
		l.p.PausesTo = append(l.p.PausesTo, ended)
	}
	return l, err
}

// next lists those of the next events that are to be delivered again, at most
// limit of them, and moves on behind them. done: there are no more.
func (l *look) next(ctx context.Context, q *db.Queries, events, limit int) (rows []db.RecoverableRow, done bool, err error) {
	upto, err := q.RecoverEnd(ctx, db.RecoverEndParams{TenantID: l.p.TenantID, After: l.after, Until: l.until, Skip: int32(events - 1)})
	if missing(err) {
		upto, done, err = before(l.until), true, nil
	}
	if err != nil {
		return nil, false, err
	}
	l.p.After, l.p.Upto, l.p.MaxRows = l.after, upto, int32(limit)
	if rows, err = q.Recoverable(ctx, l.p); err != nil {
		return nil, false, err
	}
	l.after = upto
	if len(rows) == limit {
		l.after, done = rows[limit-1].ID, false
	}
	rows, err = chosen(ctx, q, l.of, rows)
	return rows, done, err
}

// before is the id before the first one of a time.
func before(id hook.ID) hook.ID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]--
		if id[i] != 0xff {
			break
		}
	}
	return id
}
