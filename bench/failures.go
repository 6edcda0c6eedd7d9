package main

import (
	"context"
	"time"
)

type failuresCommand struct {
	Share    int      `default:"20" help:"Percent of events whose first attempt is answered with status 500."`
	Dispatch []string `default:"adaptive" enum:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
	Loops    []int    `default:"64" help:"Those who publish in a closed loop: each publishes again when its event has come."`
	Rates    []int    `default:"100" help:"Events a second of the open loops."`
	Webhooks int      `default:"8" help:"Webhooks that the events go to, one each."`
	Body     int      `default:"1024" help:"Bytes of an event's data."`
}

// What the first pause of the default schedule may be: 1 s, give or take 0.3 s.
const (
	leastPause = 700 * time.Millisecond
	mostPause  = 1300 * time.Millisecond
)

// Run measures deliveries of which some need a retry. The pause is the
// receiver's: from its error to the next request.
func (c *failuresCommand) Run(ctx context.Context, b *bench) error {
	b.begin("failures", "events of %d bytes; %d %% of first attempts are answered with status 500, and the retry with 204", c.Body, c.Share)
	for _, dispatch := range c.Dispatch {
		if err := c.under(ctx, b, dispatch); err != nil {
			return err
		}
	}
	return b.end()
}

func (c *failuresCommand) under(ctx context.Context, b *bench, dispatch string) error {
	p, err := b.start(ctx, dispatch)
	if err != nil {
		return err
	}
	defer p.stop()
	l := newLoader(p, "bench.", c.Webhooks, c.Body)
	l.refuses = c.Share
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	for _, o := range (&loads{Loops: c.Loops, Rates: c.Rates}).plan(dispatch) {
		r, err := l.watched(ctx, o.name(), o.run(l))
		if err != nil {
			return err
		}
		pauses := l.pauses()
		r.Times = append(r.Times, pauses.times("first retry after"))
		r.Figures = []figure{
			{Name: "in time", Value: 100 * pauses.within(leastPause, mostPause), Unit: "%", Goal: "100: within 1 s ± 0.3 s"},
			{Name: "attempts", Value: r.PerSecond * (1 + float64(r.Times[2].Count)/float64(max(r.Events, 1))), Unit: "/s"},
		}
		b.report(r)
	}
	return nil
}

// pauses are from each refusal to the retry.
func (a *arrivals) pauses() *histogram {
	h := newHistogram()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.list {
		if !e.retried.IsZero() {
			h.add(e.retried.Sub(e.refused))
		}
	}
	return h
}
