package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestWhatIsHandedOverIsWhatWouldBeRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.RateLimit, w.Transform, w.DisableAfter = 5, "data", 7 })
	taken := make(chan []store.Job, 1)
	b.HandOver(func(jobs []store.Job) []store.Job { taken <- slices.Clone(jobs); return nil })
	var (
		jobs  []store.Job
		ids   []hook.ID
		fresh map[hook.ID]store.ToAttempt
	)
	require.Eventually(t, func() bool { // on a busy machine it may be old at once
		began := time.Now()
		e, _, err := b.Publish(t.Context(), hook.Event{
			ID: hook.NewID(), TenantID: b.tenant, PublicID: hook.NewID().String(), Type: "a.b", Data: []byte(`{"a":1.0}`),
			OccurredAt: time.Now().In(time.FixedZone("", 3600)),
		})
		require.NoError(t, err)
		jobs = <-taken
		require.Len(t, jobs, 2)
		ids = []hook.ID{jobs[0].Ref, jobs[1].Ref}
		fresh, err = b.DeliveriesToAttempt(t.Context(), ids)
		require.NoError(t, err)
		require.Equal(t, e.ID, fresh[ids[0]].Event.ID)
		return time.Since(began) < 100*time.Millisecond
	}, 30*time.Second, time.Millisecond)

	rows, err := b.Jobs(t.Context(), allShards(), jobs[0].RowID-2, 10)
	require.NoError(t, err)
	require.ElementsMatch(t, jobs, rows[len(rows)-2:])
	read, err := b.DeliveriesToAttempt(t.Context(), ids) // what is fresh is given once
	require.NoError(t, err)
	for _, id := range ids {
		was, is := fresh[id], read[id]
		require.WithinDuration(t, is.Delivery.UpdatedAt, was.Delivery.UpdatedAt, time.Minute)
		was.Delivery.UpdatedAt, is.Event.OccurredAt = is.Delivery.UpdatedAt, is.Event.OccurredAt.UTC()
		require.Equal(t, is, was)
	}
}

func TestWhatIsNotFreshIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	b.HandOver(func([]store.Job) []store.Job { return nil })
	d := b.publish(t, b.tenant)[0]
	require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, d.ID))
	<-time.After(150 * time.Millisecond) // its age is what this is about
	list, err := b.DeliveriesToAttempt(t.Context(), []hook.ID{d.ID})
	require.NoError(t, err)
	require.Equal(t, hook.DeliveryCancelled, list[d.ID].Delivery.Status)
}

func TestTheBellRingsForWhatIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	ordered := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.OrderedBy = "event.type" })
	o := own(t, b)
	heard := func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		require.NoError(t, o.Wait(ctx))
		return ctx.Err() == nil
	}
	left := []store.Job(nil)
	b.HandOver(func(jobs []store.Job) []store.Job { left = append(left, jobs...); return jobs })
	b.publish(t, b.tenant)
	require.True(t, heard(), "nobody took them")
	require.Len(t, left, 1)

	b.HandOver(func([]store.Job) []store.Job { return nil })
	b.publish(t, b.tenant)
	require.True(t, heard(), "those that go in order are not handed over")

	_, err := b.UpdateWebhook(t.Context(), b.tenant, ordered.ID, func(w *hook.Webhook) error { w.Active = false; return nil })
	require.NoError(t, err)
	for heard() {
		continue // what that rang
	}
	b.publish(t, b.tenant)
	require.False(t, heard(), "all were taken")

	b.HandOver(nil)
	b.publish(t, b.tenant)
	require.True(t, heard(), "nobody takes over any more")
}
