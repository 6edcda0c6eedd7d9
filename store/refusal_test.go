package store_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func refusal(e hook.Endpoint, reason string) store.Refusal {
	return store.Refusal{
		ID: hook.NewID(), TenantID: e.TenantID, EndpointID: e.ID, Remote: "192.0.2.1", Status: 422, Reason: reason,
		Detail: "text\x00", Fields: []hook.FieldError{{Pointer: "/a", Message: "is required"}},
	}
}

// refuse writes refusals down.
func (b *bundle) refuse(t testing.TB, list ...store.Refusal) {
	t.Helper()
	r := b.NewRefusals(slog.New(slog.DiscardHandler))
	for _, f := range list {
		r.Add(f, f.Reason != "counted")
	}
	r.Close()
}

func TestRefusalsAreListedAndCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, other := b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.tenant)
	first, second := refusal(e, "x"), refusal(e, "y")
	b.refuse(t, first, refusal(other, "x"))
	b.refuse(t, second, refusal(e, "counted"), refusal(e, "counted"))
	list, counts, err := b.Refusals(t.Context(), b.tenant, e.ID, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 2)
	first.Detail = "text\uFFFD"
	require.Equal(t, second.ID, list[0].ID)
	require.Equal(t, first, list[1])
	require.Equal(t, []store.RefusalCount{{"counted", 422, 2}, {"x", 422, 1}, {"y", 422, 1}}, counts)
	list, _, err = b.Refusals(t.Context(), b.tenant, e.ID, store.Page{Limit: 10, Before: second.ID})
	require.NoError(t, err)
	require.Len(t, list, 1)

	_, _, err = b.Refusals(t.Context(), b.addTenant(t), e.ID, store.Page{Limit: 10})
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}

func TestOfAFloodOfRefusalsTheLastHundredAreKeptAndAllCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	var last store.Refusal
	for range 3 {
		var flood []store.Refusal
		for range 5000 {
			last = refusal(e, "flood")
			flood = append(flood, last)
		}
		b.refuse(t, flood...)
	}
	require.Equal(t, 100, b.count(t, "SELECT count(*) FROM refusals"))
	list, counts, err := b.Refusals(t.Context(), b.tenant, e.ID, store.Page{Limit: 200})
	require.NoError(t, err)
	require.Len(t, list, 100)
	require.Equal(t, last.ID, list[0].ID)
	require.Equal(t, []store.RefusalCount{{"flood", 422, 15000}}, counts)

	var many []store.Refusal // over many endpoints: no endpoint exists for them
	for range 5000 {
		many = append(many, refusal(hook.Endpoint{ID: hook.NewID(), TenantID: b.tenant}, "x"))
	}
	b.refuse(t, many...)
	require.LessOrEqual(t, b.count(t, "SELECT count(*) FROM refusals"), 2100, "what waits to be written is bounded")
	require.Equal(t, 5000, b.count(t, "SELECT count(*) FROM refusal_counts WHERE reason = 'x'"))
}

func TestRefusalsAreDroppedWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	b.exec(t, "ALTER TABLE refusal_counts RENAME TO away")
	b.refuse(t, refusal(e, "x"))
	b.exec(t, "ALTER TABLE away RENAME TO refusal_counts")
	require.Zero(t, b.count(t, "SELECT count(*) FROM refusals"))
	b.refuse(t, refusal(e, "x"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM refusals"))
}

func TestWhatHasExpiredIsPruned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	for _, id := range []string{"a", "b", "c"} {
		b.addMessage(t, e, id)
	}
	b.exec(t, "UPDATE message_dedup SET expires_at = now() WHERE message_id <> (SELECT message_id FROM message_dedup LIMIT 1)")
	old, young := refusal(e, "x"), refusal(e, "x")
	copy(old.ID[:6], timeOf(time.Now().AddDate(0, 0, -31)))
	b.refuse(t, old, young)
	b.exec(t, "INSERT INTO refusal_counts SELECT endpoint_id, day - 30, reason, tenant_id, status, count FROM refusal_counts")
	list, counts, err := b.Refusals(t.Context(), b.tenant, e.ID, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 1, "what is too old is not shown, pruned or not")
	require.EqualValues(t, 2, counts[0].Count)

	more, err := b.Prune(t.Context(), 1)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM message_dedup"), "one at a time")
	for more {
		more, err = b.Prune(t.Context(), 1)
		require.NoError(t, err)
	}
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM message_dedup"))
	require.Equal(t, 3, b.count(t, "SELECT count(*) FROM messages"), "messages stay")
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM refusals"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM refusal_counts"))
}

// timeOf is how a UUIDv7 begins.
func timeOf(t time.Time) []byte {
	ms := t.UnixMilli()
	return []byte{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms)}
}

func TestPruningWaitsForNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	b.addMessage(t, e, "held")
	b.addMessage(t, e, "free")
	b.exec(t, "UPDATE message_dedup SET expires_at = now()")
	tx, err := b.raw.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT * FROM message_dedup LIMIT 1 FOR UPDATE")
	require.NoError(t, err)
	more, err := b.Prune(t.Context(), 10)
	require.NoError(t, err)
	require.False(t, more)
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM message_dedup"))
}
