package store_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/activities"
	"posthorn/dispatch"
	"posthorn/egress"
	"posthorn/hook"
	"posthorn/store"
)

// pair is an event and a webhook.
type pair struct{ event, webhook hook.ID }

// life is a tenant whose webhooks live through anything. It stands for Temporal:
// it starts what the outbox says and goes on with what it has started, in any
// order, or loses it.
type life struct {
	*bundle
	do      *activities.Activities
	status  atomic.Int64 // what the receiver answers
	tenant  hook.ID
	subs    map[hook.ID][]string
	started []store.Job // workflows that run

	want      map[pair]bool             // what must have a delivery
	missed    map[pair]bool             // what was published while its webhook was disabled, and may have one
	asked     map[hook.ID]map[pair]bool // what a recovery must bring
	delivered map[hook.ID]bool
}

// newLives returns what begins one life after the other on one database.
func newLives(t *testing.T) func(r *rapid.T) *life {
	t.Helper()
	b := setup(t)
	var current *life
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(int(current.status.Load()))
	}))
	t.Cleanup(receiver.Close)
	out := egress.New(egress.Config{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(out.Close)
	return func(r *rapid.T) *life {
		b.exec(t, "DELETE FROM outbox")
		current = &life{
			bundle: b, do: &activities.Activities{Store: b.Store, Egress: out, Schedule: dispatch.New(true), Version: "test"}, tenant: b.addTenant(t), subs: map[hook.ID][]string{},
			want: map[pair]bool{}, missed: map[pair]bool{}, asked: map[hook.ID]map[pair]bool{},
			delivered: map[hook.ID]bool{},
		}
		for _, events := range [][]string{{"a"}, {"a.*", "b.made"}, {"b"}} {
			w := b.addWebhook(t, current.tenant, func(w *hook.Webhook) {
				w.URL, w.Events, w.RetryPolicy, w.DisableAfter = receiver.URL, events, []int{0, 600}, rapid.IntRange(1, 4).Draw(r, "disable after")
			})
			current.subs[w.ID] = events
		}
		return current
	}
}

func (l *life) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": l.check, "publish": l.publish, "start": l.start, "advance": l.advance, "advance again": l.advance, "at once": l.atOnce,
		"lose": l.lose, "disable": l.turn(false), "enable": l.turn(true), "delete": l.remove, "retry": l.retry, "cancel": l.cancel,
		"recover": l.recover, "test": l.test,
	}
}

func (l *life) publish(r *rapid.T) {
	e := hook.Event{ID: hook.NewID(), TenantID: l.tenant, Type: rapid.SampledFrom([]string{"a.made", "b.made", "c.made"}).Draw(r, "type"), Data: []byte(`{}`), OccurredAt: time.Now()}
	for id, events := range l.subs {
		w, err := l.Webhook(context.Background(), l.tenant, id)
		if hook.CodeOf(err) == hook.CodeNotFound || !slices.ContainsFunc(hook.Patterns(e.Type), func(p string) bool { return slices.Contains(events, p) }) {
			continue
		}
		require.NoError(r, err)
		if w.Active {
			l.want[pair{e.ID, id}] = true
		} else {
			l.missed[pair{e.ID, id}] = true
		}
	}
	_, _, err := l.Publish(context.Background(), e)
	require.NoError(r, err)
}

// start starts a workflow, or some.
func (l *life) start(r *rapid.T) {
	jobs, err := l.Jobs(context.Background(), allShards(), 0, 1000)
	require.NoError(r, err)
	if len(jobs) == 0 {
		return
	}
	jobs = jobs[:rapid.IntRange(1, len(jobs)).Draw(r, "jobs")]
	l.started = append(l.started, slices.DeleteFunc(slices.Clone(jobs), func(j store.Job) bool { return j.Kind == store.KindNotify })...)
	require.NoError(r, l.Started(context.Background(), jobs))
}

