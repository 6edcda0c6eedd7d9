package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/store"
)

type growthCommand struct {
	Messages    []int         `default:"100000,1000000" help:"How many messages the tenant has, with as many events and deliveries and three times as many attempts. 10,000,000 take some 30 GB."`
	Months      int           `default:"12" help:"Over how many months they are spread."`
	Window      time.Duration `default:"5s" help:"How long each measurement takes."`
	Connections int           `default:"8" help:"How many connections send messages at once."`
	JSON        string        `placeholder:"FILE" help:"Write the figures as JSON."`
}

// grown are the figures of one measurement at one size.
type grown struct {
	What     string  `json:"what"`
	Messages int     `json:"messages"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
}

// Run measures ingest, lists and single rows at each size, in a database of its
// own each, and says what the tables take.
func (c *growthCommand) Run(ctx context.Context) error {
	var list []grown
	for _, n := range c.Messages {
		one, err := c.at(ctx, n)
		if err != nil {
			return fmt.Errorf("%d messages: %w", n, err)
		}
		list = append(list, one...)
	}
	fmt.Printf("\n%-44s", "p50, p99 ms")
	for _, n := range c.Messages {
		fmt.Printf("%18d", n)
	}
	fmt.Println("     ratio of p50")
	each := len(list) / max(1, len(c.Messages))
	for i := range each {
		fmt.Printf("%-44s", list[i].What)
		for size := range c.Messages {
			f := list[size*each+i]
			fmt.Printf("%9.2f%9.2f", f.P50, f.P99)
		}
		fmt.Printf("%17.2f\n", list[len(list)-each+i].P50/list[i].P50)
	}
	return writeJSON(c.JSON, list)
}

var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// at measures one size.
func (c *growthCommand) at(ctx context.Context, n int) (list []grown, err error) {
	s, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	g := &growth{server: s, messages: n, months: c.Months}
	if err := g.enter(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := g.fill(ctx); err != nil {
		return nil, err
	}
	fmt.Printf("\n%d messages over %d months, made in %s\n", n, c.Months, time.Since(began).Round(time.Second))
	if err := g.printSizes(ctx); err != nil {
		return nil, err
	}
	measure := func(what string, senders ...func() error) error {
		if _, err := closedLoop(ctx, c.Window/5, senders); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		took, err := closedLoop(ctx, c.Window, senders)
		list = append(list, grown{What: what, Messages: n, P50: milliseconds(took, 0.50), P99: milliseconds(took, 0.99)})
		return err
	}
	for _, path := range g.paths {
		what := anID.ReplaceAllString("GET "+path, "{id}")
		if err := measure(what, func() error { return g.get(ctx, path) }); err != nil {
			return nil, err
		}
	}
	var open closers
	defer func() { open.close() }()
	var senders []func() error
	for range c.Connections {
		sender, err := newSender(ctx, s, 1024)
		if err != nil {
			return nil, err
		}
		open = append(open, sender.close)
		senders = append(senders, sender.next)
	}
	return list, measure(fmt.Sprintf("a message, acknowledged (%d connections)", c.Connections), senders...)
}

// growth is a tenant that has much.
type growth struct {
	*server

	messages, months int
	key              hook.Secret
	webhook          hook.Webhook
	paths            []string // of the API, that are measured
}

// enter makes what the rows refer to.
func (g *growth) enter(ctx context.Context) error {
	keys, err := keyset.Generate()
	if err != nil {
		return err
	}
	k, err := keyset.Load(string(keys))
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, store.Config{URL: g.database, MaxConns: 2}, k)
	if err != nil {
		return err
	}
	defer st.Close()
	if _, g.key, err = st.CreateKey(ctx, g.endpoint.TenantID, "bench", hook.RoleAdmin); err != nil {
		return err
	}
	g.webhook, err = st.CreateWebhook(ctx, hook.Webhook{
		ID: hook.NewID(), TenantID: g.endpoint.TenantID, Name: "bench", URL: "https://example.com/", Events: []string{"message"}, Active: true,
		Keys: []hook.Key{{Secret: hook.NewWebhookSecret()}}, Format: hook.FormatStandard, RetryPolicy: []int{1, 5}, DisableAfter: 1000, Timeout: time.Second,
	})
	return err
}

func (g *growth) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.address+"/api/v1"+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+g.key.Reveal())
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
	db, err := pgx.Connect(ctx, g.database)
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
