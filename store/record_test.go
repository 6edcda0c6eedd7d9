package store_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/hook"
	"posthorn/store"
)

// record records first attempts of deliveries side by side, failed or not.
func (b *bundle) record(t testing.TB, list []hook.Delivery, failed func(i int) bool, generation int) []store.Recorded {
	t.Helper()
	results := make([]store.Recorded, len(list))
	var all sync.WaitGroup
	for i := range list {
		all.Go(func() {
			a := hook.Attempt{DeliveryID: list[i].ID, Number: 1, StartedAt: time.Now(), StatusCode: 200, Generation: generation}
			if failed(i) {
				a.StatusCode, a.Error = 500, hook.ErrorStatus
			}
			var err error
			results[i], err = b.RecordAttempt(t.Context(), store.Recording{Delivery: &list[i], Attempt: &a, Outcome: hook.After(&a, 1, []int{60})})
			require.NoError(t, err)
		})
	}
	all.Wait()
	return results
}

func always(failed bool) func(int) bool { return func(int) bool { return failed } }

func TestConcurrentAttemptsShareTransactionsAndAreCountedExactly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	list := b.deliveries(t, 300)
	results := b.record(t, list, always(true), 0)
	require.Equal(t, 300, b.webhook(t, w.ID).ConsecutiveFailures)
	require.Equal(t, 300, b.count(t, "SELECT count(*) FROM attempts"))
	require.Equal(t, 300, b.count(t, "SELECT count(*) FROM deliveries WHERE attempts = 1 AND status = 'pending' AND next_attempt_at > now()"))
	require.Less(t, b.count(t, "SELECT count(DISTINCT xmin::text) FROM attempts"), 100, "few transactions")
	for _, r := range results {
		require.True(t, r.First && r.Waits)
		require.Positive(t, r.Failures)
	}
	for _, r := range b.record(t, list, always(false), 0) {
		require.False(t, r.First, "what was recorded stays")
	}
	require.Equal(t, 300, b.webhook(t, w.ID).ConsecutiveFailures)
}

// TestTwoRecordersOfTheSameWebhooksDoNotDeadlock has two processes record
// attempts of many webhooks, which they meet in different orders.
func TestTwoRecordersOfTheSameWebhooksDoNotDeadlock(t *testing.T) {
	t.Parallel()
	data := newKeyset(t)
	b := open(t, pgtest.Database(t), keys(t, data))
	var hooks []hook.Webhook
	for range 12 {
		hooks = append(hooks, b.addWebhook(t, b.tenant))
	}
	list := b.deliveries(t, 40)
	require.Len(t, list, 480)
	other, err := store.Open(t.Context(), store.Config{URL: b.url}, keys(t, data))
	require.NoError(t, err)
	defer other.Close()
	second := &bundle{Store: other, url: b.url, raw: b.raw, tenant: b.tenant}
	reversed := make([]hook.Delivery, 0, 240)
	for i := range 240 {
		reversed = append(reversed, list[len(list)-1-i])
	}
	before := b.count(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
	var both sync.WaitGroup
	both.Go(func() { b.record(t, list[:240], always(true), 0) })
	both.Go(func() { second.record(t, reversed, always(true), 0) })
	both.Wait()
	for _, w := range hooks {
		require.Equal(t, 40, b.webhook(t, w.ID).ConsecutiveFailures)
	}
	require.Equal(t, before, b.count(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
}

func TestAWebhookDisabledAmidAGroupHoldsItsDeliveries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"), func(w *hook.Webhook) { w.DisableAfter = 50 })
	list := b.deliveries(t, 120)
	results := b.record(t, list[:100], always(true), 0)
	got := b.webhook(t, w.ID)
	require.False(t, got.Active)
	require.Equal(t, 1, got.Generation)
	require.Equal(t, 50, got.ConsecutiveFailures, "those behind it count no more")
	require.Equal(t, 120, b.count(t, "SELECT count(*) FROM deliveries WHERE webhook_id = $1 AND status = 'held' AND due_at IS NULL", w.ID))
	disabled := 0
	for _, r := range results {
		if r.Disabled {
			disabled++
			require.False(t, r.Waits)
		}
	}
	require.Positive(t, disabled)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM events WHERE type = 'webhook.disabled'"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM events WHERE type = 'webhook.failing'"))

	require.NoError(t, b.setActive(t, w.ID, true))
	b.record(t, list[100:110], always(true), 0)
	require.Zero(t, b.webhook(t, w.ID).ConsecutiveFailures, "an older generation does not count")
	b.record(t, list[110:], always(true), 2)
	require.Equal(t, 10, b.webhook(t, w.ID).ConsecutiveFailures)
}

