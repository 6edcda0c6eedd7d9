package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/client"
)

type growthCommand struct {
	Messages    []int `default:"10000,100000,1000000" help:"How many messages a tenant has, with as many events and deliveries and three times as many attempts. 10,000,000 take 30 GB."`
	Months      int   `default:"12" help:"Over how many months they are spread."`
	Connections int   `default:"8" help:"How many connections send messages at once."`
}

// turns is in how many turns a request is measured at each size, so that what
// else the machine does falls on all sizes alike.
const turns = 5

// Run measures lists, searches, single rows and ingest at all sizes in turn,
// each in a product of its own, and how many times as long as at the first size
// they take. Requests follow one another over one connection; times are those of
// a client that has read the answer.
func (c *growthCommand) Run(ctx context.Context, b *bench) error {
	b.begin("growth", "the API of tenants that have so many messages over %d months; pages of 50, one request after another, and messages over %d connections", c.Months, c.Connections)
	var products closers
	defer products.close()
	list := make([]*growth, len(c.Messages))
	for i, n := range c.Messages {
		p, err := b.start(ctx, "adaptive", roleAPI)
		if err != nil {
			return err
		}
		products.add(p.stop)
		list[i] = &growth{product: p, messages: n, months: c.Months}
		b.note("growth: making %d messages", n)
		if err := list[i].fill(ctx); err != nil {
			return fmt.Errorf("making %d messages: %w", n, err)
		}
		if err := list[i].printSizes(ctx); err != nil {
			return err
		}
	}
	for i, r := range list[0].requests() {
		b.note("growth: %s", r.name)
		if err := b.inTurns(ctx, list, i); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	send := ingestCommand{Body: 1024}
	for range 2 {
		var first times
		for i, g := range list {
			if err := send.measure(ctx, g.product, g.of("a message sent"), c.Connections, func() (func() error, func(), error) {
				return send.sender(ctx, g.product, g.endpoint)
			}); err != nil {
				return err
			}
			last := &b.table[len(b.table)-1]
			if i == 0 {
				first = last.Times[0]
			}
			last.Figures = list[0].ratio(last.Times[0], first)
		}
	}
	return b.end()
}

// inTurns measures a request at all sizes.
func (b *bench) inTurns(ctx context.Context, list []*growth, request int) error {
	took := make([]*histogram, len(list))
	for turn := range turns + 1 {
		for i, g := range list {
			h, err := closedLoop(ctx, b.window()/(5*turns), []func() error{func() error { return g.requests()[request].send(ctx) }})
			if err != nil {
				return err
			}
			if turn <= 1 { // the first answers may need what is not in memory
				took[i] = h
			} else {
				took[i].merge(h)
			}
		}
	}
	first := took[0].times("answer")
	for i, g := range list {
		t := took[i].times("answer")
		b.report(result{Load: g.of(g.requests()[request].name), Times: []times{t}, Figures: list[0].ratio(t, first)})
	}
	return nil
}

// growth is a tenant that has much.
type growth struct {
	*product

	messages, months int
	endpoint         client.Endpoint
	webhook          client.Webhook
	message          string // id, in the midst of all, as are the next two
	event            string
	delivery         string
}

func (g *growth) of(load string) string { return load + " of " + strconv.Itoa(g.messages) }

// ratio is how much longer something takes than at this size.
func (g *growth) ratio(t, first times) []figure {
	return []figure{{Name: "times " + strconv.Itoa(g.messages) + "'s", Value: t.P50 / first.P50}}
}

// request is one of the API.
type request struct {
	name string
	send func(context.Context) error
}

// requests are those that are measured. Words w0, w1, … are ever rarer, as in
// natural language (see fill).
func (g *growth) requests() []request {
	messages := func(name string, filter client.MessageFilter) request {
		return request{"messages " + name, func(ctx context.Context) error {
			_, err := g.client.MessagePage(ctx, filter, client.Page{})
			return err
		}}
	}
	events := func(name string, filter client.EventFilter) request {
		return request{"events " + name, func(ctx context.Context) error { _, err := g.client.EventPage(ctx, filter, client.Page{}); return err }}
	}
	deliveries := func(name string, filter client.DeliveryFilter) request {
		return request{"deliveries " + name, func(ctx context.Context) error {
			_, err := g.client.DeliveryPage(ctx, filter, client.Page{})
			return err
		}}
	}
	return []request{
		messages("all", client.MessageFilter{}),
		messages("endpoint", client.MessageFilter{EndpointID: g.endpoint.ID}),
		messages("not archived", client.MessageFilter{Status: client.MessageAccepted}),
		messages("before", client.MessageFilter{Before: time.Now().Add(-15 * 24 * time.Hour)}),
		messages("frequent word", client.MessageFilter{Query: "w1"}),
		messages("rare word", client.MessageFilter{Query: "w4000"}),
		messages("frequent and rare", client.MessageFilter{Query: "w2 w4000"}),
		messages("no such word", client.MessageFilter{Query: "nowhere"}),
		messages("prefix", client.MessageFilter{Query: "w400*"}),
		messages("sender", client.MessageFilter{From: "user123@example.com"}),
		messages("field", client.MessageFilter{Fields: map[string]string{"order": "order-77"}}),
		{"one message", func(ctx context.Context) error { _, err := g.client.Message(ctx, g.message); return err }},
		events("all", client.EventFilter{}),
		events("type", client.EventFilter{Type: "message.received"}),
		{"one event", func(ctx context.Context) error { _, err := g.client.Event(ctx, g.event); return err }},
		deliveries("all", client.DeliveryFilter{}),
		deliveries("failed", client.DeliveryFilter{Status: client.DeliveryFailed}),
		deliveries("webhook", client.DeliveryFilter{WebhookID: g.webhook.ID}),
		deliveries("event", client.DeliveryFilter{EventID: g.event}),
		{"one delivery", func(ctx context.Context) error { _, err := g.client.Delivery(ctx, g.delivery); return err }},
	}
}

// printSizes says what each table takes, with all its partitions.
func (g *growth) printSizes(ctx context.Context) error {
	db, err := pgx.Connect(ctx, g.config.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	rows, err := db.Query(ctx, `SELECT c.relname::text, count(*) AS parts, sum(pg_table_size(t.relid))::bigint, sum(pg_indexes_size(t.relid))::bigint
		FROM pg_class c CROSS JOIN LATERAL (SELECT p.relid::regclass FROM pg_partition_tree(c.oid) p WHERE p.isleaf
			UNION SELECT c.oid::regclass WHERE c.relkind = 'r') t (relid)
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		GROUP BY c.relname HAVING sum(pg_total_relation_size(t.relid)) > 1 << 20 ORDER BY 3 DESC`)
	if err != nil {
		return err
	}
	type size struct {
		Table         string
		Parts         int
		Rows, Indexes int64
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[size])
	fmt.Printf("\n%-16s partitions    rows MB   indexes MB   bytes a message\n", strconv.Itoa(g.messages)+" messages")
	for _, s := range list {
		fmt.Printf("%-16s %10d %10d %12d %17d\n", s.Table, s.Parts, s.Rows>>20, s.Indexes>>20, (s.Rows+s.Indexes)/int64(g.messages))
	}
	fmt.Println()
	return err
}