// pick chooses a workflow that runs.
func (l *life) pick(r *rapid.T) (store.Job, bool) {
	if len(l.started) == 0 {
		return store.Job{}, false
	}
	return rapid.SampledFrom(l.started).Draw(r, "workflow"), true
}

func (l *life) end(j store.Job) {
	l.started = slices.DeleteFunc(l.started, func(s store.Job) bool { return s == j })
}

// advance lets a workflow go on: an attempt, a signal, or a slice of an operation.
func (l *life) advance(r *rapid.T) {
	if j, ok := l.pick(r); ok {
		l.status.Store(rapid.SampledFrom([]int64{200, 200, 500, 404, 301, 410, 429}).Draw(r, "status"))
		l.step(r, j, rapid.Bool().Draw(r, "now"), rapid.IntRange(0, 9).Draw(r, "cancel") == 0)
	}
}

// step lets a workflow take its next step. full: its webhook has no room yet.
func (l *life) step(r *rapid.T, j store.Job, now, cancel bool) (full bool) {
	if j.Kind != store.KindDelivery {
		l.operate(r, j)
		return false
	}
	step, err := l.do.Attempt(context.Background(), activities.AttemptInput{DeliveryID: j.Ref, Run: j.Run, Now: now, Cancel: cancel})
	require.NoError(r, err)
	if step.Done {
		l.end(j)
	}
	return step.Full
}

func (l *life) operate(r *rapid.T, j store.Job) {
	do := l.Resume
	if j.Kind == store.KindRecover {
		do = l.Recover
	}
	o, err := do(context.Background(), j.Ref, j.Run)
	require.NoError(r, err)
	if o.Status == hook.OperationRunning {
		return
	}
	l.end(j)
	if o.Status == hook.OperationDone {
		maps.Copy(l.want, l.asked[o.ID])
	}
}

// atOnce makes several attempts at once, of one delivery too: a worker died
// before it could record its own. Somebody may turn a webhook meanwhile.
func (l *life) atOnce(r *rapid.T) {
	l.status.Store(rapid.SampledFrom([]int64{200, 500}).Draw(r, "status"))
	var all sync.WaitGroup
	errs := make([]error, rapid.IntRange(2, 4).Draw(r, "attempts"))
	for i := range errs {
		if j, ok := l.pick(r); ok && j.Kind == store.KindDelivery {
			all.Go(func() {
				_, errs[i] = l.do.Attempt(context.Background(), activities.AttemptInput{DeliveryID: j.Ref, Run: j.Run, Now: true})
			})
		}
	}
	if rapid.Bool().Draw(r, "turn") {
		l.turn(rapid.Bool().Draw(r, "active"))(r)
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(r, err)
	}
}

// lose terminates a workflow; the sweeper finds that it is overdue.
func (l *life) lose(r *rapid.T) {
	if j, ok := l.pick(r); ok {
		l.end(j)
		_, err := l.Rerun(context.Background(), j)
		require.NoError(r, err)
	}
}

func (l *life) webhook(r *rapid.T) hook.ID {
	return rapid.SampledFrom(slices.SortedFunc(maps.Keys(l.subs), func(a, b hook.ID) int { return slices.Compare(a[:], b[:]) })).Draw(r, "webhook")
}

func (l *life) turn(active bool) func(*rapid.T) {
	return func(r *rapid.T) {
		_, err := l.UpdateWebhook(context.Background(), l.tenant, l.webhook(r), func(w *hook.Webhook) error { w.Active = active; return nil })
		require.True(r, err == nil || hook.CodeOf(err) == hook.CodeNotFound, "%v", err)
	}
}

func (l *life) remove(r *rapid.T) {
	if rapid.IntRange(0, 4).Draw(r, "really") == 0 {
		err := l.DeleteWebhook(context.Background(), l.tenant, l.webhook(r))
		require.True(r, err == nil || hook.CodeOf(err) == hook.CodeNotFound, "%v", err)
	}
}
