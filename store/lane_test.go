package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// lanes carries the deliveries of one webhook as their workflows do, and watches
// that those of a key go one after another.
type lanes struct {
	*bundle
	t       require.TestingT
	ctx     context.Context
	webhook hook.ID

	mu    sync.Mutex
	going map[string]hook.ID // by key: whose first attempt was made, and that has not ended
	runs  []store.Job        // workflows that are to take their next step
	begun []hook.ID          // deliveries, in the order of their first attempts
	ended map[hook.ID]bool   // deliveries that came to an end, be it that they were resent since
}

func newLanes(ctx context.Context, t require.TestingT, b *bundle, webhook hook.ID) *lanes {
	return &lanes{bundle: b, t: t, ctx: ctx, webhook: webhook, going: map[string]hook.ID{}, ended: map[hook.ID]bool{}}
}

func ordered(onFailure hook.OnFailure) func(*hook.Webhook) {
	return func(w *hook.Webhook) {
		w.OrderedBy, w.OrderedOnFailure = "data.?key.orValue(null)", onFailure
		w.Events = []string{"a.b"}
	}
}

// publish publishes an event with a key, "" for none.
func (l *lanes) publishKey(key string) hook.ID {
	data := "{}"
	if key != "" {
		data = fmt.Sprintf(`{"key":%q}`, key)
	}
	e, _, err := l.Publish(l.ctx, hook.Event{
		ID: hook.NewID(), TenantID: l.tenant, Type: "a.b", Data: []byte(data), OccurredAt: time.Now(),
	})
	require.NoError(l.t, err)
	return e.ID
}

// start takes what the outbox has.
func (l *lanes) start() int {
	jobs, err := l.Jobs(l.ctx, allShards(), 0, 1000)
	require.NoError(l.t, err)
	require.NoError(l.t, l.Started(l.ctx, jobs))
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		if j.Kind == store.KindDelivery {
			l.runs = append(l.runs, j)
		}
	}
	return len(jobs)
}

// take takes away the workflow that is to go on.
func (l *lanes) take(n int) (job store.Job, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.runs) == 0 {
		return job, false
	}
	n %= len(l.runs)
	job = l.runs[n]
	l.runs = slices.Delete(l.runs, n, n+1)
	return job, true
}

// begin begins the next attempt of a workflow, if its row says so.
func (l *lanes) begin(job store.Job) (d hook.Delivery, ok bool) {
	t, err := l.DeliveryToAttempt(l.ctx, job.Ref)
	require.NoError(l.t, err)
	d = t.Delivery
	switch {
	case !d.Open() || d.Run > job.Run:
		return d, false
	case !t.Webhook.Active && d.Status == hook.DeliveryPending:
		require.NoError(l.t, l.HoldDelivery(l.ctx, d.ID))
		return d, false
	case !t.Webhook.Active:
		require.NoError(l.t, l.EndDelivery(l.ctx, &d))
		return d, false
	}
	if d.Ordered && d.Turn == hook.TurnNone {
		goes, err := l.TakeTurn(l.ctx, &d)
		if hook.CodeOf(err) == hook.CodeNotFound {
			return d, false
		}
		require.NoError(l.t, err)
		d.Waits = !goes
	}
	if d.Waits {
		return d, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.Ordered {
		if other, taken := l.going[d.OrderKey]; taken && other != d.ID {
			require.Fail(l.t, "two of one key at once", "%s beside %s", d.ID, other)
		}
		l.going[d.OrderKey] = d.ID
	}
	if !slices.Contains(l.begun, d.ID) {
		l.begun = append(l.begun, d.ID)
	}
	return d, true
}

// end records what became of an attempt.
func (l *lanes) end(job store.Job, d hook.Delivery, status int, policy ...int) {
	a := hook.Attempt{DeliveryID: d.ID, Number: d.AttemptCount + 1, StartedAt: time.Now(), StatusCode: status}
	if status != 200 {
		a.Error = hook.ErrorStatus
	}
	o := d.Outcome(&a, policy)
	l.mu.Lock()
	if o.Status != hook.DeliveryPending {
		l.ended[d.ID] = true
		l.left(d.ID)
	}
	l.mu.Unlock()
	_, err := l.RecordAttempt(l.ctx, store.Recording{Delivery: &d, Attempt: &a, Outcome: o})
	require.NoError(l.t, err)
	if o.Status == hook.DeliveryPending {
		l.mu.Lock()
		l.runs = append(l.runs, job)
		l.mu.Unlock()
	}
}

// left forgets that a delivery goes.
func (l *lanes) left(id hook.ID) {
	for key, other := range l.going {
		if other == id {
			delete(l.going, key)
		}
	}
}

// drain carries everything to its end, with success.
func (l *lanes) drain() {
	for l.start() > 0 || len(l.runs) > 0 {
		for job, ok := l.take(0); ok; job, ok = l.take(0) {
			if d, begun := l.begin(job); begun {
				l.end(job, d, 200)
			}
		}
	}
}

// through is how many deliveries came to an end.
func (l *lanes) through() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ended)
}

func (l *lanes) requireNothingWaits(t testing.TB) {
	t.Helper()
	require.Zero(t, l.count(t, "SELECT count(*) FROM deliveries WHERE status IN ('pending', 'held') OR due_at IS NOT NULL OR waits OR turn = 'goes'"))
	require.Zero(t, l.count(t, "SELECT count(*) FROM outbox WHERE kind = 'delivery'"))
}
