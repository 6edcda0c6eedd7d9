package main

import (
	"context"
	"fmt"
	"net/http"
)

// publisher publishes events.
type publisher struct{ *wire }

func newPublisher(ctx context.Context, p *product) (poster, error) {
	w, err := dial(ctx, p.address, "/api/v1/events", p.tenant.Key, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	return publisher{w}, nil
}

// post publishes an event.
func (p publisher) post(id, eventType, text string) error {
	return p.send(fmt.Sprintf(`{"id":%q,"type":%q,"data":%s}`, id, eventType, p.holds(id, text)))
}

// holds is the event's data, which come as they were published.
func (publisher) holds(id, text string) string { return fmt.Sprintf(`{"for":%q,"text":%q}`, id, text) }
