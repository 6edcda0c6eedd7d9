package main

import (
	"context"
	"fmt"
	"net/http"
)

// publisher publishes events.
type publisher struct{ *wire }

func newPublisher(ctx context.Context, p *product) (poster, error) {
	w, err := dial(ctx, p.address, "/api/v1/events", p.key, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	return publisher{w}, nil
}

// post publishes an event.
func (p publisher) post(id, eventType, data string) error {
	return p.send(fmt.Sprintf(`{"id":%q,"type":%q,"data":{"text":%q}}`, id, eventType, data))
}
