package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func (b *bundle) webhook(t testing.TB, id hook.ID) hook.Webhook {
	t.Helper()
	w, err := b.Webhook(t.Context(), b.tenant, id)
	require.NoError(t, err)
	return w
}

func (b *bundle) delivery(t testing.TB, id hook.ID) hook.Delivery {
	t.Helper()
	v, err := b.Delivery(t.Context(), b.tenant, id)
	require.NoError(t, err)
	return v.Delivery
}

// deliveries publishes events until a webhook has n deliveries.
func (b *bundle) deliveries(t testing.TB, n int) (list []hook.Delivery) {
	t.Helper()
	for range n {
		list = append(list, b.publish(t, b.tenant)...)
	}
	return list
}

func TestAnAttemptIsRecordedAsItWas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	d := b.publish(t, b.tenant)[0]
	a := hook.Attempt{
		DeliveryID: d.ID, Number: 1, StartedAt: hook.Time(time.Now()), Duration: 1500 * time.Millisecond, StatusCode: 503,
		Error: hook.ErrorStatus, ErrorDetail: "bad\x00\xff", ResponseHeader: [][2]string{{"Retry-After", "9"}}, ResponseBody: []byte("\x00\xff"),
		Phases: hook.Phases{
			DNS: time.Microsecond, Connect: 2 * time.Millisecond, TLS: 30 * time.Millisecond, FirstByte: time.Hour, Read: 5 * time.Second, CutOff: hook.PhaseRead,
		},
	}
	_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.Outcome{Status: hook.DeliveryPending, Wait: time.Minute}})
	require.NoError(t, err)
	v, err := b.Delivery(t.Context(), b.tenant, d.ID)
	require.NoError(t, err)
	a.ErrorDetail = "bad\uFFFD\uFFFD"
	v.Attempts[0].StartedAt = v.Attempts[0].StartedAt.UTC()
	require.Equal(t, []hook.Attempt{a}, v.Attempts)
	require.Equal(t, 1, v.AttemptCount)
	require.WithinDuration(t, time.Now().Add(time.Minute), v.NextAttemptAt, 10*time.Second)
	todo, err := b.DeliveryToAttempt(t.Context(), d.ID)
	require.NoError(t, err)
	require.InDelta(t, time.Minute, todo.Wait, float64(10*time.Second))

	for i, p := range []hook.Phases{{}, {FirstByte: 1234 * time.Microsecond, Reused: true}} {
		a.Number, a.Phases, a.ErrorDetail = i+2, p, ""
		_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.Outcome{Status: hook.DeliveryPending}})
		require.NoError(t, err)
		v, err := b.Delivery(t.Context(), b.tenant, d.ID)
		require.NoError(t, err)
		require.Equal(t, p, v.Attempts[i+1].Phases)
	}
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM attempts WHERE phases IS NULL"))
}

func TestAnAttemptIsRecordedAndCountedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	d := b.publish(t, b.tenant)[0]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { require.NoError(t, b.fail(t, d, 1, 0)) })
	}
	all.Wait()
	require.NoError(t, b.succeed(t, d, 1, 0), "what came first under a number stays")
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM attempts"))
	require.Equal(t, 1, b.webhook(t, w.ID).ConsecutiveFailures)
	require.Equal(t, hook.DeliveryPending, b.delivery(t, d.ID).Status)
}

func TestConsecutiveFailuresAreCountedExactly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	list := b.deliveries(t, 32)
	var all sync.WaitGroup
	for _, d := range list {
		all.Go(func() { require.NoError(t, b.fail(t, d, 1, 0)) })
	}
	all.Wait()
	require.Equal(t, 32, b.webhook(t, w.ID).ConsecutiveFailures)

	require.NoError(t, b.fail(t, list[0], 2, 7))
	require.NoError(t, b.succeed(t, list[1], 2, 7))
	require.Equal(t, 32, b.webhook(t, w.ID).ConsecutiveFailures, "another generation's do not count")

	require.NoError(t, b.succeed(t, list[2], 2, 0))
	require.Zero(t, b.webhook(t, w.ID).ConsecutiveFailures, "a success resets")
	require.NoError(t, b.fail(t, list[3], 2, 0))
	require.Equal(t, 1, b.webhook(t, w.ID).ConsecutiveFailures)
}

func TestTooManyFailuresDisableOnceAndHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.DisableAfter = 5 })
	list := b.deliveries(t, 12)
	var all sync.WaitGroup
	for _, d := range list[:10] {
		all.Go(func() { require.NoError(t, b.fail(t, d, 1, 0)) })
	}
	all.Wait()
	got := b.webhook(t, w.ID)
	require.False(t, got.Active)
	require.Equal(t, hook.DisabledByFailures, got.DisabledReason)
	require.Equal(t, 5, got.ConsecutiveFailures, "attempts that were on their way count no more")
	require.Equal(t, 1, got.Generation)
	for _, d := range list {
		require.Equal(t, hook.DeliveryHeld, b.delivery(t, d.ID).Status)
	}
	require.NoError(t, b.succeed(t, list[11], 1, 0), "an attempt that was on its way")
	require.Equal(t, hook.DeliveryDelivered, b.delivery(t, list[11].ID).Status)
	require.False(t, b.webhook(t, w.ID).Active, "it stays disabled")
}

func TestGoneDisablesAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	list := b.deliveries(t, 3)
	gone := func(d hook.Delivery) {
		a := hook.Attempt{DeliveryID: d.ID, Number: 1, StartedAt: time.Now(), StatusCode: 410, Error: hook.ErrorStatus}
		_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.After(&a, 1, []int{1})})
		require.NoError(t, err)
	}
	test := list[0]
	test.Test = true
	b.exec(t, "UPDATE deliveries SET test = true WHERE id = $1", test.ID)
	gone(test)
	require.True(t, b.webhook(t, w.ID).Active, "a test does not count")
	gone(list[1])
	got := b.webhook(t, w.ID)
	require.False(t, got.Active)
	require.Equal(t, hook.DisabledGone, got.DisabledReason)
	require.Equal(t, hook.DeliveryHeld, b.delivery(t, list[1].ID).Status)
	require.Equal(t, hook.DeliveryHeld, b.delivery(t, list[2].ID).Status)
	require.Equal(t, hook.DeliveryPending, b.delivery(t, test.ID).Status, "a test goes on, also to a disabled webhook")
}

func TestALateAttemptKeepsWhatWasDecidedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	list := b.deliveries(t, 2)
	for _, d := range list {
		require.NoError(t, b.EndDelivery(t.Context(), &d))
	}
	require.NoError(t, b.fail(t, list[0], 1, 0))
	require.Equal(t, hook.DeliveryCancelled, b.delivery(t, list[0].ID).Status)
	require.NoError(t, b.succeed(t, list[1], 1, 0))
	require.Equal(t, hook.DeliveryDelivered, b.delivery(t, list[1].ID).Status, "it arrived all the same")
	require.NoError(t, b.EndDelivery(t.Context(), &list[1]))
	require.NoError(t, b.HoldDelivery(t.Context(), list[1].ID))
	require.Equal(t, hook.DeliveryDelivered, b.delivery(t, list[1].ID).Status, "and stays so")
	require.Zero(t, b.count(t, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL OR next_attempt_at IS NOT NULL"))
}
