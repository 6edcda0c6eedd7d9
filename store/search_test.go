package store_test

import (
	"encoding/json"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/search"
	"posthorn/store"
)

// find lists the external ids of what a query finds, newest first.
func (b *bundle) find(t testing.TB, q search.Query, f store.MessageFilter, limit int) (found []string) {
	t.Helper()
	if q.Tenant == (hook.ID{}) {
		q.Tenant = b.tenant
	}
	expression, err := q.Expression()
	require.NoError(t, err)
	list, err := b.Search(t.Context(), q.Tenant, expression, f, store.Page{Limit: limit})
	require.NoError(t, err)
	for _, v := range list {
		found = append(found, v.ExternalID)
	}
	return found
}

func terms(u store.Unindexed) []string {
	d := search.Document{Tenant: u.Message.TenantID, Endpoint: u.Message.EndpointID, ExternalID: u.ExternalID}
	d.Payload, _ = hook.ParsePayload(u.Message.Raw, nil)
	return search.Terms(d)
}

// say accepts a message and indexes it.
func (b *bundle) say(t testing.TB, e hook.Endpoint, externalID, body string, fields map[string]any) {
	t.Helper()
	object := map[string]any{
		"external_id": externalID, "occurred_at": "2026-01-02T03:04:05Z", "from": "Ann.Smith@Example.com",
		"to": []string{"bob@example.com", "+15550100"}, "body": body, "attachments": []any{},
	}
	maps.Copy(object, fields)
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	m := newMessage(e, externalID, string(raw))
	ingest := b.NewIngest()
	defer ingest.Close()
	_, err = ingest.Accept(t.Context(), m, time.Hour)
	require.NoError(t, err)
	n, err := b.Index(t.Context(), 10, terms)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestSearchFindsByEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, other := b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.tenant)
	b.say(t, e, "one", "The quick brown Fox, über alles; \u0000 it's 100% \\ 東京タワー", map[string]any{
		"subject": "Invoice INV-2026/77", "channel": "chat",
		"meta": map[string]any{"order": map[string]any{"id": 4711, "paid": true, "ratio": 1.50}, "tags": []any{"vip", "new"}},
	})
	b.say(t, other, "two", "A lazy dog", map[string]any{"channel": "mail", "long": string(make([]byte, 3000)) + "end"})

	for _, c := range []struct {
		q    search.Query
		want []string
	}{
		{search.Query{Text: "quick"}, []string{"one"}},
		{search.Query{Text: "QUICK fox"}, []string{"one"}},
		{search.Query{Text: "quick dog"}, nil},
		{search.Query{Text: "UBER"}, []string{"one"}},
		{search.Query{Text: "über"}, []string{"one"}},
		{search.Query{Text: "qui*"}, []string{"one"}},
		{search.Query{Text: "qui"}, nil},
		{search.Query{Text: "example -dog"}, []string{"one"}},
		{search.Query{Text: "example"}, []string{"two", "one"}},
		{search.Query{Text: "東京"}, []string{"one"}},
		{search.Query{Text: "inv-2026/77"}, []string{"one"}},
		{search.Query{Text: `"quick brown" it's`}, []string{"one"}},
		{search.Query{Text: "100%"}, []string{"one"}},
		{search.Query{Text: "4711"}, []string{"one"}},
		{search.Query{Text: "vip"}, []string{"one"}},
		{search.Query{Text: "two"}, []string{"two"}},
		{search.Query{From: "ann.smith@example.com"}, []string{"two", "one"}},
		{search.Query{From: "ann"}, nil},
		{search.Query{To: "+15550100", Endpoint: e.ID}, []string{"one"}},
		{search.Query{Endpoint: other.ID, Text: "example"}, []string{"two"}},
		{search.Query{Fields: []search.Field{{Path: "channel", Value: "chat"}}}, []string{"one"}},
		{search.Query{Fields: []search.Field{{Path: "channel", Value: "cha"}}}, nil},
		{search.Query{Fields: []search.Field{{Path: "meta.order.id", Value: "4711"}}}, []string{"one"}},
		{search.Query{Fields: []search.Field{{Path: "meta.order.ratio", Value: "1.5"}}}, []string{"one"}},
		{search.Query{Fields: []search.Field{{Path: "meta.order.paid", Value: "true"}}}, []string{"one"}},
		{search.Query{Fields: []search.Field{{Path: "meta.tags", Value: "new"}, {Path: "channel", Value: "chat"}}}, []string{"one"}},
		{search.Query{Fields: []search.Field{{Path: "meta.tags", Value: "new"}, {Path: "channel", Value: "mail"}}}, nil},
		{search.Query{Tenant: b.addTenant(t), Text: "quick"}, nil},
	} {
		require.Equal(t, c.want, b.find(t, c.q, store.MessageFilter{}, 10), "%+v", c.q)
	}
}

