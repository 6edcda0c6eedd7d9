package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/search"
	"posthorn/store"
)

// BenchmarkSearch searches among 10,000 to 1,000,000 messages of 30 words, of a
// vocabulary in which words are as frequent as in natural language (Zipf). It
// reports the median and the 95th percentile.
func BenchmarkSearch(b *testing.B) {
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("messages=%d", size), func(b *testing.B) {
			s := setup(b)
			e := s.addEndpoint(b, s.tenant)
			fill(b, s, e, size)
			for _, c := range []struct {
				name string
				q    search.Query
			}{
				{"frequent", search.Query{Text: "w1"}},
				{"frequent-and-rare", search.Query{Text: "w2 w40000"}},
				{"middling", search.Query{Text: "w500"}},
				{"rare", search.Query{Text: "w40000"}},
				{"none", search.Query{Text: "nowhere"}},
				{"field", search.Query{Fields: []search.Field{{Path: "order", Value: "order-77"}}}},
				{"field-and-word", search.Query{Text: "w3", Fields: []search.Field{{Path: "channel", Value: "fax"}}}},
				{"prefix", search.Query{Text: "w4000*"}},
				{"from", search.Query{From: "user123@example.com"}},
			} {
				b.Run(c.name, func(b *testing.B) { benchmarkQuery(b, s, c.q) })
			}
		})
	}
}

func benchmarkQuery(b *testing.B, s *bundle, q search.Query) {
	b.Helper()
	q.Tenant = s.tenant
	expression, err := q.Expression()
	require.NoError(b, err)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		_, err := s.Search(b.Context(), s.tenant, expression, store.MessageFilter{}, store.Page{Limit: 50})
		require.NoError(b, err)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(0, "ns/op")
}

// fill stores messages with their terms, as ingest and indexer would, but fast.
func fill(b *testing.B, s *bundle, e hook.Endpoint, size int) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(random, 1.1, 8, 50_000)
	began := time.Now().Add(-30 * 24 * time.Hour)
	s.exec(b, `CREATE TABLE staged (id uuid, terms text)`)
	_, err := s.raw.CopyFrom(b.Context(), pgx.Identifier{"staged"}, []string{"id", "terms"}, pgx.CopyFromSlice(size, func(i int) ([]any, error) {
		var text strings.Builder
		for range 30 {
			fmt.Fprintf(&text, "w%d ", words.Uint64())
		}
		channel := []string{"mail", "chat", "sms", "fax"}[min(random.IntN(30), 3)%4]
		if i%30 != 0 && channel == "fax" {
			channel = "mail"
		}
		d := search.Document{Tenant: s.tenant, Endpoint: e.ID, ExternalID: fmt.Sprintf("ext-%d", i), Payload: &hook.Payload{
			From: hook.Party{Identifier: fmt.Sprintf("user%d@example.com", random.IntN(5000))},
			To:   []hook.Party{{Identifier: "support@example.com"}}, Body: text.String(),
			Fields: []byte(fmt.Sprintf(`{"channel":%q,"order":"order-%d"}`, channel, random.IntN(20_000))),
		}}
		id := idAt(began.Add(time.Duration(i) * 30 * 24 * time.Hour / time.Duration(size)))
		return []any{id, strings.Join(search.Terms(d), "\x1f")}, nil
	}))
	require.NoError(b, err)
	s.exec(b, `INSERT INTO messages (id, tenant_id, endpoint_id, external_id, occurred_at, size, sha256, status, due_at)
		SELECT id, $1, $2, id::text, now(), 0, sha256(''), 'accepted', NULL FROM staged ORDER BY staged.id`, s.tenant, e.ID)
	s.exec(b, `INSERT INTO message_search (message_id, tenant_id, terms)
		SELECT id, $1, array_to_tsvector(string_to_array(terms, E'\x1f')) FROM staged ORDER BY staged.id`, s.tenant)
	s.exec(b, `DROP TABLE staged`)
	s.exec(b, `VACUUM ANALYZE message_search`)
	s.exec(b, `VACUUM ANALYZE messages`)
}

// idAt is an id of a time.
func idAt(t time.Time) hook.ID {
	id := hook.NewID()
	ms := t.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id
}
