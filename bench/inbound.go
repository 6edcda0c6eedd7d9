package main

import "context"

type inboundCommand struct {
	loads
	Body     int  `default:"1024" help:"Bytes of a message."`
	Segments bool `help:"With archive_segments: many messages in one object of the archive."`
}

// Run measures from posting a message to the arrival of the event that it
// becomes once it is archived.
func (c *inboundCommand) Run(ctx context.Context, b *bench) error {
	objects := "an object each"
	if c.Segments {
		objects = "segments"
	}
	b.begin("inbound", "messages of %d bytes, posted to an endpoint, archived as %s, and delivered to a webhook", c.Body, objects)
	return c.run(ctx, b, func(ctx context.Context, p *product) (*loader, error) { return newInbound(ctx, p, c.Body, c.Segments) })
}
