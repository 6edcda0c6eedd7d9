package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/search"
)

// filler makes many messages of one that was really received, archived and
// delivered: copies of its rows, each with 30 words of its own of a vocabulary
// in which words are as frequent as in natural language (Zipf), spread over the
// last 30 days. It writes rows, as to receive a million would take an hour.
type filler struct {
	*product

	db       *pgx.Conn
	endpoint client.Endpoint
	webhook  string // id
	random   *rand.Rand
}

// filled are the tables of which lists are made.
var filled = []string{"messages", "events", "deliveries", "attempts", "message_search"}

// distinct is how many messages have words of their own; the others repeat them.
const distinct = 50_000

func newFiller(ctx context.Context, p *product) (*filler, error) {
	l, err := newInbound(ctx, p, 512, false)
	if err != nil {
		return nil, err
	}
	if err := l.subscribe(ctx); err != nil {
		return nil, err
	}
	if _, err := l.measure(ctx, "one message", func(ctx context.Context) error { return l.flood(ctx, 1, 1) }); err != nil {
		return nil, err
	}
	f := &filler{product: p, random: rand.New(rand.NewPCG(1, 2))}
	for e, err := range p.client.Endpoints(ctx) {
		if f.endpoint = e; err != nil {
			return nil, err
		}
	}
	for w, err := range p.client.Webhooks(ctx) {
		if f.webhook = w.ID; err != nil {
			return nil, err
		}
	}
	if f.db, err = pgx.Connect(ctx, p.config.DatabaseURL); err != nil {
		return nil, err
	}
	return f, f.prepare(ctx)
}

func (f *filler) close() { _ = f.db.Close(context.Background()) }

// prepare waits until the message is recorded as delivered, and keeps its rows.
func (f *filler) prepare(ctx context.Context) error {
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		list, err := f.client.DeliveryPage(ctx, client.DeliveryFilter{Status: client.DeliveryDelivered}, client.Page{})
		if err != nil {
			return err
		}
		if len(list.Items) > 0 {
			break
		}
		if time.Now().After(end) {
			return errors.New("the message that was to be copied is not recorded as delivered")
		}
	}
	tenant, err := hook.ParseID(f.tenant.ID)
	if err != nil {
		return err
	}
	// Ids are ordered by time, as UUIDs of version 7 are. Triggers are off:
	// lists read nothing of what they keep.
	if err := f.exec(ctx,
		`SET session_replication_role = replica`,
		`SET maintenance_work_mem = '256MB'`,
		`CREATE FUNCTION pg_temp.id(kind text, n bigint, size bigint) RETURNS uuid LANGUAGE sql AS $$
			SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 60000 - ((size - n) * 2592000000 / size)::bigint), 12, '0')
				|| '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || substr(md5(kind || n), 1, 15))::uuid $$`,
		`CREATE TEMP TABLE first_messages AS SELECT * FROM messages LIMIT 1`,
		`CREATE TEMP TABLE first_events AS SELECT * FROM events LIMIT 1`,
		`CREATE TEMP TABLE first_deliveries AS SELECT * FROM deliveries LIMIT 1`,
		`CREATE TEMP TABLE first_attempts AS SELECT * FROM attempts LIMIT 1`,
		`CREATE TEMP TABLE words (at serial, terms tsvector, text text)`,
	); err != nil {
		return err
	}
	words := rand.NewZipf(f.random, 1.1, 8, 50_000)
	_, err = f.db.CopyFrom(ctx, pgx.Identifier{"words"}, []string{"text"}, pgx.CopyFromSlice(distinct, func(i int) ([]any, error) {
		return []any{strings.Join(f.terms(tenant, i, words), "\x1f")}, nil
	}))
	if err != nil {
		return err
	}
	return f.exec(ctx, `UPDATE words SET terms = array_to_tsvector(string_to_array(text, E'\x1f'))`, `CREATE INDEX ON words (at)`)
}

// terms are what a message is found by.
func (f *filler) terms(tenant hook.ID, i int, words *rand.Zipf) []string {
	var text strings.Builder
	for range 30 {
		fmt.Fprintf(&text, "w%d ", words.Uint64())
	}
	endpoint, _ := hook.ParseID(f.endpoint.ID) // the API gave it
	return search.Terms(search.Document{
		Tenant: tenant, Endpoint: endpoint, ExternalID: fmt.Sprintf("ext-%d", i), Payload: &hook.Payload{
			From: hook.Party{Identifier: fmt.Sprintf("user%d@example.com", f.random.IntN(5000))},
			To:   []hook.Party{{Identifier: "support@example.com"}}, Body: text.String(),
			Fields: fmt.Appendf(nil, `{"order":"order-%d"}`, f.random.IntN(20_000)),
		},
	})
}

// fill makes messages anew, so many, in the order of their ids. One delivery in
// 500 has failed.
func (f *filler) fill(ctx context.Context, size int) error {
	indexes, err := f.dropIndexes(ctx) // to build them at the end takes a tenth of the time
	if err != nil {
		return err
	}
	if err := f.exec(ctx, "TRUNCATE "+strings.Join(filled, ", ")+" CASCADE"); err != nil {
		return err
	}
	id := func(kind string) string { return fmt.Sprintf("pg_temp.id('%s', n, %d)", kind, size) }
	for table, values := range map[string]map[string]string{
		"messages": {"id": id("m"), "external_id": "'copy-' || n", "number": "n"},
		"events":   {"id": id("e")},
		"deliveries": {
			"id": id("d"), "event_id": id("e"), "status": "CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'delivered' END",
		},
		"attempts": {"delivery_id": id("d")},
	} {
		if err := f.copies(ctx, table, size, values); err != nil {
			return err
		}
	}
	statements := append([]string{fmt.Sprintf(`INSERT INTO message_search (message_id, tenant_id, terms) SELECT %s, '%s', w.terms
		FROM generate_series(1, %d) n JOIN words w ON w.at = 1 + n %% %d ORDER BY n`, id("m"), f.tenant.ID, size, distinct)}, indexes...)
	for _, table := range filled {
		statements = append(statements, "VACUUM ANALYZE "+table)
	}
	return f.exec(ctx, statements...)
}

// dropIndexes drops the indexes that are not constraints, and returns the
// statements that make them again.
func (f *filler) dropIndexes(ctx context.Context) ([]string, error) {
	rows, err := f.db.Query(ctx, `SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
		WHERE i.indrelid = ANY($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`, filled)
	if err != nil {
		return nil, err
	}
	type index struct{ Name, Definition string }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
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

// copies inserts copies of a table's first row, except for some values.
func (f *filler) copies(ctx context.Context, table string, size int, values map[string]string) error {
	rows, err := f.db.Query(ctx, `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`, table)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	list := make([]string, len(names))
	for i, name := range names {
		if list[i] = "t." + name; values[name] != "" {
			list[i] = values[name]
		}
	}
	return f.exec(ctx, fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM generate_series(1, %[4]d) n, first_%[1]s t ORDER BY n`,
		table, strings.Join(names, ", "), strings.Join(list, ", "), size))
}

func (f *filler) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := f.db.Exec(ctx, s); err != nil {
			return fmt.Errorf("%w: %s", err, s)
		}
	}
	return nil
}
