package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

type ingestCommand struct {
	Window      time.Duration `default:"10s" help:"How long each measurement takes, after a warm-up of a fifth of that."`
	Connections []int         `default:"1,8,64,256" help:"How many connections send at once."`
	Body        int           `default:"1024" help:"Bytes of a message."`
	Profile     string        `placeholder:"FILE" help:"Write a CPU profile of the run at 64 connections, client and server together."`
	JSON        string        `placeholder:"FILE" help:"Write the figures as JSON."`
}

// figures are what one measurement gave.
type figures struct {
	What        string  `json:"what"`
	Connections int     `json:"connections"`
	PerSecond   float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	OfBare      float64 `json:"of_bare,omitempty"` // against the same writes by 64 bare connections
}

// bareConnections is what the ceiling is measured with.
const bareConnections = 64

// Run measures the API with client and server in one process and PostgreSQL,
// which waits for the disk, beside it. Before and after, bare connections write
// the same rows in one transaction a message; the better of both is the
// ceiling.
func (c *ingestCommand) Run(ctx context.Context) error {
	s, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Printf("Messages of %d bytes, each acknowledged after its commit; %s a line.\n\n", c.Body, c.Window)
	fmt.Println("                     connections   acknowledged/s   p50 ms   p99 ms   of bare")
	before, err := c.bare(ctx, s)
	if err != nil {
		return err
	}
	list := []figures{before}
	for _, n := range c.Connections {
		f, err := c.api(ctx, s, n)
		if err != nil {
			return err
		}
		list = append(list, f)
	}
	after, err := c.bare(ctx, s)
	if err != nil {
		return err
	}
	list = append(list, after)
	ceiling := max(before.PerSecond, after.PerSecond)
	fmt.Println()
	for i, f := range list {
		list[i].OfBare = f.PerSecond / ceiling
		fmt.Printf("%-20s %11d %16.0f %8.2f %8.2f %8.0f%%\n", f.What, f.Connections, f.PerSecond, f.P50, f.P99, 100*list[i].OfBare)
	}
	return writeJSON(c.JSON, list)
}

// writeJSON writes figures to a file, if one is named.
func writeJSON(name string, figures any) error {
	if name == "" {
		return nil
	}
	data, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o600)
}

func (c *ingestCommand) api(ctx context.Context, s *server, connections int) (figures, error) {
	if c.Profile != "" && connections == 64 {
		file, err := os.Create(c.Profile)
		if err != nil {
			return figures{}, err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return figures{}, err
		}
		defer pprof.StopCPUProfile()
	}
	var open closers
	defer func() { open.close() }()
	senders := make([]func() error, connections)
	for i := range senders {
		sender, err := newSender(ctx, s, c.Body)
		if err != nil {
			return figures{}, err
		}
		open = append(open, sender.close)
		senders[i] = sender.next
	}
	return c.measure(ctx, "posthorn", senders)
}

func (c *ingestCommand) bare(ctx context.Context, s *server) (figures, error) {
	var open closers
	defer func() { open.close() }()
	senders := make([]func() error, bareConnections)
	for i := range senders {
		w, err := newWriter(ctx, s, c.Body)
		if err != nil {
			return figures{}, err
		}
		open = append(open, w.close)
		senders[i] = func() error { return w.write(ctx) }
	}
	return c.measure(ctx, "bare pgx", senders)
}

// closers close what a measurement opened.
type closers []func()

func (list closers) close() {
	for _, f := range list {
		f()
	}
}

func (c *ingestCommand) measure(ctx context.Context, what string, senders []func() error) (figures, error) {
	if _, err := closedLoop(ctx, c.Window/5, senders); err != nil {
		return figures{}, fmt.Errorf("%s: %w", what, err)
	}
	took, err := closedLoop(ctx, c.Window, senders)
	if err != nil {
		return figures{}, fmt.Errorf("%s: %w", what, err)
	}
	f := figures{
		What: what, Connections: len(senders), PerSecond: float64(len(took)) / c.Window.Seconds(),
		P50: milliseconds(took, 0.50), P99: milliseconds(took, 0.99),
	}
	fmt.Printf("%-20s %11d %16.0f %8.2f %8.2f\n", f.What, f.Connections, f.PerSecond, f.P50, f.P99)
	return f, nil
}
