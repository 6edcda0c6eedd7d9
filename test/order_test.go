package test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/gateway"
)

// secondWorker runs another worker beside a gateway's own.
func (g *gate) secondWorker(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- gateway.Worker(ctx, g.config, nil, gateway.NewLog(g.log, "debug")) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

func subscribed(eventType string, change func(*client.WebhookSettings)) func(*client.WebhookSettings) {
	return func(s *client.WebhookSettings) {
		s.Events = &[]string{eventType}
		change(s)
	}
}

func TestEventsOfAKeyArriveInOrderWhileOneIsTriedAgain(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.secondWorker(t)
	r := receive(t, 500, 503)
	w := g.webhook(t, r, retries(1, 1), subscribed("order.changed", func(s *client.WebhookSettings) { s.OrderedBy = new("data.order") }))
	require.Equal(t, "hold", w.OrderedOnFailure)
	published := map[string][]string{}
	for i := range 12 {
		key := []string{"a", "b"}[i%2]
		e, err := g.client.Publish(t.Context(), client.NewEvent{Type: "order.changed", Data: map[string]string{"order": key}})
		require.NoError(t, err)
		published[key] = append(published[key], e.ID)
	}
	all := g.awaitStatus(t, w.ID, client.DeliveryDelivered, 12)
	var failed int
	for _, d := range all {
		failed += len(d.Attempts) - 1
		require.Empty(t, d.WaitsFor)
	}
	require.Equal(t, 2, failed)
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, events := range published {
		var arrived []string
		for _, a := range r.seen {
			if slices.Contains(events, a.event()) {
				arrived = append(arrived, a.event())
			}
		}
		require.Equal(t, events, slices.Compact(arrived), "of %s", key)
	}
}

func TestADeliveryThatFailsHoldsUpItsKeyAndSaysSo(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t, 500)
	w := g.webhook(t, r, retries(), subscribed("order.changed", func(s *client.WebhookSettings) { s.OrderedBy = new("data.order") }))
	for range 3 {
		_, err := g.client.Publish(t.Context(), client.NewEvent{Type: "order.changed", Data: map[string]string{"order": "a"}})
		require.NoError(t, err)
	}
	failed := g.awaitStatus(t, w.ID, client.DeliveryFailed, 1)[0]
	for _, d := range g.awaitStatus(t, w.ID, client.DeliveryPending, 2) {
		require.Equal(t, failed.ID, d.WaitsFor)
		require.Equal(t, "a", d.OrderKey)
		_, err := g.client.RetryDelivery(t.Context(), d.ID)
		requireRefused(t, err, http.StatusConflict)
	}
	_, err := g.client.RetryDelivery(t.Context(), failed.ID)
	require.NoError(t, err)
	g.awaitStatus(t, w.ID, client.DeliveryDelivered, 3)
}

func TestAWebhooksRateHoldsOverTwoWorkers(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.secondWorker(t)
	const rate, burst, events = 5, 6, 30
	r := receive(t, 500, 500, 500)
	w := g.webhook(t, r, retries(1), subscribed("ticket.made", func(s *client.WebhookSettings) { s.RateLimit = new(rate) }))
	require.Equal(t, rate, w.RateLimit)
	g.publishMany(t, "ticket.made", events)
	g.awaitStatus(t, w.ID, client.DeliveryDelivered, events)
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Len(t, r.seen, events+3)
	for i, first := range r.seen {
		for n, later := range r.seen[i:] {
			// An attempt is permitted a little before it arrives.
			took := later.at.Sub(first.at) + 300*time.Millisecond
			require.LessOrEqual(t, float64(n+1), burst+rate*took.Seconds(), "attempts %d to %d", i, i+n)
		}
	}
}

func TestNoMoreAttemptsAreInFlightThanAWebhookBears(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.secondWorker(t)
	var flying, most, requests atomic.Int32
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		now := flying.Add(1)
		for was := most.Load(); now > was && !most.CompareAndSwap(was, now); {
			was = most.Load()
		}
		<-time.After(200 * time.Millisecond)
		flying.Add(-1)
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(slow.Close)
	w := g.webhook(t, &receiver{url: slow.URL}, retries(1), subscribed("ticket.made", func(s *client.WebhookSettings) { s.MaxInFlight = new(2) }))
	g.publishMany(t, "ticket.made", 20)
	g.awaitStatus(t, w.ID, client.DeliveryDelivered, 20)
	require.EqualValues(t, 2, most.Load())
	require.EqualValues(t, 21, requests.Load())
}
