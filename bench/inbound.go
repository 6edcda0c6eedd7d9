package main

import (
	"context"
	"slices"

	"posthorn/client"
)

type inboundCommand struct {
	loads
	Body     int  `default:"1024" help:"Bytes of a message."`
	Segments bool `default:"true" negatable:"" help:"Measure adaptive dispatch once more with archive_segments: many messages in one object of the archive."`
}

// Run measures from posting a message to the arrival of the event that it
// becomes once it is archived: as an object of its own, and in segments.
func (c *inboundCommand) Run(ctx context.Context, b *bench) error {
	b.begin("inbound", "messages of %d bytes, posted to an endpoint, archived as an object each or in segments, and delivered to a webhook", c.Body)
	if err := c.archived(ctx, b, client.EndpointSettings{}); err != nil {
		return err
	}
	if c.Segments {
		segments := *c
		segments.Dispatch, segments.kind = []string{"adaptive"}, " segments"
		segments.Loops = append(slices.Clone(c.Loops), 256) // a segment is made of what comes together
		if err := segments.archived(ctx, b, client.EndpointSettings{ArchiveSegments: new(true)}); err != nil {
			return err
		}
	}
	return b.end()
}

func (c *inboundCommand) archived(ctx context.Context, b *bench, s client.EndpointSettings) error {
	return c.run(ctx, b, func(ctx context.Context, p *product) (*loader, error) { return newInbound(ctx, p, c.Body, s) })
}
