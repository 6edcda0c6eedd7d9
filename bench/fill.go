package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/search"
)

const (
	fillRows = 100_000 // how many messages one statement makes
	distinct = 20_000  // how many messages have words of their own; the others repeat them
)

// fill gives the tenant rows, in the order of time, as to receive millions would
// take hours: what was received, became an event and was delivered at the third
// attempt. One message in 10,000 is not archived, one delivery in 500 failed.
func (g *growth) fill(ctx context.Context) (err error) {
	if g.endpoint, err = g.addEndpoint(ctx, client.EndpointSettings{}); err != nil {
		return err
	}
	if g.webhook, err = g.client.CreateWebhook(ctx, client.WebhookSettings{URL: new("https://example.com/"), Events: &[]string{"message"}}); err != nil {
		return err
	}
	db, err := pgx.Connect(ctx, g.config.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	f := filler{growth: g, db: db}
	for text, id := range map[string]*hook.ID{g.tenant.ID: &f.tenant, g.endpoint.ID: &f.endpoint, g.webhook.ID: &f.webhook} {
		if *id, err = hook.ParseID(text); err != nil {
			return err
		}
	}
	return f.fill(ctx)
}

type filler struct {
	*growth

	db                        *pgx.Conn
	tenant, endpoint, webhook hook.ID
}

func (f *filler) fill(ctx context.Context) error {
	// Ids are ordered by time, as UUIDs of version 7 are. Triggers are off:
	// requests read nothing of what they keep.
	if err := f.exec(ctx, `SET synchronous_commit = off`, `SET maintenance_work_mem = '1GB'`, `SET session_replication_role = replica`, fmt.Sprintf(
		`SELECT make_month((date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => n))::date) FROM generate_series(0, %d) n`, f.months), fmt.Sprintf(
		`CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql AS $$
			SELECT (lpad(to_hex(%[3]d - (%[1]d - n) * (%[2]d * 2592000000) / %[1]d), 12, '0')
				|| '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || substr(md5(kind || n), 1, 15))::uuid $$`,
		f.messages, f.months, time.Now().Add(-time.Minute).UnixMilli())); err != nil {
		return err
	}
	if err := f.words(ctx); err != nil {
		return err
	}
	indexes, err := f.dropIndexes(ctx) // to build them at the end takes a tenth of the time
	if err != nil {
		return err
	}
	for from := 1; from <= f.messages; from += fillRows {
		if err := f.rows(ctx, from, min(from+fillRows-1, f.messages)); err != nil {
			return err
		}
	}
	if err := f.exec(ctx, indexes...); err != nil {
		return err
	}
	if err := f.vacuum(ctx); err != nil {
		return err
	}
	var message, event, delivery hook.ID
	err = f.db.QueryRow(ctx, `SELECT pg_temp.id('m', n), pg_temp.id('e', n), pg_temp.id('d', n) FROM (SELECT $1::bigint AS n) s`, f.messages/2+1).
		Scan(&message, &event, &delivery)
	f.message, f.event, f.delivery = message.String(), event.String(), delivery.String()
	return err
}

// words makes the terms of messages, each with 15 words of a vocabulary in which
// words are as frequent as in natural language (Zipf).
func (f *filler) words(ctx context.Context) error {
	random := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(random, 1.1, 8, 50_000)
	if err := f.exec(ctx, `CREATE TEMP TABLE words (at serial PRIMARY KEY, terms text)`); err != nil {
		return err
	}
	_, err := f.db.CopyFrom(ctx, pgx.Identifier{"words"}, []string{"terms"}, pgx.CopyFromSlice(distinct, func(i int) ([]any, error) {
		var text strings.Builder
		for range 15 {
			fmt.Fprintf(&text, "w%d ", words.Uint64())
		}
		terms := search.Terms(search.Document{
			Tenant: f.tenant, Endpoint: f.endpoint, ExternalID: fmt.Sprintf("bench-%d", i), Payload: &hook.Payload{
				From: hook.Party{Identifier: fmt.Sprintf("user%d@example.com", random.IntN(5000))},
				To:   []hook.Party{{Identifier: "support@example.com"}}, Body: text.String(),
				Fields: fmt.Appendf(nil, `{"order":"order-%d"}`, random.IntN(20_000)),
			},
		})
		return []any{strings.Join(terms, "\x1f")}, nil
	}))
	if err != nil {
		return err
	}
	return f.exec(ctx, `ALTER TABLE words ALTER terms TYPE tsvector USING array_to_tsvector(string_to_array(terms, E'\x1f'))`, `ANALYZE words`)
}

// rows makes the rows of some messages.
func (f *filler) rows(ctx context.Context, from, to int) error {
	for _, s := range []struct {
		sql       string
		arguments []any
	}{
		{`INSERT INTO messages (id, tenant_id, endpoint_id, number, external_id, occurred_at, size, sha256, status, due_at, payload,
				object_key, version_id, record_offset, record_length, retain_until, archived_at)
			SELECT pg_temp.id('m', n), $3::uuid, $4::uuid, n, 'bench-' || n, now(), 1024, sha256(n::text::bytea), CASE WHEN n % 10000 = 0 THEN 'accepted' ELSE 'archived' END, NULL,
				convert_to('{"body":"' || repeat('lorem ipsum ' || n || ' ', 20) || '"}', 'UTF8'), $4::uuid || '/' || n, md5(n::text), 0, 900, now() + interval '7 years', now()
			FROM generate_series($1::bigint, $2) n`, []any{f.tenant, f.endpoint}},
		{`INSERT INTO message_search (message_id, tenant_id, terms)
			SELECT pg_temp.id('m', n), $3, w.terms FROM generate_series($1::bigint, $2) n JOIN words w ON w.at = 1 + n % $4 ORDER BY n`, []any{f.tenant, distinct}},
		{`INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at, message_id, endpoint_id)
			SELECT pg_temp.id('e', n), $3, '', 'message.received', convert_to('{"body":"' || repeat('lorem ipsum ' || n || ' ', 20) || '"}', 'UTF8'), now(), pg_temp.id('m', n), $4
			FROM generate_series($1::bigint, $2) n`, []any{f.tenant, f.endpoint}},
		{`INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, status, format, attempts, due_at)
			SELECT pg_temp.id('d', n), $3, pg_temp.id('e', n), $4, CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'delivered' END, 'standard', 3, NULL
			FROM generate_series($1::bigint, $2) n`, []any{f.tenant, f.webhook}},
		{`INSERT INTO attempts (delivery_id, number, tenant_id, started_at, duration_ms, status_code, error, error_detail, response_header, response_body)
			SELECT pg_temp.id('d', n), a, $3, now(), 12, CASE a WHEN 3 THEN 200 ELSE 503 END, CASE a WHEN 3 THEN '' ELSE 'status' END, '',
				'[["Content-Type","text/plain"]]', 'lorem ipsum'
			FROM generate_series($1::bigint, $2) n, generate_series(1, 3) a`, []any{f.tenant}},
	} {
		if _, err := f.db.Exec(ctx, s.sql, append([]any{from, to}, s.arguments...)...); err != nil {
			return fmt.Errorf("%.40s: %w", s.sql, err)
		}
	}
	return nil
}

// dropIndexes drops the indexes that are not constraints, with those of
// partitions, and returns the statements that make them again.
func (f *filler) dropIndexes(ctx context.Context) ([]string, error) {
	rows, err := f.db.Query(ctx, `SELECT i.indexrelid::regclass::text AS name, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS definition FROM pg_index i
		WHERE i.indrelid = ANY($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`,
		[]string{"messages", "events", "deliveries", "attempts", "message_search"})
	if err != nil {
		return nil, err
	}
	type index struct{ Name, Definition string }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[index])
	if err != nil {
		return nil, err
	}
	var definitions []string
	for _, i := range list {
		if err := f.exec(ctx, "DROP INDEX "+i.Name); err != nil {
			return nil, err
		}
		definitions = append(definitions, i.Definition)
	}
	return definitions, nil
}

// vacuum does what autovacuum will have done, which leaves out what is
// partitioned as a whole.
func (f *filler) vacuum(ctx context.Context) error {
	rows, err := f.db.Query(ctx, `SELECT 'VACUUM ANALYZE ' || oid::regclass FROM pg_class WHERE relkind = 'r' AND (relispartition OR relname = 'deliveries')`)
	if err != nil {
		return err
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	return f.exec(ctx, statements...)
}

func (f *filler) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := f.db.Exec(ctx, s); err != nil {
			return fmt.Errorf("%w: %s", err, s)
		}
	}
	return nil
}
