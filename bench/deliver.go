package main

import "context"

type deliverCommand struct {
	loads
	Webhooks int `default:"8" help:"Webhooks that the events go to, one each."`
	Body     int `default:"1024" help:"Bytes of an event's data."`
}

// Run measures from publishing an event to its arrival.
func (c *deliverCommand) Run(ctx context.Context, b *bench) error {
	b.begin("deliver", "events of %d bytes, published over the API and delivered to one of %d webhooks", c.Body, c.Webhooks)
	return c.run(ctx, b, func(_ context.Context, p *product) (*loader, error) {
		return newLoader(p, "bench.", c.Webhooks, c.Body), nil
	})
}
