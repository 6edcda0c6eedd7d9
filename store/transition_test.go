package store_test

import (
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// transition is an event that a callback of an endpoint becomes.
func transition(e hook.Endpoint, m *hook.Message, key, eventType string, rank int) hook.Event {
	return hook.Event{
		ID: hook.NewID(), TenantID: e.TenantID, EndpointID: e.ID, MessageID: m.ID, Type: eventType, Data: []byte("{}"), OccurredAt: time.Now(),
		Transition: &hook.Transition{Key: key, MessageID: "sent-1", Recipient: "a@example.com", Rank: rank},
	}
}

func TestAnEndpointPublishesEachTransitionOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, other := b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.tenant)
	var all sync.WaitGroup
	for i := range 8 { // callbacks that say the same, in other orders, at once
		m := b.addMessage(t, e, "callback-"+string(rune('a'+i)))
		events := []hook.Event{transition(e, m, "x", "email.sent", 2), transition(e, m, "y", "email.delivered", 4)}
		if i%2 == 1 {
			events[0], events[1] = events[1], events[0]
		}
		all.Go(func() {
			_, err := b.Archived(t.Context(), store.Sealing{Message: m, Content: []byte("{}"), Events: events})
			require.NoError(t, err)
		})
	}
	all.Wait()
	m := b.addMessage(t, other, "callback")
	_, err := b.Archived(t.Context(), store.Sealing{Message: m, Content: []byte("{}"), Events: []hook.Event{transition(other, m, "x", "email.sent", 2)}})
	require.NoError(t, err)

	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM events WHERE endpoint_id = $1", e.ID))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM events WHERE endpoint_id = $1", other.ID), "each endpoint for itself")
	list, err := b.Transitions(t.Context(), b.tenant, e.ID, "sent-1")
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "email.delivered", list[0].Type, "the furthest along is the current one")
	list, err = b.Transitions(t.Context(), b.tenant, e.ID, "sent-2")
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = b.Transitions(t.Context(), b.addTenant(t), e.ID, "sent-1")
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}

func TestANonceStandsForItsCallback(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := b.NewIngest()
	defer ingest.Close()
	offer := func(nonce, body string, until time.Time) store.Accepted {
		m := newMessage(e, body, body)
		m.Nonce = &hook.Nonce{Key: nonce, Digest: sha256.Sum256([]byte(body)), Until: until}
		accepted, err := ingest.Accept(t.Context(), m, time.Hour)
		require.NoError(t, err)
		return accepted
	}
	later := time.Now().Add(time.Hour)
	first := offer("1", "a", later)
	require.False(t, first.Duplicate)
	again := offer("1", "a", later)
	require.True(t, again.Duplicate && !again.Conflicting && again.ID == first.ID)
	forged := offer("1", "b", later)
	require.True(t, forged.Duplicate && forged.Conflicting, "the same nonce with another content")
	require.False(t, offer("2", "a", later).Duplicate, "another nonce is another callback")
	require.Zero(t, b.count(t, "SELECT count(*) FROM messages WHERE conflicting"))

	require.False(t, offer("3", "c", time.Now().Add(50*time.Millisecond)).Duplicate)
	require.Eventually(t, func() bool { return !offer("3", "c", later).Duplicate }, 10*time.Second, 50*time.Millisecond, "it can be forgotten")
	require.False(t, offer("4", "d", time.Time{}).Duplicate)
	require.True(t, offer("4", "d", time.Time{}).Duplicate)
}
