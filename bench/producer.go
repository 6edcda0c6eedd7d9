package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"posthorn/client"
)

// producer sends messages to an endpoint, over one connection.
type producer struct {
	*wire

	size        int    // bytes of a message
	attachments string // JSON
}

func newProducer(ctx context.Context, p *product, e client.Endpoint, size int, attachments string) (producer, error) {
	w, err := dial(ctx, p.address, strings.TrimPrefix(e.URL, "http://"+p.address), e.Secret, http.StatusOK)
	return producer{w, size, attachments}, err
}

// post sends a message.
func (p producer) post(id, _, _ string) error { return p.send(message(id, p.size, p.attachments)) }

// holds is what the event tells of the message in any case.
func (producer) holds(id, _ string) string { return fmt.Sprintf(`"external_id":%q`, id) }

// message is a message of a size, in bytes.
func message(externalID string, size int, attachments string) string {
	const form = `{"external_id":"%s","occurred_at":"2026-01-02T15:04:05Z","from":"ann@example.com","to":"support@example.com","attachments":%s,"body":"%s"}`
	rest := size - len(fmt.Sprintf(form, externalID, attachments, ""))
	return fmt.Sprintf(form, externalID, attachments, lorem(max(rest, 0)))
}

// none is the attachments of a message that has none.
const none = "[]"

// addEndpoint makes an endpoint whose rate is never reached.
func (p *product) addEndpoint(ctx context.Context) (client.Endpoint, error) {
	return p.client.CreateEndpoint(ctx, client.EndpointSettings{Name: new("bench"), RateLimit: new(50_000), Burst: new(10_000_000)})
}

// newInbound is a loader that sends messages to an endpoint.
func newInbound(ctx context.Context, p *product, size int, segments bool) (*loader, error) {
	e, err := p.addEndpoint(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := p.client.UpdateEndpoint(ctx, e.ID, client.EndpointSettings{ArchiveSegments: &segments}); err != nil {
		return nil, err
	}
	l := newLoader(p, "message.received", 1, 0)
	l.key = externalID
	l.poster = func(ctx context.Context, p *product) (poster, error) { return newProducer(ctx, p, e, size, none) }
	return l, nil
}
