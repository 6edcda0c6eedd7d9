package main

import (
	"context"
	"time"
)

type idleCommand struct {
	Settle time.Duration `default:"5s" help:"How long the product is left alone before it is measured."`
}

// Run measures the processes with nothing to do, for three times --seconds,
// after they have delivered something.
func (c *idleCommand) Run(ctx context.Context, b *bench) error {
	window := 3 * b.window()
	b.begin("idle", "CPU of each process within %s with nothing to do", window)
	p, err := b.start(ctx, "adaptive")
	if err != nil {
		return err
	}
	defer p.stop()
	l := newLoader(p, "bench.", 1, 1024)
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	if _, err := l.measure(ctx, "warm-up", func(ctx context.Context) error { return l.closed(ctx, 1, b.window()/3) }); err != nil {
		return err
	}
	time.Sleep(c.Settle)
	b.note("idle")
	before, began := p.use(), time.Now()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(window):
	}
	used, took := since(before, p.use()), time.Since(began)
	product := figure{Name: "product", Unit: "% of a core", Goal: "below 2"}
	r := result{Dispatch: p.config.Dispatch, Load: window.String()}
	for i, u := range used {
		share := 100 * u.took.Seconds() / took.Seconds()
		if i < len(p.running) {
			product.Value += share
		}
		r.Figures = append(r.Figures, figure{Name: u.name, Value: share, Unit: "% of a core"})
	}
	r.Figures = append(r.Figures, product)
	b.report(r)
	return b.end()
}
