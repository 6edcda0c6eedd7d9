package store_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func jobs(t testing.TB, b *bundle, shards []int16, after int64, limit int) []store.Job {
	t.Helper()
	list, err := b.Jobs(t.Context(), shards, after, limit)
	require.NoError(t, err)
	return list
}

func TestJobsAreReadInOrderAndStayUntilStarted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 40 {
		b.addMessage(t, b.addEndpoint(t, b.tenant), strconv.Itoa(i))
	}
	all := jobs(t, b, allShards(), 0, 100)
	require.Len(t, all, 40)
	var paged []store.Job
	for after := int64(0); ; {
		page := jobs(t, b, allShards(), after, 7)
		if len(page) == 0 {
			break
		}
		require.LessOrEqual(t, len(page), 7)
		paged = append(paged, page...)
		after = page[len(page)-1].RowID
	}
	require.Equal(t, all, paged, "reading claims nothing")
	var byShard int
	for _, shard := range allShards() {
		for _, j := range jobs(t, b, []int16{shard}, 0, 100) {
			require.Equal(t, shard, j.Shard)
			byShard++
		}
	}
	require.Equal(t, 40, byShard)
	require.Empty(t, jobs(t, b, nil, 0, 100))

	require.NoError(t, b.Started(t.Context(), all[:30]))
	require.NoError(t, b.Started(t.Context(), all[:30]), "again")
	require.NoError(t, b.Started(t.Context(), nil))
	require.Equal(t, all[30:], jobs(t, b, allShards(), 0, 100))
}

func TestAJobOfNothingIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, "INSERT INTO outbox (shard, kind, ref, run) VALUES (3, 'delivery', $1, 0)", hook.NewID())
	b.addMessage(t, b.addEndpoint(t, b.tenant), "x")
	require.Len(t, jobs(t, b, allShards(), 0, 100), 2, "one row must not stop those behind it")
}

// overdue are the jobs overdue by a minute, for a test without others.
func overdue(t testing.TB, b *bundle) []store.Job {
	t.Helper()
	list, err := b.Overdue(t.Context(), time.Minute, 100)
	require.NoError(t, err)
	return list
}

func TestWhatIsOverdueIsPostponedOrRunAgainOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	e := b.addEndpoint(t, b.tenant)
	m := b.addMessage(t, e, "x")
	d := b.publish(t, b.tenant)[0]
	require.Empty(t, overdue(t, b))
	late := func() {
		b.exec(t, "UPDATE messages SET due_at = now() - interval '2 minutes' WHERE due_at IS NOT NULL")
		b.exec(t, "UPDATE deliveries SET due_at = now() - interval '2 minutes' WHERE due_at IS NOT NULL")
	}
	late()
	require.Empty(t, overdue(t, b), "what waits in the outbox is not lost")
	b.exec(t, "DELETE FROM outbox")
	message := store.Job{Shard: store.Shard(e.ID), SubjectID: e.ID, Kind: store.KindMessage, Ref: m.ID}
	delivery := store.Job{Shard: store.Shard(w.ID), SubjectID: w.ID, Kind: store.KindDelivery, Ref: d.ID}
	require.Equal(t, []store.Job{message, delivery}, overdue(t, b))
	require.NoError(t, b.Postpone(t.Context(), message))
	require.NoError(t, b.Postpone(t.Context(), delivery))
	require.Empty(t, overdue(t, b), "what runs is left alone")
	require.Empty(t, jobs(t, b, allShards(), 0, 100))

	late()
	var all sync.WaitGroup
	reruns := make([]bool, 16)
	for i := range reruns { // many sweepers at once
		all.Go(func() {
			job := []store.Job{message, delivery}[i%2]
			again, err := b.Rerun(t.Context(), job)
			require.NoError(t, err)
			reruns[i] = again
		})
	}
	all.Wait()
	n := 0
	for _, again := range reruns {
		if again {
			n++
		}
	}
	require.Equal(t, 2, n, "each goes on to its next run once")
	require.Empty(t, overdue(t, b))
	for _, kind := range []store.Kind{store.KindMessage, store.KindDelivery} {
		require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox WHERE kind = $1 AND run = 1", string(kind)))
	}

	late()
	require.NoError(t, b.succeed(t, d, 1, 0))
	_, err := b.Archived(t.Context(), store.Sealing{Message: m, Content: []byte("{}")})
	require.NoError(t, err)
	require.Empty(t, overdue(t, b), "what is done is never overdue")
	for _, job := range []store.Job{message, delivery} {
		job.Run = 1
		again, err := b.Rerun(t.Context(), job)
		require.NoError(t, err)
		require.False(t, again)
		require.NoError(t, b.Postpone(t.Context(), job))
	}
	require.Zero(t, b.count(t, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL")+
		b.count(t, "SELECT count(*) FROM messages WHERE due_at IS NOT NULL"))
}

func TestADeliveryThatWaitsIsNotOverdueBeforeItsTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	d := b.publish(t, b.tenant)[0]
	b.exec(t, "DELETE FROM outbox")
	require.NoError(t, b.fail(t, d, 1, 0)) // next attempt in 60 s
	b.exec(t, "UPDATE deliveries SET due_at = due_at - interval '90 seconds', next_attempt_at = next_attempt_at - interval '90 seconds'")
	require.Empty(t, overdue(t, b), "30 s late")
	b.exec(t, "UPDATE deliveries SET due_at = due_at - interval '40 seconds'")
	require.Len(t, overdue(t, b), 1)
}
