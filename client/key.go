package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// What a key may do.
const (
	RoleAdmin    = "admin"
	RoleOperator = "operator"
	RoleProducer = "producer" // publish only
	RoleAuditor  = "auditor"  // read only
)

// Key is an API key of a tenant.
type Key struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Role      string    `json:"role"`
	Prefix    string    `json:"prefix"` // its first characters
	CreatedAt time.Time `json:"created_at"`
	Key       string    `json:"key,omitempty"` // in the answer of create only
}

const keys = "/api/v1/keys"

// CreateKey makes a key, which is in the answer, and never again.
func (c *Client) CreateKey(ctx context.Context, name, role string, options ...CallOption) (Key, error) {
	return call[Key](ctx, c, http.MethodPost, keys, map[string]string{"name": name, "role": role}, options...)
}

// Keys iterates over the keys, newest first.
func (c *Client) Keys(ctx context.Context) iter.Seq2[Key, error] { return all[Key](ctx, c, keys, nil) }

// DeleteKey revokes a key.
func (c *Client) DeleteKey(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, item(keys, id), nil)
	return err
}
