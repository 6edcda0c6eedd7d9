package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"posthorn/client"
)

type inboundCommand struct {
	loads
	Dispatch []string `default:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
	Body     int      `default:"1024" help:"Bytes of a message."`
	Segments bool     `help:"Measure each setting once more with archive_segments."`
	JSON     string   `placeholder:"FILE" help:"Write the figures as JSON."`
}

// Run measures from posting a message to the arrival of the event that it
// becomes once it is archived.
func (c *inboundCommand) Run(ctx context.Context) error {
	fmt.Printf("Messages of %d bytes, posted to an endpoint, archived as an object each, and delivered to a webhook; %s a line.\n\n", c.Body, c.Window)
	printHead("dispatch")
	var list []delivered
	for _, setting := range c.Dispatch {
		err := c.under(ctx, setting, false, &list)
		if err == nil && c.Segments {
			err = c.under(ctx, setting, true, &list)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
	}
	return writeJSON(c.JSON, list)
}

func (c *inboundCommand) under(ctx context.Context, setting string, segments bool, list *[]delivered) error {
	p, err := startProduct(ctx, setting, &c.loads)
	if err != nil {
		return err
	}
	defer p.stop()
	endpoint, err := p.client.CreateEndpoint(ctx, client.EndpointSettings{
		Name: new("bench"), RateLimit: new(50_000), Burst: new(100_000), ArchiveSegments: &segments,
	})
	if err != nil {
		return err
	}
	poster := func(ctx context.Context, p *product) (poster, error) { return newProducer(ctx, p, endpoint, c.Body) }
	l := &loader{
		product: p, poster: poster, arrivals: newArrivals(externalID), webhooks: 1, types: "message.received",
	}
	stop, err := l.subscribe(ctx, 0)
	if err != nil {
		return err
	}
	defer stop()
	if segments {
		setting = "segments"
	}
	return c.run(ctx, l, setting, list)
}

// producer sends messages to the product.
type producer struct {
	*wire

	body int // bytes
}

func newProducer(ctx context.Context, p *product, e client.Endpoint, body int) (poster, error) {
	w, err := dial(ctx, p.address, strings.TrimPrefix(e.URL, "http://"+p.address), e.Secret, http.StatusOK)
	if err != nil {
		return nil, err
	}
	return producer{w, body}, nil
}

// post sends a message.
func (p producer) post(id, _, _ string) error { return p.send(message(id, p.body)) }
