package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestAnOperatorRetriesADelivery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant, only("a.b"))
	retry := func(d hook.Delivery) hook.Delivery {
		require.NoError(t, b.RetryDelivery(t.Context(), b.tenant, d.ID))
		return b.delivery(t, d.ID)
	}
	d := b.publish(t, b.tenant)[0]
	require.Zero(t, retry(d).Run, "its first attempt is under way")
	require.NoError(t, b.fail(t, d, 1, 0))
	now := retry(d)
	require.Equal(t, 1, now.Run)
	require.Zero(t, now.NextAttemptAt, "it waits no more")
	require.Zero(t, now.AttemptsBefore, "its schedule goes on")
	require.Equal(t, 1, retry(d).Run, "an attempt is under way")
	for n := 2; n <= 6; n++ {
		require.NoError(t, b.fail(t, d, n, 0))
	}
	require.Equal(t, hook.DeliveryFailed, b.delivery(t, d.ID).Status)
	anew := retry(d)
	require.Equal(t, hook.DeliveryPending, anew.Status)
	require.Equal(t, 6, anew.AttemptsBefore)
	require.NoError(t, b.succeed(t, d, 7, 0))
	require.Equal(t, hook.DeliveryDelivered, retry(d).Status, "what was delivered stays delivered")
	require.NoError(t, b.fail(t, d, 8, 0))
	require.Equal(t, hook.DeliveryDelivered, b.delivery(t, d.ID).Status)
	require.Equal(t, 4, retry(d).Run, "the next attempt is made now")
	require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, d.ID))
	ended := b.delivery(t, d.ID)
	require.Equal(t, hook.DeliveryDelivered, ended.Status)
	require.False(t, ended.Open())
	require.Equal(t, hook.CodeConflict, hook.CodeOf(b.CancelDelivery(t.Context(), b.tenant, d.ID)))
	require.Equal(t, 5, b.count(t, "SELECT count(*) FROM outbox WHERE ref = $1", d.ID))
}

func TestWhatCannotBeRetriedIsAConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"))
	d, cancelled := b.publish(t, b.tenant)[0], b.publish(t, b.tenant)[0]
	require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, cancelled.ID))
	require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, cancelled.ID), "again")
	stranger := b.addTenant(t)
	for _, f := range []func() error{
		func() error { return b.RetryDelivery(t.Context(), stranger, d.ID) },
		func() error { return b.CancelDelivery(t.Context(), stranger, d.ID) },
	} {
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(f()))
	}
	require.NoError(t, b.setActive(t, w.ID, false))
	require.Equal(t, hook.CodeConflict, hook.CodeOf(b.RetryDelivery(t.Context(), b.tenant, d.ID)))
	require.NoError(t, b.setActive(t, w.ID, true))
	require.NoError(t, b.RetryDelivery(t.Context(), b.tenant, d.ID), "before it is resumed")
	require.Equal(t, hook.DeliveryPending, b.delivery(t, d.ID).Status)
	require.NoError(t, b.RetryDelivery(t.Context(), b.tenant, cancelled.ID))
	require.Equal(t, hook.DeliveryPending, b.delivery(t, cancelled.ID).Status)
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, w.ID))
	require.Equal(t, hook.CodeConflict, hook.CodeOf(b.RetryDelivery(t.Context(), b.tenant, d.ID)))
}

func TestATestStandsApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Active, w.DisableAfter = false, 1 })
	id, err := b.SendTest(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) hook.Event {
		return hook.Event{ID: hook.NewID(), Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now()}
	})
	require.NoError(t, err)
	d := b.delivery(t, id)
	require.True(t, d.Test)
	require.Equal(t, hook.DeliveryPending, d.Status)
	a := hook.Attempt{DeliveryID: id, Number: 1, StartedAt: time.Now(), Error: hook.ErrorDNS}
	_, err = b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: d.Outcome(&a, w.RetryPolicy)})
	require.NoError(t, err)
	require.Equal(t, hook.DeliveryFailed, b.delivery(t, id).Status, "it is not tried again")
	require.Zero(t, b.webhook(t, w.ID).ConsecutiveFailures)
	require.Zero(t, b.count(t, "SELECT count(*) FROM events WHERE NOT test"), "no event tells of it")
	require.NoError(t, b.RetryDelivery(t.Context(), b.tenant, id), "by hand, also while the webhook is disabled")
	d = b.delivery(t, id)
	require.True(t, d.Open())

	_, err = b.SendTest(t.Context(), b.addTenant(t), w.ID, func(*hook.Webhook) hook.Event { return hook.Event{} })
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}
