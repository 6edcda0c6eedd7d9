package store_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
	"posthorn/store"
)

func (b *bundle) view(t testing.TB, id hook.ID) store.DeliveryView {
	t.Helper()
	v, err := b.Delivery(t.Context(), b.tenant, id)
	require.NoError(t, err)
	return v
}

func TestDeliveriesOfAKeyGoOneAfterAnother(t *testing.T) {
	t.Parallel()
	for mode, goesOn := range map[hook.OnFailure]bool{hook.OnFailureSkip: true, hook.OnFailureHold: false} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			w := b.addWebhook(t, b.tenant, ordered(mode))
			l := newLanes(t.Context(), t, b, w.ID)
			first := b.deliveriesOf(t, b.tenant, l.publishKey("a"))[0]
			second := b.deliveriesOf(t, b.tenant, l.publishKey("a"))[0]
			third := b.deliveriesOf(t, b.tenant, l.publishKey("a"))[0]
			other := b.deliveriesOf(t, b.tenant, l.publishKey("b"))[0]
			free := b.deliveriesOf(t, b.tenant, l.publishKey(""))[0]
			require.Equal(t, 3, l.start(), "only the first of each key, and what has none")
			require.Equal(t, []hook.Turn{hook.TurnGoes, hook.TurnWaits, hook.TurnWaits, hook.TurnGoes, hook.TurnNone},
				[]hook.Turn{first.Turn, second.Turn, third.Turn, other.Turn, free.Turn})
			require.Equal(t, first.ID, b.view(t, second.ID).WaitsFor)
			require.Zero(t, b.view(t, first.ID).WaitsFor)
			overdue, err := b.Overdue(t.Context(), -time.Hour, 10)
			require.NoError(t, err)
			require.Len(t, overdue, 3, "what waits is not overdue")
			requireConflict(t, b.RetryDelivery(t.Context(), b.tenant, second.ID))

			d, ok := l.begin(l.runs[0])
			require.True(t, ok)
			require.Equal(t, first.ID, d.ID)
			l.end(l.runs[0], d, 500, 60)
			require.Zero(t, l.start(), "a delivery that is tried again has not ended")
			d.AttemptCount++
			l.end(l.runs[0], d, 500, 60)
			if !goesOn {
				require.Zero(t, l.start(), "what failed holds the others")
				require.Equal(t, hook.TurnHolds, b.view(t, first.ID).Turn)
				require.Equal(t, first.ID, b.view(t, third.ID).WaitsFor)
				require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, first.ID))
				require.Equal(t, hook.DeliveryCancelled, b.view(t, first.ID).Status)
			} else {
				requireConflict(t, b.CancelDelivery(t.Context(), b.tenant, first.ID))
			}
			require.Equal(t, 1, l.start())
			require.Equal(t, hook.TurnGoes, b.view(t, second.ID).Turn)
			require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, third.ID), "one that waits can be cancelled")
			l.drain()
			l.requireNothingWaits(t)
			require.Equal(t, hook.DeliveryDelivered, b.view(t, second.ID).Status)
		})
	}
}

func requireConflict(t testing.TB, err error) {
	t.Helper()
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err), "%v", err)
}

func TestAFailedDeliveryThatIsResentLetsTheOthersGo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, ordered(hook.OnFailureHold))
	l := newLanes(t.Context(), t, b, w.ID)
	first := b.deliveriesOf(t, b.tenant, l.publishKey("a"))[0]
	b.deliveriesOf(t, b.tenant, l.publishKey("a"))
	l.start()
	job, _ := l.take(0)
	d, _ := l.begin(job)
	l.end(job, d, 500)
	require.Zero(t, l.start())
	require.NoError(t, b.RetryDelivery(t.Context(), b.tenant, first.ID))
	require.Equal(t, hook.TurnGoes, b.view(t, first.ID).Turn)
	l.drain()
	l.requireNothingWaits(t)
	require.Len(t, l.begun, 2)
}

func TestASkippingWebhookForgetsWhatHeldItUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, ordered(hook.OnFailureHold))
	l := newLanes(t.Context(), t, b, w.ID)
	for _, key := range []string{"a", "b", "a", "b", "a"} {
		l.publishKey(key)
	}
	l.start()
	for range 2 {
		job, _ := l.take(0)
		d, _ := l.begin(job)
		l.end(job, d, 500)
	}
	require.Zero(t, l.start())
	_, err := b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error {
		w.OrderedOnFailure = hook.OnFailureSkip
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, l.start(), "the first of each key")
	for range 2 {
		job, _ := l.take(0)
		d, ok := l.begin(job)
		require.True(t, ok)
		l.end(job, d, 200)
	}
	l.drain()
	l.requireNothingWaits(t)
}

