package dashboard_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/search"
)

// BenchmarkPages measures the server's time for each page, of a tenant that has
// as many messages, events, deliveries and attempts as POSTHORN_BENCH_ROWS says
// (20,000 where it says nothing). It reports the median and the 95th percentile.
func BenchmarkPages(b *testing.B) {
	size := 20_000
	if text := os.Getenv("POSTHORN_BENCH_ROWS"); text != "" {
		var err error
		size, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	s := setup(b)
	c := s.fill(b, s.tenant)
	began := time.Now()
	s.multiply(b, c, size)
	b.Logf("%d of each, made in %s", size, time.Since(began).Round(time.Second))
	browser := s.signedIn(b, s.tenant, hook.RoleAdmin)
	for _, path := range []string{
		"/", "/messages", "/messages?q=invoice", "/messages?q=rare", "/messages?q=invoice+rare", "/messages?q=nowhere", "/messages?q=from:alice@example.com",
		"/messages?q=is:accepted", "/messages?q=is:archived", "/messages?q=endpoint:CRM", "/messages?q=endpoint:Quiet", "/messages?q=after:2001-01-01+invoice",
		"/messages?q=before:2001-01-01", "/messages/" + c.messages[0], "/messages/" + c.messages[0] + "/raw",
		"/events", "/events?type=order.placed", "/events?type=none.such", "/events/" + c.event.ID,
		"/deliveries", "/deliveries?status=pending", "/deliveries?status=held", "/deliveries?status=failed", "/deliveries?status=delivered", "/deliveries?status=cancelled",
		"/deliveries?test=false", "/deliveries?webhook=" + c.good.ID, "/deliveries?status=failed&webhook=" + c.good.ID, "/deliveries?status=delivered&webhook=" + c.disabled.ID,
		"/deliveries?event=" + c.event.ID, "/deliveries/" + c.delivered, "/webhooks", "/webhooks/" + c.good.ID, "/webhooks/" + c.good.ID + "/edit",
		"/webhooks/" + c.good.ID + "/recover?since=2001-01-01T00:00&include=all", "/webhooks/" + c.good.ID + "/recover?since=2001-01-01T00:00",
		"/archive", "/settings", "/settings/retention", "/settings/webhooks/endpoints", "/settings/webhooks/endpoints/" + c.endpoint.ID,
		"/settings/webhooks/event-types", "/settings/members", "/settings/keys",
	} {
		name := strings.NewReplacer(c.good.ID, "{id}", c.disabled.ID, "{other}", c.messages[0], "{id}", c.event.ID, "{id}", c.delivered, "{id}",
			c.endpoint.ID, "{id}").Replace(path)
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				require.Equal(b, http.StatusOK, browser.get(b, "/portal"+path).status, path)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// multiply copies an archived message, its event, delivery and attempt, spread
// over the last 30 days. One delivery in 500 failed, one message in 1,000 has
// the word "rare".
func (s *site) multiply(b *testing.B, c content, size int) {
	b.Helper()
	db := s.connect(b)
	exec := func(sql string, arguments ...any) {
		_, err := db.Exec(b.Context(), sql, arguments...)
		require.NoError(b, err, sql)
	}
	_, err := s.api.CreateEndpoint(s.as(b), client.EndpointSettings{Name: new("Quiet")})
	require.NoError(b, err)
	// Ids are ordered by time, as UUIDs of version 7 are.
	exec(fmt.Sprintf(`CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql AS $$
		SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 60000 - (%[1]d - n) * 2592000000 / %[1]d), 12, '0')
			|| '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || substr(md5(kind || n), 1, 15))::uuid $$`, size))
	copies := func(table, where, id string, overrides map[string]string) {
		columns, err := db.Query(b.Context(), `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`, table)
		require.NoError(b, err)
		names, err := pgx.CollectRows(columns, pgx.RowTo[string])
		require.NoError(b, err)
		values := slices.Clone(names)
		for i, name := range names {
			if values[i] = "t." + name; overrides[name] != "" {
				values[i] = overrides[name]
			}
		}
		exec(fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM generate_series(1, %[4]d) n, (SELECT * FROM %[1]s WHERE %[5]s = $1 LIMIT 1) t ORDER BY n`,
			table, strings.Join(names, ", "), strings.Join(values, ", "), size, where), id)
	}
	copies("messages", "id", c.messages[0], map[string]string{"id": "pg_temp.id('m', n)", "external_id": "'copy-' || n", "number": "n + 1000"})
	copies("events", "id", c.event.ID, map[string]string{"id": "pg_temp.id('e', n)"})
	copies("deliveries", "id", c.delivered, map[string]string{
		"id": "pg_temp.id('d', n)", "event_id": "pg_temp.id('e', n)", "status": "CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'delivered' END",
	})
	copies("attempts", "delivery_id", c.delivered, map[string]string{"delivery_id": "pg_temp.id('d', n)"})
	exec(`CREATE TEMP TABLE words (rare boolean, terms tsvector)`)
	for rare, text := range map[bool]string{false: "the invoice for May", true: "the invoice is a rare one"} {
		d := search.Document{ExternalID: "copy", Payload: &hook.Payload{Body: text, From: hook.Party{Identifier: "alice@example.com"}}}
		d.Tenant = s.tenant
		exec(`INSERT INTO words SELECT $1, array_to_tsvector($2::text[])`, rare, search.Terms(d))
	}
	exec(fmt.Sprintf(`INSERT INTO message_search (message_id, tenant_id, terms)
		SELECT pg_temp.id('m', n), $1, w.terms FROM generate_series(1, %d) n JOIN words w ON w.rare = (n %% 1000 = 0) ORDER BY n`, size), s.tenant)
	for _, table := range []string{"messages", "events", "deliveries", "attempts", "message_search", "ledger_changes"} {
		exec(`VACUUM ANALYZE ` + table)
	}
}
