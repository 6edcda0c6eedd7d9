package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// started starts what the outbox has, and loads the deliveries as their
// workflows see them.
func (b *bundle) started(t testing.TB) (list []hook.Delivery) {
	t.Helper()
	jobs, err := b.Jobs(t.Context(), allShards(), 0, 1000)
	require.NoError(t, err)
	require.NoError(t, b.Started(t.Context(), jobs))
	for _, j := range jobs {
		if j.Kind == store.KindDelivery {
			a, err := b.DeliveryToAttempt(t.Context(), j.Ref)
			require.NoError(t, err)
			list = append(list, a.Delivery)
		}
	}
	return list
}

func (b *bundle) permit(t testing.TB, d hook.Delivery) store.Permit {
	t.Helper()
	p, err := b.Permit(t.Context(), &d, false)
	require.NoError(t, err)
	return p
}

// done records an attempt that had a place.
func (b *bundle) done(t testing.TB, d hook.Delivery, status int, policy ...int) {
	t.Helper()
	a := hook.Attempt{DeliveryID: d.ID, Number: d.AttemptCount + 1, StartedAt: time.Now(), StatusCode: status, Place: true}
	if status != 200 {
		a.Error = hook.ErrorStatus
	}
	_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: d.Outcome(&a, policy)})
	require.NoError(t, err)
}

func limited(rate, inFlight int) func(*hook.Webhook) {
	return func(w *hook.Webhook) { w.RateLimit, w.MaxInFlight = rate, inFlight }
}

func TestAttemptsBeyondThePlacesQueueAndAreStartedInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"), limited(0, 2))
	for range 6 {
		b.publish(t, b.tenant)
	}
	list := b.started(t)
	for i, d := range list {
		p := b.permit(t, d)
		require.Equal(t, i < 2, p.Granted)
		require.Equal(t, i < 2, p.Place)
		require.Zero(t, p.Wait)
	}
	require.True(t, b.permit(t, list[0]).Granted, "one that has a place keeps it: its worker was killed")
	require.True(t, b.view(t, list[2].ID).Waits)
	require.Empty(t, b.started(t))
	overdue, err := b.Overdue(t.Context(), -time.Hour, 10)
	require.NoError(t, err)
	require.Len(t, overdue, 2, "what is queued is not overdue")

	b.done(t, list[0], 500, 60)
	next := b.started(t)
	require.Len(t, next, 1)
	require.Equal(t, list[2].ID, next[0].ID)
	require.Equal(t, 1, next[0].Run)
	b.publish(t, b.tenant)
	late := b.started(t)[0]
	require.False(t, b.permit(t, late).Granted, "the place that is handed on is nobody else's")
	require.True(t, b.permit(t, next[0]).Granted)
	require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, list[3].ID), "one that is queued can be cancelled")
	b.done(t, list[1], 200)
	next = append(next, b.started(t)...)
	require.Equal(t, list[4].ID, next[1].ID)

	_, err = b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error { w.MaxInFlight = 0; return nil })
	require.NoError(t, err)
	require.Len(t, b.started(t), 2, "without a bound nothing is queued")
}

func TestAKilledWorkersPlacesAreFreed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant, only("a.b"), limited(0, 1))
	b.publish(t, b.tenant)
	b.publish(t, b.tenant)
	list := b.started(t)
	require.True(t, b.permit(t, list[0]).Granted)
	require.False(t, b.permit(t, list[1]).Granted)
	require.NoError(t, b.FreePlaces(t.Context(), 10))
	require.Empty(t, b.started(t), "it is in time")
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM webhook_places WHERE expires_at BETWEEN now() + interval '25 seconds' AND now() + interval '31 seconds'"))
	b.exec(t, "UPDATE webhook_places SET expires_at = now()")
	require.NoError(t, b.FreePlaces(t.Context(), 10))
	require.Len(t, b.started(t), 1)
}

func TestAtNoTimeMoreAttemptsAreInFlightThanTheWebhookBears(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const bound, deliveries = 3, 60
	b.addWebhook(t, b.tenant, only("a.b"), limited(0, bound))
	for range deliveries {
		b.publish(t, b.tenant)
	}
	var mu sync.Mutex
	var workers sync.WaitGroup
	flying, most, ended := 0, 0, 0
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		mu.Lock()
		over := ended == deliveries
		mu.Unlock()
		if over {
			break
		}
		for _, d := range b.started(t) {
			workers.Go(func() {
				p, err := b.Permit(t.Context(), &d, false)
				if err != nil || !p.Granted {
					return
				}
				mu.Lock()
				flying++
				most = max(most, flying)
				mu.Unlock()
				<-time.After(2 * time.Millisecond)
				mu.Lock()
				flying--
				ended++
				mu.Unlock()
				a := hook.Attempt{DeliveryID: d.ID, Number: 1, StartedAt: time.Now(), StatusCode: 200, Place: true}
				_, _ = b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: d.Outcome(&a, nil)})
			})
		}
	}
	workers.Wait()
	require.Equal(t, deliveries, ended, "none is forgotten")
	require.LessOrEqual(t, most, bound)
	require.Greater(t, most, 1, "and several are")
}

func TestARateGivesEachAttemptItsTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"), limited(1, 0))
	burst := hook.RateBurst(1)
	for range burst + 10 {
		b.publish(t, b.tenant)
	}
	list := b.started(t)
	var last time.Duration
	for i, d := range list {
		p := b.permit(t, d)
		require.Equal(t, i < burst, p.Granted, i)
		if !p.Granted {
			require.Greater(t, p.Wait, last, "one after another")
			require.InDelta(t, time.Duration(i-burst+1)*time.Second, p.Wait, float64(4*time.Second))
			last = p.Wait
		}
	}
	waiting := b.view(t, list[len(list)-1].ID)
	require.WithinDuration(t, time.Now().Add(last), waiting.NextAttemptAt, 4*time.Second)
	overdue, err := b.Overdue(t.Context(), -time.Hour, 100)
	require.NoError(t, err)
	require.Len(t, overdue, len(list))
	promised, err := b.Permit(t.Context(), &list[burst], true)
	require.NoError(t, err)
	if !promised.Granted {
		require.Greater(t, promised.Wait, last, "whose time has not come goes to the end")
	}
	require.NoError(t, b.setActive(t, w.ID, false))
	require.NoError(t, b.setActive(t, w.ID, true))
	require.LessOrEqual(t, b.permit(t, list[0]).Wait, time.Second, "who was held does not stand in line")
}

// Workers ask at once and come back when they are told: what is granted over
// the time fits the rate, and nobody is asked to come again and again.
func TestARateIsExactOverManyWorkers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const rate, deliveries = 20, 60
	b.addWebhook(t, b.tenant, only("a.b"), limited(rate, 0))
	for range deliveries {
		b.publish(t, b.tenant)
	}
	var mu sync.Mutex
	var granted []time.Time
	asked := 0
	var workers sync.WaitGroup
	for _, d := range b.started(t) {
		workers.Go(func() {
			for promised := false; ; promised = true {
				p, err := b.Permit(t.Context(), &d, promised)
				if err != nil {
					return
				}
				mu.Lock()
				asked++
				if p.Granted {
					granted = append(granted, time.Now())
				}
				mu.Unlock()
				if p.Granted {
					return
				}
				<-time.After(p.Wait)
			}
		})
	}
	began := time.Now()
	workers.Wait()
	require.Len(t, granted, deliveries)
	least := float64(deliveries-hook.RateBurst(rate)) / rate
	require.GreaterOrEqual(t, time.Since(began).Seconds(), least-0.2)
	require.Less(t, asked, 4*deliveries)
}
