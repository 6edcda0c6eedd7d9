package main

import (
	"context"
	"fmt"
)

type fanoutCommand struct {
	Webhooks []int `default:"1,10,100" help:"How many webhooks each event goes to."`
	Loops    int   `default:"8" help:"Those who publish in the closed loop: each publishes again when its event has come to all webhooks."`
	Body     int   `default:"1024" help:"Bytes of an event's data."`
}

// Run measures from publishing an event to its arrival at the last of many
// webhooks.
func (c *fanoutCommand) Run(ctx context.Context, b *bench) error {
	b.begin("fanout", "events of %d bytes, each delivered to every one of so many webhooks; times are to the last of them", c.Body)
	p, err := b.start(ctx, "adaptive")
	if err != nil {
		return err
	}
	defer p.stop()
	for _, n := range c.Webhooks {
		l := newLoader(p, fmt.Sprintf("fan.to%d", n), n, c.Body)
		l.fan = true
		if err := l.subscribe(ctx); err != nil {
			return err
		}
		r, err := l.watched(ctx, fmt.Sprintf("to %d", n), load{loops: c.Loops}.run(l))
		if err != nil {
			return err
		}
		r.Figures = []figure{{Name: "deliveries", Value: r.PerSecond * float64(n), Unit: "/s"}}
		b.report(r)
	}
	return b.end()
}