// Text that means something to PostgreSQL, or cannot be kept by it, is text.
func TestSearchForHostileText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	hostile := []string{
		"a'b", `a\b`, `a\'b & c | !d <-> e:*A`, "x\x00y", "\xff\xfe", "'; DROP TABLE messages; --", "::tsquery", "\x1f\x1f", "a:b:1,2", "=t:x", "\u200d\u0301",
	}
	for i, text := range hostile {
		b.say(t, e, strconv.Itoa(i), text+" end", map[string]any{"field": text})
	}
	for i, text := range hostile {
		value, err := json.Marshal(text) // what JSON cannot hold was replaced on its way in
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(value, &text))
		found := b.find(t, search.Query{Fields: []search.Field{{Path: "field", Value: text}}}, store.MessageFilter{}, 20)
		require.Equal(t, []string{strconv.Itoa(i)}, found, "%q", text)
		require.Contains(t, b.find(t, search.Query{Text: text + " end"}, store.MessageFilter{}, 20), strconv.Itoa(i), "%q", text)
	}
}

// Pages hold each match once, whether it is found among the newest messages or
// by the index, over ten years; one match is the first of its month.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	const all = 9000
	b.exec(t, `INSERT INTO message_search (message_id, tenant_id, terms)
		SELECT (lpad(to_hex(1577836800000 + (i - 5007) * 35000000::bigint), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid, $1, array_to_tsvector(
			ARRAY['=t:' || $1::uuid] || CASE WHEN i % 1000 = 7 THEN ARRAY['rare'] ELSE ARRAY['common'] END)
		FROM generate_series(1, $2::int) i`, b.tenant, all)
	b.exec(t, `INSERT INTO messages (id, tenant_id, endpoint_id, external_id, occurred_at, size, sha256)
		SELECT message_id, tenant_id, $1, message_id::text, now(), 0, sha256('') FROM message_search`, e.ID)

	for word, want := range map[string]int{"rare": 9, "common": all - 9} {
		seen := map[string]bool{}
		page := store.Page{Limit: 2}
		if word == "common" {
			page.Limit = 1000
		}
		expression, err := (&search.Query{Tenant: b.tenant, Text: word}).Expression()
		require.NoError(t, err)
		for {
			list, err := b.Search(t.Context(), b.tenant, expression, store.MessageFilter{}, page)
			require.NoError(t, err)
			for i, v := range list {
				require.False(t, seen[v.ExternalID])
				seen[v.ExternalID] = true
				require.True(t, i == 0 || v.ID.String() < list[i-1].ID.String())
				page.Before = v.ID
			}
			if len(list) < page.Limit {
				break
			}
		}
		require.Len(t, seen, want, word)
	}
}

func TestIndexLag(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lag, err := b.IndexLag(t.Context())
	require.NoError(t, err)
	require.Zero(t, lag)
	b.addMessage(t, b.addEndpoint(t, b.tenant), "1")
	require.Eventually(t, func() bool {
		lag, err := b.IndexLag(t.Context())
		return err == nil && lag > 0
	}, 10*time.Second, time.Millisecond)
}

func TestASearchIsNarrowedToWhatIsArchivedOrIsNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	for n := range 12 {
		b.say(t, e, strconv.Itoa(n), "hello", nil)
	}
	b.exec(t, "UPDATE messages SET status = 'archived', due_at = NULL, payload = '{}' WHERE external_id IN ('0', '5', '6', '11')")
	for status, want := range map[hook.MessageStatus][]string{
		hook.MessageArchived: {"11", "6", "5", "0"}, hook.MessageAccepted: {"10", "9", "8", "7", "4", "3", "2", "1"},
	} {
		require.Equal(t, want, b.find(t, search.Query{Text: "hello"}, store.MessageFilter{Status: status}, 50))
		require.Equal(t, want[:3], b.find(t, search.Query{Text: "hello"}, store.MessageFilter{Status: status}, 3))
		require.Empty(t, b.find(t, search.Query{Text: "nowhere"}, store.MessageFilter{Status: status}, 3))
	}
}
