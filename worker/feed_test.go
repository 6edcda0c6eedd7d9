package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
)

// A webhook whose first attempts have no more room is still resumed, recovered
// and told of.
func TestAFullWebhookKeepsNoOperationWaiting(t *testing.T) {
	t.Parallel()
	s := newStarter(Config{Activities: &activities.Activities{Schedule: dispatch.New(false), Sealing: dispatch.New(false)}})
	webhook := hook.NewID()
	for s.Activities.Schedule.Add(time.Now(), store.Job{Kind: store.KindDelivery, Ref: hook.NewID(), SubjectID: webhook, DisableAfter: 10}) {
		continue
	}
	require.True(t, s.full(store.Subject{Kind: store.KindDelivery, ID: webhook}))
	for _, kind := range []store.Kind{store.KindResume, store.KindRecover, store.KindNotify} {
		require.False(t, s.full(store.Subject{Kind: kind, ID: webhook}), kind)
	}
	require.False(t, s.full(store.Subject{Kind: store.KindMessage, ID: webhook}), "messages have room of their own")
}

func TestOnlyRowsOfOwnShardsAreTakenOver(t *testing.T) {
	t.Parallel()
	s := newStarter(Config{Activities: &activities.Activities{Schedule: dispatch.New(false), Sealing: dispatch.New(false)}})
	job := func(row int64, shard int16) store.Job {
		return store.Job{RowID: row, Shard: shard, Kind: store.KindDelivery, Ref: hook.NewID(), SubjectID: hook.NewID(), First: true, DisableAfter: 10}
	}
	mine, other := job(1, 3), job(2, 4)
	require.Equal(t, []store.Job{mine, other}, s.takeOver([]store.Job{mine, other}), "it owns none yet")

	s.owned.set([]int16{2, 3})
	require.Equal(t, []store.Job{other}, s.takeOver([]store.Job{mine, other}))
	require.Equal(t, []int64{1}, s.rows.known())
	require.Empty(t, s.takeOver([]store.Job{mine}), "what is met again changes nothing")
	jobs, _ := s.Activities.Schedule.Take(time.Now(), dispatch.Workflow, 10)
	require.Equal(t, []store.Job{mine}, jobs)

	s.owned.Lock() // it may be giving shards back
	defer s.owned.Unlock()
	require.Equal(t, []store.Job{mine}, s.takeOver([]store.Job{mine}))
}
