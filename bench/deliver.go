package main

import (
	"context"
	"fmt"
	"strings"
)

type deliverCommand struct {
	loads
	Dispatch []string `default:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
	Webhooks int      `default:"8" help:"Webhooks that the events go to, one each."`
	Body     int      `default:"1024" help:"Bytes of an event's data."`
	JSON     string   `placeholder:"FILE" help:"Write the figures as JSON."`
}

// Run measures from publishing an event to its arrival.
func (c *deliverCommand) Run(ctx context.Context) error {
	fmt.Printf("Events of %d bytes, published over the API and delivered to one of %d webhooks; %s a line.\n\n", c.Body, c.Webhooks, c.Window)
	printHead("dispatch")
	var list []delivered
	for _, setting := range c.Dispatch {
		if err := c.under(ctx, setting, &list); err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
	}
	return writeJSON(c.JSON, list)
}

// under measures all loads under one setting.
func (c *deliverCommand) under(ctx context.Context, setting string, list *[]delivered) error {
	p, err := startProduct(ctx, setting, &c.loads)
	if err != nil {
		return err
	}
	defer p.stop()
	l := &loader{
		product: p, poster: newPublisher, arrivals: newArrivals(eventID), webhooks: c.Webhooks,
		types: "bench.", text: strings.Repeat("lorem ipsum ", c.Body/12+1)[:c.Body],
	}
	stop, err := l.subscribe(ctx, 0)
	if err != nil {
		return err
	}
	defer stop()
	return c.run(ctx, l, setting, list)
}
