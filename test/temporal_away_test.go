package test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// It does not run in parallel: it stops the Temporal that all tests use.
func TestMessagesAreAcceptedWhileTemporalIsAway(t *testing.T) {
	stack := servers.start(t)
	g := start(t)
	receiver := receive(t)
	webhook := g.webhook(t, receiver)
	_, sender := g.endpoint(t)
	require.NoError(t, stack.Temporal.Stop(t.Context()))
	started := false
	defer func() {
		if !started {
			require.NoError(t, stack.StartTemporal(t.Context()))
		}
	}()

	const messages = 20
	var ids []string
	for n := range messages {
		accepted, err := sender.Send(t.Context(), plain(strconv.Itoa(n)))
		require.NoError(t, err)
		ids = append(ids, accepted.ID)
	}
	ready, err := g.client.Ready(t.Context())
	require.NoError(t, err)
	require.Equal(t, client.Readiness{Status: "ok", Database: "ok", ObjectStore: "ok", Temporal: "away"}, ready)
	for m, err := range g.client.Messages(t.Context(), client.MessageFilter{}) {
		require.NoError(t, err)
		require.Equal(t, client.MessageAccepted, m.Status)
	}

	require.NoError(t, stack.StartTemporal(t.Context()))
	started = true
	numbers := map[int64]bool{}
	for _, id := range ids {
		numbers[g.archived(t, id).Number] = true
	}
	for n := range int64(messages) {
		require.True(t, numbers[n+1], "numbers have no holes")
	}
	delivered := await(t, func() (map[string]bool, error) {
		delivered := map[string]bool{}
		for d, err := range g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: webhook.ID}) {
			if err != nil {
				return nil, err
			}
			if d.Status == client.DeliveryDelivered {
				delivered[d.EventID] = true
			}
		}
		return delivered, nil
	}, func(d map[string]bool) bool { return len(d) == messages }, "every message is delivered")
	for event, count := range receiver.events() {
		require.True(t, delivered[event], event)
		require.Equal(t, 1, count, event)
	}
	require.Len(t, receiver.events(), messages)
}
