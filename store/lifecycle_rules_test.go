package store_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
	"posthorn/store"
)

// Whatever receivers answer and people do, in whatever order and however often
// workflows are lost: each event has exactly one delivery to each webhook that
// matched it, and in the end none that is on its way.
func TestEveryMatchingEventHasOneDeliveryThatEnds(t *testing.T) {
	t.Parallel()
	begin := newLives(t)
	rapid.Check(t, func(r *rapid.T) {
		l := begin(r)
		r.Repeat(l.actions())
		l.settle(r)
	})
}

// delivery asks for one of a life's deliveries, if there is any.
func (l *life) delivery(r *rapid.T) (hook.ID, bool) {
	list, err := l.Deliveries(context.Background(), l.tenant, store.DeliveryFilter{}, store.Page{Limit: 100})
	require.NoError(r, err)
	if len(list) == 0 {
		return hook.ID{}, false
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(r, "delivery")].ID, true
}

func requireAllowed(r *rapid.T, err error) {
	require.True(r, err == nil || hook.CodeOf(err) == hook.CodeConflict || hook.CodeOf(err) == hook.CodeNotFound, "%v", err)
}

func (l *life) retry(r *rapid.T) {
	if id, ok := l.delivery(r); ok {
		requireAllowed(r, l.RetryDelivery(context.Background(), l.tenant, id))
	}
}

func (l *life) cancel(r *rapid.T) {
	if id, ok := l.delivery(r); ok {
		requireAllowed(r, l.CancelDelivery(context.Background(), l.tenant, id))
	}
}

func (l *life) recover(r *rapid.T) {
	webhook := l.webhook(r)
	include := rapid.SampledFrom([]hook.Include{hook.IncludeFailed, hook.IncludeAll}).Draw(r, "include")
	o, err := l.StartRecovery(context.Background(), l.tenant, webhook, hook.Recovery{
		Since: hook.Time(time.Now().Add(-time.Hour)), Until: hook.Time(time.Now().Add(time.Minute)), Include: include,
	})
	requireAllowed(r, err)
	if err != nil {
		return
	}
	l.asked[o.ID] = map[pair]bool{}
	for p := range l.missed {
		if p.webhook == webhook {
			l.asked[o.ID][p] = true
		}
	}
}

func (l *life) test(r *rapid.T) {
	_, err := l.SendTest(context.Background(), l.tenant, l.webhook(r), func(*hook.Webhook) hook.Event {
		return hook.Event{ID: hook.NewID(), Type: "a.test", Data: []byte(`{}`), OccurredAt: time.Now()}
	})
	requireAllowed(r, err)
}

// row is a delivery as it lies in the database.
type row struct {
	ID, EventID, WebhookID hook.ID
	Status                 hook.DeliveryStatus
	Run, Attempts, Made    int
	Due, Planned           bool
	Active, Deleted        bool
	Carried, Resuming      bool // by an outbox row; by an operation that has not ended
	Test                   bool
}

func (l *life) rows(r *rapid.T) []row {
	found, err := l.raw.Query(context.Background(), `SELECT d.id, d.event_id, d.webhook_id, d.status, d.run, d.attempts,
			(SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id AND a.number <= d.attempts) AS made,
			d.due_at IS NOT NULL AS due, d.next_attempt_at IS NOT NULL AS planned, w.active, w.deleted_at IS NOT NULL AS deleted,
			EXISTS (SELECT FROM outbox o WHERE o.ref = d.id AND o.run = d.run) AS carried,
			EXISTS (SELECT FROM operations o WHERE o.webhook_id = w.id AND o.kind = 'resume' AND o.generation = w.generation AND o.status = 'running') AS resuming,
			d.test
		FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id JOIN events e ON e.id = d.event_id
		WHERE d.tenant_id = $1 AND e.type LIKE '_.%' ORDER BY d.id`, l.tenant)
	require.NoError(r, err)
	list, err := pgx.CollectRows(found, pgx.RowToStructByPos[row])
	require.NoError(r, err)
	return list
}

// check holds the rows to what always holds.
func (l *life) check(r *rapid.T) {
	have := map[pair]bool{}
	for _, d := range l.rows(r) {
		carried := d.Carried || slices.ContainsFunc(l.started, func(j store.Job) bool { return j.Ref == d.ID && j.Run == d.Run })
		require.Equal(r, d.Attempts, d.Made, "attempts are numbered without holes")
		require.False(r, d.Planned && !d.Due)
		require.False(r, d.Due && !carried, "what is to be done is carried by a workflow: %+v", d)
		switch d.Status {
		case hook.DeliveryPending:
			require.True(r, d.Due, "%+v", d)
		case hook.DeliveryHeld:
			require.True(r, !d.Due && !d.Deleted && (!d.Active || d.Resuming), "it waits for its webhook: %+v", d)
		case hook.DeliveryFailed, hook.DeliveryCancelled:
			require.False(r, d.Due, "%+v", d)
		case hook.DeliveryDelivered:
			l.delivered[d.ID] = true
		default:
			require.Fail(r, "no such status", "%+v", d)
		}
		require.True(r, !l.delivered[d.ID] || d.Status == hook.DeliveryDelivered, "what is delivered stays delivered: %+v", d)
		if !d.Test {
			p := pair{d.EventID, d.WebhookID}
			require.False(r, have[p], "one delivery for each event and webhook")
			have[p] = true
		}
	}
	for p := range l.want {
		require.True(r, have[p], "none is lost")
	}
	for p := range have {
		require.True(r, l.want[p] || l.missed[p], "none is made that did not match")
	}
}

// settle enables what there is, answers everything with 200 and lets all of it
// come to its end.
func (l *life) settle(r *rapid.T) {
	l.status.Store(200)
	for _, id := range slices.Collect(maps.Keys(l.subs)) {
		_, err := l.UpdateWebhook(context.Background(), l.tenant, id, func(w *hook.Webhook) error { w.Active = true; return nil })
		requireAllowed(r, err)
	}
	for range 100 {
		jobs, err := l.Jobs(context.Background(), allShards(), 0, 1000)
		require.NoError(r, err)
		if len(jobs)+len(l.started) == 0 {
			break
		}
		require.NoError(r, l.Started(context.Background(), jobs))
		l.started = append(l.started, slices.DeleteFunc(jobs, func(j store.Job) bool { return j.Kind == store.KindNotify })...)
		full := false
		for _, j := range slices.Clone(l.started) {
			full = l.step(r, j, true, false) || full
		}
		if full {
			<-time.After(10 * time.Millisecond) // until it has
		}
		l.check(r)
	}
	require.Empty(r, l.started, "everything ends")
	counts := map[hook.DeliveryStatus]int{}
	total := 0
	for _, d := range l.rows(r) {
		require.False(r, d.Due)
		if !d.Test {
			counts[d.Status]++
			total++
		}
	}
	require.Zero(r, counts[hook.DeliveryPending]+counts[hook.DeliveryHeld])
	require.Equal(r, total, counts[hook.DeliveryDelivered]+counts[hook.DeliveryFailed]+counts[hook.DeliveryCancelled])
	require.GreaterOrEqual(r, total, len(l.want))
}
