package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/search"
)

// fillRows is how many messages one statement makes.
const fillRows = 100_000

// fill makes the rows, in the order of time: what was received, became an event
// and was delivered at the third attempt. One message in 10,000 is not archived,
// one in 1,000 has the word "rare", one delivery in 500 failed.
func (g *growth) fill(ctx context.Context) error {
	db, err := pgx.Connect(ctx, g.config.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, fmt.Sprintf(`SET synchronous_commit = off; SET maintenance_work_mem = '256MB';
		SELECT make_month((date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => n))::date) FROM generate_series(0, %[2]d) n;
		CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql AS $$
			SELECT (lpad(to_hex(%[3]d - (%[1]d - n) * (%[2]d * 2592000000) / %[1]d), 12, '0')
				|| '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || substr(md5(kind || n), 1, 15))::uuid $$`, g.messages, g.months, time.Now().Add(-time.Minute).UnixMilli())); err != nil {
		return err
	}
	for from := 1; from <= g.messages; from += fillRows {
		if err := g.batch(ctx, db, from, min(from+fillRows-1, g.messages)); err != nil {
			return err
		}
	}
	for _, table := range []string{"messages", "message_search", "events", "deliveries", "attempts"} {
		if _, err := db.Exec(ctx, "VACUUM ANALYZE "+table); err != nil {
			return err
		}
	}
	var message, event, delivery hook.ID
	if err := db.QueryRow(ctx, `SELECT pg_temp.id('m', n), pg_temp.id('e', n), pg_temp.id('d', n) FROM (SELECT $1::bigint AS n) s`, g.messages/2+1).
		Scan(&message, &event, &delivery); err != nil {
		return err
	}
	g.paths = []string{
		"/messages", "/messages?endpoint_id=" + g.endpoint.ID, "/messages?status=accepted", "/messages?q=invoice", "/messages?q=rare",
		"/messages/" + message.String(), "/events", "/events?type=message.received", "/events/" + event.String(),
		"/deliveries", "/deliveries?status=failed", "/deliveries?event_id=" + event.String(), "/deliveries/" + delivery.String(),
	}
	return nil
}

// batch makes the rows of some messages.
func (g *growth) batch(ctx context.Context, db *pgx.Conn, from, to int) error {
	var tenant, endpoint, webhook hook.ID
	for text, id := range map[string]*hook.ID{g.tenant.ID: &tenant, g.endpoint.ID: &endpoint, g.webhook.ID: &webhook} {
		parsed, err := hook.ParseID(text)
		if err != nil {
			return err
		}
		*id = parsed
	}
	terms := func(text string) []string {
		d := search.Document{Tenant: tenant, Endpoint: endpoint, ExternalID: "bench", Payload: &hook.Payload{Body: text, From: hook.Party{Identifier: "ann@example.com"}}}
		return search.Terms(d)
	}
	for _, s := range []struct {
		sql       string
		arguments []any
	}{
		{`INSERT INTO messages (id, tenant_id, endpoint_id, number, external_id, occurred_at, size, sha256, status, due_at, payload,
				object_key, version_id, record_offset, record_length, retain_until, archived_at)
			SELECT pg_temp.id('m', n), $3::uuid, $4::uuid, n, 'bench-' || n, now(), 1024, sha256(n::text::bytea), CASE WHEN n % 10000 = 0 THEN 'accepted' ELSE 'archived' END, NULL,
				convert_to('{"body":"' || repeat('lorem ipsum ' || n || ' ', 30) || '"}', 'UTF8'), $4::uuid || '/' || n, md5(n::text), 0, 900, now() + interval '7 years', now()
			FROM generate_series($1::bigint, $2) n`, []any{tenant, endpoint}},
		{`INSERT INTO message_search (message_id, tenant_id, terms)
			SELECT pg_temp.id('m', n), $3, array_to_tsvector(CASE WHEN n % 1000 = 0 THEN $5::text[] ELSE $4::text[] END)
			FROM generate_series($1::bigint, $2) n`, []any{tenant, terms("the invoice for May, thank you very much"), terms("the invoice is a rare one")}},
		{`INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at, message_id, endpoint_id)
			SELECT pg_temp.id('e', n), $3, '', 'message.received', convert_to('{"body":"' || repeat('lorem ipsum ' || n || ' ', 30) || '"}', 'UTF8'), now(), pg_temp.id('m', n), $4
			FROM generate_series($1::bigint, $2) n`, []any{tenant, endpoint}},
		{`INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, status, format, attempts, due_at)
			SELECT pg_temp.id('d', n), $3, pg_temp.id('e', n), $4, CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'delivered' END, 'standard', 3, NULL
			FROM generate_series($1::bigint, $2) n`, []any{tenant, webhook}},
		{`INSERT INTO attempts (delivery_id, number, tenant_id, started_at, duration_ms, status_code, error, error_detail, response_header, response_body)
			SELECT pg_temp.id('d', n), a, $3, now(), 12, CASE a WHEN 3 THEN 200 ELSE 503 END, CASE a WHEN 3 THEN '' ELSE 'status' END, '',
				'[["Content-Type","text/plain"]]', 'lorem ipsum'
			FROM generate_series($1::bigint, $2) n, generate_series(1, 3) a`, []any{tenant}},
	} {
		if _, err := db.Exec(ctx, s.sql, append([]any{from, to}, s.arguments...)...); err != nil {
			return fmt.Errorf("%.40s: %w", s.sql, err)
		}
	}
	return nil
}
