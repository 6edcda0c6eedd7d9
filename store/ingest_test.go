package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// accept offers messages at the same time and returns what became of each.
func accept(t testing.TB, ingest *store.Ingest, messages []*hook.Message) ([]store.Accepted, []error) {
	t.Helper()
	results, errs := make([]store.Accepted, len(messages)), make([]error, len(messages))
	var all sync.WaitGroup
	for i, m := range messages {
		all.Go(func() { results[i], errs[i] = ingest.Accept(t.Context(), m, time.Hour) })
	}
	all.Wait()
	return results, errs
}

func newIngest(t testing.TB, b *bundle) *store.Ingest {
	t.Helper()
	ingest := b.NewIngest()
	t.Cleanup(ingest.Close)
	return ingest
}

func TestOneExternalIDAtOnceIsOneMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	replicas := []*store.Ingest{newIngest(t, b), newIngest(t, b)}
	var all sync.WaitGroup
	results := make([]store.Accepted, 64)
	for i := range results {
		all.Go(func() {
			body := fmt.Sprintf(`{"n":%d}`, i%2)
			r, err := replicas[i%2].Accept(t.Context(), newMessage(e, "same", body), time.Hour)
			require.NoError(t, err)
			results[i] = r
		})
	}
	all.Wait()
	first, firsts := results[0], 0
	for i, r := range results {
		require.Equal(t, first.ID, r.ID)
		require.Equal(t, first.SHA256, r.SHA256, "a duplicate shows the digest of the first")
		own := newMessage(e, "", fmt.Sprintf(`{"n":%d}`, i%2)).SHA256
		require.Equal(t, own != r.SHA256, r.Conflicting)
		if !r.Duplicate {
			firsts++
			require.False(t, r.Conflicting)
		}
	}
	require.Equal(t, 1, firsts)
	for _, table := range []string{"messages", "message_bodies", "message_dedup", "outbox"} {
		require.Equal(t, 1, b.count(t, "SELECT count(*) FROM "+table), table)
	}
	v, err := b.Message(t.Context(), b.tenant, first.ID)
	require.NoError(t, err)
	require.True(t, v.Conflicting)
}

func TestDifferentMessagesAreAllStored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	endpoints := []hook.Endpoint{b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.addTenant(t))}
	var messages []*hook.Message
	for i := range 1000 {
		body := `"` + strings.Repeat("x", i) + `"`
		if i%250 == 0 {
			body = `"` + strings.Repeat("y", 300<<10) + `"` // takes a transaction of its own
		}
		messages = append(messages, newMessage(endpoints[i%2], fmt.Sprintf("id %d", i/2), body))
	}
	results, errs := accept(t, newIngest(t, b), messages)
	numbers := map[hook.ID]map[int64]bool{endpoints[0].ID: {}, endpoints[1].ID: {}}
	for i, m := range messages {
		require.NoError(t, errs[i])
		require.Equal(t, store.Accepted{ID: m.ID, SHA256: m.SHA256}, results[i])
		if i%10 == 0 {
			stored, _, err := b.MessageToArchive(t.Context(), m.ID)
			require.NoError(t, err)
			require.Equal(t, m.Raw, stored.Raw)
			require.Equal(t, m.Request, stored.Request)
			require.Equal(t, m.Verdict, stored.Verdict)
			given, err := b.NumberMessages(t.Context(), m.ID)
			require.NoError(t, err)
			numbers[m.EndpointID][given[m.ID].Number] = true
		}
	}
	require.Equal(t, 1000, b.count(t, "SELECT count(*) FROM messages m JOIN message_bodies USING (tenant_id) WHERE message_id = m.id"))
	require.Equal(t, 1000, b.count(t, "SELECT count(DISTINCT ref) FROM outbox WHERE kind = 'message' AND run = 0"))
	require.Len(t, numbers[endpoints[0].ID], 100, "every tenth is of the first endpoint")
}

func TestAfterItsWindowAnExternalIDIsNew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	first := b.addMessage(t, e, "x")
	ingest := newIngest(t, b)
	again, err := ingest.Accept(t.Context(), newMessage(e, "x", "{}"), time.Hour)
	require.NoError(t, err)
	require.Equal(t, store.Accepted{ID: first.ID, Duplicate: true, SHA256: first.SHA256}, again)

	b.exec(t, "UPDATE message_dedup SET expires_at = now()")
	later := newMessage(e, "x", "{}")
	accepted, err := ingest.Accept(t.Context(), later, time.Hour)
	require.NoError(t, err)
	require.Equal(t, store.Accepted{ID: later.ID, SHA256: later.SHA256}, accepted)
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM messages"))
}

func TestTheSameExternalIDAtAnotherEndpointIsAnotherMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.addMessage(t, b.addEndpoint(t, b.tenant), "x"), b.addMessage(t, b.addEndpoint(t, b.tenant), "x")
	require.NotEqual(t, one.ID, two.ID)
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM messages"))
}
