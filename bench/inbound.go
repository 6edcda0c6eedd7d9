package main

import (
	"context"

	"posthorn/client"
)

type inboundCommand struct {
	loads
	Body int `default:"1024" help:"Bytes of a message."`
}

// Run measures from posting a message to the arrival of the event that it
// becomes once it is archived. How an endpoint archives is among its settings:
// each way is a run of all loads.
func (c *inboundCommand) Run(ctx context.Context, b *bench) error {
	b.begin("inbound", "messages of %d bytes, posted to an endpoint, archived as an object each, and delivered to a webhook", c.Body)
	err := c.run(ctx, b, func(ctx context.Context, p *product) (*loader, error) {
		return newInbound(ctx, p, c.Body, client.EndpointSettings{})
	})
	if err != nil {
		return err
	}
	return b.end()
}
