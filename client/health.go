package client

import (
	"context"
	"net/http"
)

// Readiness says what answers. Only the database is needed to accept messages;
// what is done while the others are away is made up for.
type Readiness struct {
	Status      string `json:"status"`
	Database    string `json:"database"`     // "ok"
	ObjectStore string `json:"object_store"` // "ok" or "away"
	Temporal    string `json:"temporal"`     // "ok" or "away"
}

// Health fails if the process does not answer. It needs no key.
func (c *Client) Health(ctx context.Context) error {
	_, err := call[struct{}](ctx, c, http.MethodGet, "/healthz", nil)
	return err
}

// Ready fails if messages cannot be accepted. It needs no key.
func (c *Client) Ready(ctx context.Context) (Readiness, error) {
	return call[Readiness](ctx, c, http.MethodGet, "/readyz", nil)
}
