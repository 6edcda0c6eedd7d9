package client

import (
	"context"
	"net/http"
	"time"
)

// PortalLink opens the dashboard without an account, for a tenant's own people.
type PortalLink struct {
	URL       string    `json:"url"` // in the answer of create only
	Role      string    `json:"role"`
	ExpiresAt time.Time `json:"expires_at"`
	Frames    []string  `json:"frame_ancestors"` // origins whose pages may frame it
}

// PortalLinkSettings is what can be set; zero fields leave a default.
type PortalLinkSettings struct {
	Role      string   `json:"role,omitempty"`      // RoleOperator, or RoleAuditor
	ExpiresIn Duration `json:"expires_in,omitzero"` // an hour; at most 30 days
	Path      string   `json:"path,omitempty"`      // the page that it leads to
	// Frames are origins whose pages may show those of the link in a frame, such
	// as https://app.example.com; at most 10.
	Frames []string `json:"frame_ancestors,omitempty"`
}

// CreatePortalLink makes a link to the tenant's pages, and only those.
func (c *Client) CreatePortalLink(ctx context.Context, s PortalLinkSettings, options ...CallOption) (PortalLink, error) {
	return call[PortalLink](ctx, c, http.MethodPost, "/api/v1/portal-links", s, options...)
}
