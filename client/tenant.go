package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Tenant owns endpoints, webhooks and everything that comes of them. Nothing
// of it is visible to another.
type Tenant struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	NotifyEmails []string  `json:"notify_emails"`
	CreatedAt    time.Time `json:"created_at"`
	Key          string    `json:"key,omitempty"` // its first, in the answer of create only
}

// TenantSettings is what can be set; nil leaves what is set.
type TenantSettings struct {
	Name         *string   `json:"name,omitempty"`
	NotifyEmails *[]string `json:"notify_emails,omitempty"`
}

const (
	tenant  = "/api/v1/tenant"
	tenants = "/api/v1/tenants"
)

// CreateTenant makes a tenant with its first key, an admin's. It takes the root
// key.
func (c *Client) CreateTenant(ctx context.Context, name string, options ...CallOption) (Tenant, error) {
	return call[Tenant](ctx, c, http.MethodPost, tenants, map[string]string{"name": name}, options...)
}

// Tenants iterates over all tenants, newest first. It takes the root key.
func (c *Client) Tenants(ctx context.Context) iter.Seq2[Tenant, error] {
	return all[Tenant](ctx, c, tenants, nil)
}

// Tenant is the one that the key belongs to.
func (c *Client) Tenant(ctx context.Context) (Tenant, error) {
	return call[Tenant](ctx, c, http.MethodGet, tenant, nil)
}

// UpdateTenant changes what is given of the tenant that the key belongs to.
func (c *Client) UpdateTenant(ctx context.Context, s TenantSettings) (Tenant, error) {
	return call[Tenant](ctx, c, http.MethodPatch, tenant, s)
}
