package main

import (
	"context"
	"fmt"
	"time"
)

type backlogCommand struct {
	Count    int    `default:"100000" help:"Events that are published while no worker runs. 'bench all' takes fewer: see there."`
	Webhooks int    `default:"8" help:"Webhooks that they go to, one each."`
	Body     int    `default:"1024" help:"Bytes of an event's data."`
	Dispatch string `default:"adaptive" enum:"adaptive,workflow" help:"Setting of POSTHORN_DISPATCH."`
}

// Run stops the worker, publishes, starts it, and waits until all is delivered.
func (c *backlogCommand) Run(ctx context.Context, b *bench) error {
	b.begin("backlog", "%d events of %d bytes, published while no worker runs, then delivered to one of %d webhooks", c.Count, c.Body, c.Webhooks)
	p, err := b.start(ctx, c.Dispatch, roleAPI, roleWorker)
	if err != nil {
		return err
	}
	defer p.stop()
	l := newLoader(p, "bench.", c.Webhooks, c.Body)
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	if _, err := l.measure(ctx, "warm-up", func(ctx context.Context) error { return l.closed(ctx, connections, b.window()/3) }); err != nil {
		return err
	}
	p.process(roleWorker).stop()
	l.reset()
	b.note("backlog publish %d", c.Count)
	began := time.Now()
	if err := l.flood(ctx, c.Count, connections); err != nil {
		return err
	}
	b.report(result{Dispatch: c.Dispatch, Load: "publish", Events: int64(c.Count), PerSecond: float64(c.Count) / time.Since(began).Seconds()})

	b.note("backlog deliver %d", c.Count)
	began = time.Now()
	if err := p.run(ctx, roleWorker); err != nil {
		return err
	}
	before := p.use()
	if err := l.wait(ctx); err != nil {
		return err
	}
	first, last := l.span()
	r := l.result()
	r.Dispatch, r.Load, r.Times = c.Dispatch, fmt.Sprintf("deliver %d", c.Count), nil // how long they waited says nothing
	r.PerSecond, r.CPU = float64(c.Count)/last.Sub(began).Seconds(), each(since(before, p.use()), int64(c.Count))
	r.Figures = []figure{
		{Name: "first after", Value: first.Sub(began).Seconds(), Unit: "s"},
		{Name: "drained after", Value: last.Sub(began).Seconds(), Unit: "s"},
	}
	b.report(r)
	return b.end()
}

// span is when the first and the last event came.
func (a *arrivals) span() (first, last time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.list {
		if first.IsZero() || e.last.Before(first) {
			first = e.last
		}
		if e.last.After(last) {
			last = e.last
		}
	}
	return first, last
}
