package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"time"
)

// How an endpoint's requests are authenticated.
const (
	AuthBearer = "bearer" // Authorization: Bearer <secret>
	AuthHMAC   = "hmac"   // HMAC-SHA256 of the body in a header
	// AuthProvider is that of a provider's endpoints.
	AuthProvider = "provider"
)

// Endpoint is where one producer sends its messages.
type Endpoint struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	URL         string     `json:"url"` // where its producer sends
	Token       string     `json:"token"`
	Auth        string     `json:"auth"`
	Signature   *Signature `json:"signature"` // nil for bearer
	Enabled     bool       `json:"enabled"`
	RateLimit   int        `json:"rate_limit"` // requests per second
	Burst       int        `json:"burst"`      // requests
	DedupWindow Duration   `json:"dedup_window"`
	Retention   Duration   `json:"retention"`
	Allowlist   []string   `json:"allowlist"` // CIDRs; none: any address
	Mapping     *Mapping   `json:"mapping"`   // nil: messages come as they are
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	Secret      string     `json:"secret,omitempty"` // in the answer of create and rotate only

	ArchiveSegments bool `json:"archive_segments"` // several of its messages may lie in one object

	Provider         string          `json:"provider"`           // whose callbacks it receives; "" for a producer's own messages
	ProviderConfig   json.RawMessage `json:"provider_config"`    // secrets are masked; null where there is no provider
	FormerConfigEnds time.Time       `json:"former_config_ends"` // until when the configuration before is accepted, too; zero where it is not
	PublicURL        string          `json:"public_url"`         // the base of URL; "" for the deployment's
}

// Signature says where an HMAC is found and how it is written.
type Signature struct {
	Header   string `json:"header,omitempty"`
	Prefix   string `json:"prefix,omitempty"`
	Encoding string `json:"encoding,omitempty"` // "hex" or "base64"

	// Of platforms that sign more than the body, in a header such as
	// "t=1,v1=abc" or with a timestamp.
	Element          string `json:"element,omitempty"` // of the header, that is the signature
	Signed           string `json:"signed,omitempty"`  // for instance "{timestamp}.{body}"; "": the body
	TimestampHeader  string `json:"timestamp_header,omitempty"`
	TimestampElement string `json:"timestamp_element,omitempty"` // of the header
	Tolerance        int    `json:"tolerance,omitempty"`         // seconds; 0: 300
}

// EndpointSettings is what can be set; nil leaves a default, or what is set.
type EndpointSettings struct {
	Name        *string    `json:"name,omitempty"`
	Auth        *string    `json:"auth,omitempty"`
	Signature   *Signature `json:"signature,omitempty"`
	Enabled     *bool      `json:"enabled,omitempty"`
	RateLimit   *int       `json:"rate_limit,omitempty"`
	Burst       *int       `json:"burst,omitempty"`
	DedupWindow *Duration  `json:"dedup_window,omitempty"`
	Retention   *Duration  `json:"retention,omitempty"` // it can be extended, never shortened
	Allowlist   *[]string  `json:"allowlist,omitempty"`
	Mapping     *Mapping   `json:"mapping,omitempty"` // the zero Mapping ends one

	Provider       *string         `json:"provider,omitempty"`        // at creation: it cannot be changed
	ProviderConfig json.RawMessage `json:"provider_config,omitempty"` // in a change the keys that change; null removes one
	PublicURL      *string         `json:"public_url,omitempty"`      // "": the deployment's

	ArchiveSegments *bool `json:"archive_segments,omitempty"` // for high volume: several messages in one object
}

const endpoints = "/api/v1/endpoints"

// CreateEndpointWith makes an endpoint with a secret of the sending platform's.
func (c *Client) CreateEndpointWith(ctx context.Context, s EndpointSettings, secret string, options ...CallOption) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, endpoints, struct {
		EndpointSettings
		Secret string `json:"secret"`
	}{s, secret}, options...)
}

// CreateEndpoint makes an endpoint. Its secret is in the answer, and never
// again.
func (c *Client) CreateEndpoint(ctx context.Context, s EndpointSettings, options ...CallOption) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, endpoints, s, options...)
}

// Endpoints iterates over the endpoints, newest first.
func (c *Client) Endpoints(ctx context.Context) iter.Seq2[Endpoint, error] {
	return all[Endpoint](ctx, c, endpoints, nil)
}

// Endpoint finds one endpoint.
func (c *Client) Endpoint(ctx context.Context, id string) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodGet, item(endpoints, id), nil)
}

// UpdateEndpoint changes what is given.
func (c *Client) UpdateEndpoint(ctx context.Context, id string, s EndpointSettings) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPatch, item(endpoints, id), s)
}

// DeleteEndpoint ends an endpoint; its messages stay.
func (c *Client) DeleteEndpoint(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, item(endpoints, id), nil)
	return err
}

// RotateEndpoint gives an endpoint a new secret, which is in the answer. The
// old one stays valid for overlap; 0: it ends at once.
func (c *Client) RotateEndpoint(ctx context.Context, id string, overlap time.Duration) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, item(endpoints, id, "rotate"), rotation{Duration(overlap)})
}

// RotateEndpointTo gives an endpoint the secret that the sending platform has
// made. The old one stays valid for overlap; 0: it ends at once.
func (c *Client) RotateEndpointTo(ctx context.Context, id, secret string, overlap time.Duration) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, item(endpoints, id, "rotate"), struct {
		rotation
		Secret string `json:"secret"`
	}{rotation{Duration(overlap)}, secret})
}

type rotation struct {
	Overlap Duration `json:"overlap"`
}
