package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5"

	"posthorn/client"
)

type growthCommand struct {
	Messages    []int `default:"100000,1000000" help:"How many messages the tenant has, with as many events and deliveries and three times as many attempts. 10,000,000 take some 30 GB."`
	Months      int   `default:"12" help:"Over how many months they are spread."`
	Connections int   `default:"8" help:"How many connections send messages at once."`
}

// Run measures ingest, lists and single rows at each size, with a product of its
// own each, and says what the tables take.
func (c *growthCommand) Run(ctx context.Context, b *bench) error {
	b.begin("growth", "the API of a tenant with so many messages over %d months; one request after another, and messages over %d connections", c.Months, c.Connections)
	for _, n := range c.Messages {
		if err := c.at(ctx, b, n); err != nil {
			return fmt.Errorf("%d messages: %w", n, err)
		}
	}
	return b.end()
}

var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// at measures one size.
func (c *growthCommand) at(ctx context.Context, b *bench, n int) error {
	p, err := b.start(ctx, "adaptive", roleAPI)
	if err != nil {
		return err
	}
	defer p.stop()
	g := &growth{product: p, messages: n, months: c.Months}
	if err := g.enter(ctx); err != nil {
		return err
	}
	b.note("growth: making %d messages", n)
	if err := g.fill(ctx); err != nil {
		return err
	}
	if err := g.printSizes(ctx); err != nil {
		return err
	}
	for _, path := range g.paths {
		get := []func() error{func() error { return g.get(ctx, path) }}
		if _, err := closedLoop(ctx, b.window()/15, get); err != nil { // the first answers may need what is not in memory
			return err
		}
		took, err := closedLoop(ctx, b.window()/5, get)
		if err != nil {
			return err
		}
		b.report(result{Load: "GET " + anID.ReplaceAllString(path, "{id}") + " of " + strconv.Itoa(n), Times: []times{took.times("answer")}})
	}
	send := ingestCommand{Body: 1024}
	return send.measure(ctx, p, fmt.Sprintf("messages beside %d", n), c.Connections, func() (func() error, func(), error) {
		return send.sender(ctx, p, g.endpoint)
	})
}

// growth is a tenant that has much.
type growth struct {
	*product

	messages, months int
	endpoint         client.Endpoint
	webhook          client.Webhook
	paths            []string // of the API, that are measured
}

// enter makes what the rows refer to.
func (g *growth) enter(ctx context.Context) (err error) {
	if g.endpoint, err = g.addEndpoint(ctx); err != nil {
		return err
	}
	g.webhook, err = g.client.CreateWebhook(ctx, client.WebhookSettings{URL: new("https://example.com/"), Events: &[]string{"message"}})
	return err
}

func (g *growth) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.config.URL+"/api/v1"+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+g.tenant.Key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return err
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
	fmt.Println("\ntable            partitions    rows MB   indexes MB")
	for _, s := range list {
		fmt.Printf("%-16s %10d %10d %12d\n", s.Table, s.Parts, s.Rows>>20, s.Indexes>>20)
	}
	return err
}
