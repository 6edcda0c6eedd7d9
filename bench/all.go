package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

type allCommand struct {
	Backlog int `placeholder:"EVENTS" help:"Events of the backlog; 0: 2000 for each of --seconds, at most 100000." default:"0"`
}

// scenario is a command that measures something.
type scenario interface {
	Run(context.Context, *bench) error
}

// scenarios are all of them; ingest is the first, as it measures what the rest
// is scaled by.
func (c *cli) scenarios() []scenario {
	return []scenario{
		&c.Ingest, &c.Deliver, &c.Inbound, &c.Fanout, &c.Failures, &c.Isolation, &c.Backlog, &c.Growth, &c.Large, &c.Restart, &c.Idle,
	}
}

// Run runs every scenario. One that fails does not keep others from being run.
func (c *allCommand) Run(ctx context.Context, b *bench, all *cli) error {
	if b.Out == "" {
		b.Out = "posthorn-bench"
	}
	if all.Backlog.Count = c.Backlog; c.Backlog == 0 {
		all.Backlog.Count = max(1, min(100_000, int(2000*b.Seconds)))
	}
	if len(all.Ingest.Connections) > 1 {
		all.Ingest.Connections = []int{bareConnections}
	}
	began := time.Now()
	var failed []error
	for _, s := range all.scenarios() {
		err := s.Run(ctx, b)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err = fmt.Errorf("%s FAILED: %w", b.scenario, err)
		fmt.Fprintf(os.Stderr, "\nbench: %s\n\n", err)
		failed = append(failed, err)
		b.document.Failed = append(b.document.Failed, failure{Scenario: b.scenario, Error: err.Error()})
		if err := b.end(); err != nil {
			return err
		}
	}
	fmt.Printf("All of that took %s; the figures are in %s.json and %s.svg.\n", time.Since(began).Round(time.Second), b.Out, b.Out)
	return errors.Join(failed...)
}