// TestAnOutboxRowGoesWithItsAttempt says which rows stay: those of deliveries
// that wait for another attempt, which their workflow makes.
func TestAnOutboxRowGoesWithItsAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	b.deliveries(t, 2)
	jobs := jobs(t, b, allShards(), 0, 10)
	require.Len(t, jobs, 2)
	run := hook.NewID()
	for i, j := range jobs {
		require.True(t, j.First && j.Streamable)
		list, err := b.DeliveriesToAttempt(t.Context(), []hook.ID{j.Ref, hook.NewID()})
		require.NoError(t, err)
		require.Len(t, list, 1)
		d := list[j.Ref].Delivery
		a := hook.Attempt{DeliveryID: d.ID, Number: 1, StartedAt: time.Now(), StatusCode: 200}
		if i == 1 {
			a.StatusCode, a.Error = 500, hook.ErrorStatus
		}
		r, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.After(&a, 1, []int{60}), Dispatch: run, Job: &j})
		require.NoError(t, err)
		require.Equal(t, i == 1, r.Waits)
	}
	delivered, failed := b.delivery(t, jobs[0].Ref), b.delivery(t, jobs[1].Ref)
	require.Equal(t, hook.DispatchWorkflow(run), delivered.Workflow())
	require.Equal(t, hook.DeliveryWorkflow(failed.ID, 0), failed.Workflow())
	left, err := b.Jobs(t.Context(), allShards(), 0, 10)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, failed.ID, left[0].Ref)
	require.False(t, left[0].First || left[0].Streamable, "its workflow is to be started")
}

// TestRecordersCountAsOneAfterTheOther: whatever comes together, the count of
// failures is the one of some order in which each attempt came alone.
func TestRecordersCountAsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant, only("none"))
	rapid.Check(t, func(r *rapid.T) {
		groups := rapid.SliceOfN(rapid.SliceOfN(rapid.Bool(), 1, 6), 1, 4).Draw(r, "failures, group by group")
		w := b.addWebhook(t, b.tenant, only("prop"+strconv.Itoa(b.webhooks(t))))
		least, most := 0, 0
		for _, group := range groups {
			var list []hook.Delivery
			failures, successes := 0, 0
			for _, failed := range group {
				list = append(list, hook.Delivery{ID: hook.NewID(), TenantID: b.tenant, WebhookID: w.ID})
				if failed {
					failures++
				} else {
					successes++
				}
			}
			b.record(t, list, func(i int) bool { return group[i] }, 0)
			if successes == 0 {
				least, most = least+failures, most+failures
			} else {
				least, most = 0, failures // a success came last, or all failures after it
			}
		}
		got := b.webhook(t, w.ID).ConsecutiveFailures
		if got < least || got > most {
			r.Fatalf("%d failures in a row, not %d to %d", got, least, most)
		}
	})
}

// webhooks counts all.
func (b *bundle) webhooks(t testing.TB) int {
	t.Helper()
	return b.count(t, "SELECT count(*) FROM webhooks")
}

func TestWaitingRowsAreReadBySubjectWithoutTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.addWebhook(t, b.tenant, only("a.b"))
	b.exec(t, `INSERT INTO outbox (shard, kind, subject, ref, run) SELECT $1, 'delivery', $2, gen_random_uuid(), 0 FROM generate_series(1, 5000)`,
		store.Shard(first.ID), first.ID)
	e := b.addEndpoint(t, b.tenant)
	m := b.addMessage(t, e, "x")
	list, err := b.Subjects(t.Context(), allShards(), store.Subject{Shard: -1}, 10)
	require.NoError(t, err)
	require.ElementsMatch(t, []store.Subject{
		{Shard: store.Shard(first.ID), Kind: store.KindDelivery, ID: first.ID}, {Shard: store.Shard(e.ID), Kind: store.KindMessage, ID: e.ID},
	}, list)
	next, err := b.Subjects(t.Context(), allShards(), list[0], 10)
	require.NoError(t, err)
	require.Equal(t, list[1:], next)
	page, err := b.Waiting(t.Context(), list, nil, 3)
	require.NoError(t, err)
	require.Len(t, page, 4, "three of one, and all of the other")
	require.Equal(t, m.ID, page[3].Ref)
	again, err := b.Waiting(t.Context(), list, []int64{page[0].RowID, page[1].RowID}, 1)
	require.NoError(t, err)
	require.Equal(t, page[2].RowID, again[0].RowID)
	last, err := b.LastJob(t.Context(), allShards())
	require.NoError(t, err)
	require.Equal(t, page[3].RowID, last)
}
