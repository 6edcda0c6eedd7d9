package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func (b *bundle) setActive(t testing.TB, id hook.ID, active bool) error {
	t.Helper()
	_, err := b.UpdateWebhook(t.Context(), b.tenant, id, func(w *hook.Webhook) error {
		w.Active = active
		return nil
	})
	return err
}

func TestDisablingHoldsAndEnablingResumes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, other := b.addWebhook(t, b.tenant), b.addWebhook(t, b.tenant)
	var mine, others []hook.Delivery
	for range 4 {
		pair := b.publish(t, b.tenant)
		if pair[0].WebhookID != w.ID {
			pair[0], pair[1] = pair[1], pair[0]
		}
		mine, others = append(mine, pair[0]), append(others, pair[1])
	}
	require.NoError(t, b.succeed(t, mine[0], 1, 0))
	require.NoError(t, b.fail(t, mine[1], 1, 0))
	require.NoError(t, b.EndDelivery(t.Context(), &mine[2]))
	b.exec(t, "DELETE FROM outbox")

	statuses := func() (list []hook.DeliveryStatus) {
		for _, d := range mine {
			list = append(list, b.delivery(t, d.ID).Status)
		}
		return list
	}
	require.NoError(t, b.setActive(t, w.ID, false))
	require.Equal(t, []hook.DeliveryStatus{"delivered", "held", "cancelled", "held"}, statuses())
	got := b.webhook(t, w.ID)
	require.Equal(t, hook.DisabledByHand, got.DisabledReason)
	require.Equal(t, 1, got.Generation)
	require.Len(t, b.publish(t, b.tenant), 1, "only the other webhook gets what is published meanwhile")
	require.NoError(t, b.setActive(t, w.ID, false), "again")
	require.Equal(t, 1, b.webhook(t, w.ID).Generation)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox"))

	require.NoError(t, b.setActive(t, w.ID, true))
	require.Equal(t, []hook.DeliveryStatus{"delivered", "held", "cancelled", "held"}, statuses(), "an operation resumes them")
	require.Equal(t, 2, b.resume(t, w.ID).Done)
	require.Equal(t, []hook.DeliveryStatus{"delivered", "pending", "cancelled", "pending"}, statuses())
	got = b.webhook(t, w.ID)
	require.Zero(t, got.ConsecutiveFailures)
	require.Empty(t, got.DisabledReason)
	require.Equal(t, 2, got.Generation)
	for _, d := range []hook.Delivery{mine[1], mine[3]} {
		require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox WHERE ref = $1 AND run = 1", d.ID), "under the next run")
		require.Equal(t, 1, b.delivery(t, d.ID).Run)
	}
	require.Equal(t, 3, b.count(t, "SELECT count(*) FROM outbox WHERE kind = 'delivery'"))
	for _, d := range others {
		require.Equal(t, hook.DeliveryPending, b.delivery(t, d.ID).Status)
	}
	require.Zero(t, b.webhook(t, other.ID).Generation)
}

func TestADeliveryIsHeldOnlyWhileItsWebhookIsDisabled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	d := b.publish(t, b.tenant)[0]
	b.exec(t, "DELETE FROM outbox")

	// A worker read that the webhook is disabled; then it was enabled.
	require.NoError(t, b.HoldDelivery(t.Context(), d.ID))
	require.Equal(t, hook.DeliveryPending, b.delivery(t, d.ID).Status, "nobody would resume it")
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox WHERE ref = $1 AND run = 1", d.ID))

	// It was published while the webhook was being disabled.
	b.exec(t, "UPDATE webhooks SET active = false WHERE id = $1", w.ID)
	require.NoError(t, b.HoldDelivery(t.Context(), d.ID))
	require.Equal(t, hook.DeliveryHeld, b.delivery(t, d.ID).Status)
	require.NoError(t, b.setActive(t, w.ID, true))
	b.resume(t, w.ID)
	require.Equal(t, hook.DeliveryPending, b.delivery(t, d.ID).Status)
	require.Equal(t, 2, b.delivery(t, d.ID).Run)
}

func TestDeletingCancelsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	list := b.deliveries(t, 3)
	require.NoError(t, b.succeed(t, list[0], 1, 0))
	b.exec(t, "UPDATE deliveries SET status = 'held' WHERE id = $1", list[1].ID)
	foreign := b.addTenant(t)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.DeleteWebhook(t.Context(), foreign, w.ID)))
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, w.ID))
	for i, want := range []hook.DeliveryStatus{"delivered", "cancelled", "cancelled"} {
		require.Equal(t, want, b.delivery(t, list[i].ID).Status)
	}
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.DeleteWebhook(t.Context(), b.tenant, w.ID)))
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.setActive(t, w.ID, true)))
	todo, err := b.DeliveryToAttempt(t.Context(), list[2].ID)
	require.NoError(t, err)
	require.True(t, todo.WebhookDeleted)
}

func TestARefusedEditChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	refused := hook.Invalid("no")
	_, err := b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error {
		w.Name, w.Active = "changed", false
		return refused
	})
	require.ErrorIs(t, err, refused)
	require.Equal(t, w, b.webhook(t, w.ID))
}

// TestRecordingAndTurningDoNotDeadlock: attempts are recorded while their
// webhook is disabled and enabled, delivered to and failing. Where one locked
// the delivery first and the other the webhook, PostgreSQL would end one of
// them after a second.
func TestRecordingAndTurningDoNotDeadlock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.DisableAfter = 20 })
	list := b.deliveries(t, 40)
	stop := time.Now().Add(1500 * time.Millisecond)
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	again := func(f func(n int) error) {
		all.Go(func() {
			for n := 1; time.Now().Before(stop); n++ {
				if err := f(n); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	generation := func() int { return b.webhook(t, w.ID).Generation }
	for i := range 8 {
		again(func(n int) error {
			d := list[(i*5+n)%len(list)]
			if n%7 == 0 {
				return b.succeed(t, d, n*8+i, generation())
			}
			if n%5 == 0 {
				return b.HoldDelivery(t.Context(), d.ID)
			}
			return b.fail(t, d, n*8+i, generation())
		})
	}
	for i := range 3 {
		again(func(n int) error { return b.setActive(t, w.ID, (n+i)%2 == 0) })
	}
	again(func(int) error {
		list, err := b.Operations(t.Context(), b.tenant, store.OperationFilter{Kinds: resumes}, store.Page{Limit: 3})
		for _, o := range list {
			_, failed := b.Resume(t.Context(), o.ID, 0)
			err = errors.Join(err, failed)
		}
		return err
	})
	again(func(n int) error {
		err := b.RetryDelivery(t.Context(), b.tenant, list[n%len(list)].ID)
		if hook.CodeOf(err) == hook.CodeConflict {
			return nil
		}
		return err
	})
	all.Wait()
	require.NoError(t, errors.Join(failed...))
	require.Positive(t, b.count(t, "SELECT count(*) FROM attempts"))
	require.Zero(t, b.count(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))

	require.NoError(t, b.setActive(t, w.ID, false))
	require.NoError(t, b.setActive(t, w.ID, true))
	for running := true; running; running = b.resume(t, w.ID).Status == hook.OperationRunning {
		b.exec(t, "UPDATE deliveries SET due_at = now() + interval '1 hour' WHERE due_at IS NOT NULL") // none is under way
	}
	require.Zero(t, b.count(t, "SELECT count(*) FROM deliveries WHERE status = 'held'"), "none is left behind")
	require.NoError(t, b.setActive(t, w.ID, false))
	require.Zero(t, b.count(t, "SELECT count(*) FROM deliveries WHERE status = 'pending'"))
}