func TestAKeyThatCannotBeToldIsALaneOfItsOwnAndSaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, ordered(hook.OnFailureSkip), func(w *hook.Webhook) { w.OrderedBy = "data.key" })
	l := newLanes(t.Context(), t, b, w.ID)
	event := l.publishKey("")
	l.publishKey("")
	require.Equal(t, 1, l.start(), "the second waits for the first")
	w, err := b.Webhook(t.Context(), b.tenant, w.ID)
	require.NoError(t, err)
	require.Equal(t, event, w.OrderError.EventID)
	require.Contains(t, w.OrderError.Message, "no such key")
	l.drain()
	l.requireNothingWaits(t)
	long := b.deliveriesOf(t, b.tenant, l.publishKey(string(make([]byte, 5000))))[0]
	require.Less(t, len(long.OrderKey), hook.MaxOrderKey)
	w, err = b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error {
		w.OrderedBy = `data.?key.orValue("")`
		return nil
	})
	require.NoError(t, err)
	require.Nil(t, w.OrderError, "another expression begins anew")
}

func TestConcurrentPublishersAndEndersKeepEachKeysOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, ordered(hook.OnFailureSkip))
	l := newLanes(t.Context(), t, b, w.ID)
	const publishers, each, enders = 4, 40, 6
	keys := []string{"a", "b", "c"}
	published := make([]map[string][]hook.ID, publishers) // events
	var publishing, ending sync.WaitGroup
	for p := range publishers {
		published[p] = map[string][]hook.ID{}
		publishing.Go(func() {
			for i := range each {
				key := keys[i%len(keys)]
				published[p][key] = append(published[p][key], l.publishKey(key))
			}
		})
	}
	jobs := make(chan store.Job, publishers*each*4)
	for range enders {
		ending.Go(func() {
			for job := range jobs {
				if d, ok := l.begin(job); ok {
					<-time.After(time.Duration(rand.IntN(3)) * time.Millisecond)
					l.end(job, d, []int{200, 200, 500}[rand.IntN(3)])
				}
			}
		})
	}
	for deadline := time.Now().Add(2 * time.Minute); l.through() < publishers*each && time.Now().Before(deadline); {
		if l.start() == 0 {
			<-time.After(5 * time.Millisecond)
		}
		for job, ok := l.take(0); ok; job, ok = l.take(0) {
			jobs <- job
		}
	}
	publishing.Wait()
	close(jobs)
	ending.Wait()
	l.requireNothingWaits(t)
	place := map[hook.ID]int{}
	for i, id := range l.begun {
		place[b.view(t, id).EventID] = i
	}
	require.Len(t, place, publishers*each)
	for _, byKey := range published {
		for _, events := range byKey {
			for i := range events[1:] {
				require.Less(t, place[events[i]], place[events[i+1]], "one publisher's events stay in order")
			}
		}
	}
}

// Whatever happens, in whatever order: those of a key never go together, first
// attempts come in publishing order, and at the end nothing is left waiting.
func TestNoSequenceOfEventsBreaksAnOrderOrStrandsADelivery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rapid.Check(t, func(r *rapid.T) {
		b.exec(t, "TRUNCATE deliveries, attempts, outbox, operations, events, webhook_pauses")
		b.exec(t, "UPDATE webhooks SET deleted_at = now(), active = false")
		w := b.addWebhook(t, b.tenant, ordered(rapid.SampledFrom([]hook.OnFailure{hook.OnFailureHold, hook.OnFailureSkip}).Draw(r, "mode")))
		s := &sequence{lanes: newLanes(t.Context(), r, b, w.ID), tb: t}
		r.Repeat(map[string]func(*rapid.T){
			"publish": s.publishOne, "work": s.work, "finish": s.finish, "disable": s.turn(false), "enable": s.turn(true),
			"resume": s.resumeStep, "resend": s.resend, "cancel": s.cancel, "recover": s.recover, "change": s.change, "": s.check,
		})
		s.toTheEnd()
	})
}
