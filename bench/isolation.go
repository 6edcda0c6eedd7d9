package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

type isolationCommand struct {
	Rate     int           `default:"50" help:"Events a second to the healthy receiver that is timed."`
	Healthy  int           `default:"16" help:"Healthy receivers beside it, with as many events a second together."`
	Hanging  int           `default:"3" help:"Receivers that hang."`
	Backlog  int           `default:"200" help:"Events to each of these, published at once."`
	Hang     time.Duration `default:"9s" help:"How long they hang before each answer."`
	Dispatch []string      `default:"adaptive,workflow" enum:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
}

// Run times a healthy receiver alone, and beside receivers that hang. Those
// are left as they are at the end: all they get would take too long.
func (c *isolationCommand) Run(ctx context.Context, b *bench) error {
	b.begin("isolation", "%d events/s to one healthy receiver and %d/s to %d others; then beside %d that hang %s before each of %d answers",
		c.Rate, c.Rate, c.Healthy, c.Hanging, c.Hang, c.Backlog)
	for _, dispatch := range c.Dispatch {
		if err := c.under(ctx, b, dispatch); err != nil {
			return fmt.Errorf("%s: %w", dispatch, err)
		}
	}
	return b.end()
}

func (c *isolationCommand) under(ctx context.Context, b *bench, dispatch string) error {
	p, err := b.start(ctx, dispatch)
	if err != nil {
		return err
	}
	defer p.stop()
	healthy, others, hanging := newLoader(p, "healthy.", 1, 16), newLoader(p, "other.", c.Healthy, 16), newLoader(p, "hanging.", c.Hanging, 16)
	hanging.delay = c.Hang
	for _, l := range []*loader{healthy, others, hanging} {
		if err := l.subscribe(ctx); err != nil {
			return err
		}
	}
	both := func(ctx context.Context, window time.Duration) error {
		others.reset()
		group, loading := errgroup.WithContext(ctx)
		for _, l := range []*loader{healthy, others} {
			group.Go(func() error { return l.open(loading, c.Rate, window) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		return others.wait(ctx)
	}
	alone, err := healthy.watched(ctx, "alone", both)
	if err != nil {
		return err
	}
	if err := hanging.flood(ctx, c.Hanging*c.Backlog, connections); err != nil {
		return err
	}
	beside, err := healthy.watched(ctx, fmt.Sprintf("beside %d that hang", c.Hanging), both)
	if err != nil {
		return err
	}
	left, _ := hanging.left()
	beside.Figures = []figure{
		{Name: "p99 of alone", Value: beside.Times[0].P99 / max(alone.Times[0].P99, 0.001), Unit: "×"},
		{Name: "hanging answered", Value: float64(c.Hanging*c.Backlog - left)},
	}
	b.report(alone)
	b.report(beside)
	return nil
}
