package hook

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// AuthMode says how an endpoint's requests are authenticated.
type AuthMode string

// The modes of generic endpoints.
const (
	AuthBearer AuthMode = "bearer" // Authorization: Bearer <secret>
	AuthHMAC   AuthMode = "hmac"   // HMAC-SHA256 of the body in a header
	// AuthProvider is that of endpoints for a provider's callbacks: as the
	// provider signs them, or does not.
	AuthProvider AuthMode = "provider"
)

// Limits and defaults of inbound endpoints.
const (
	MaxBody            = 10 << 20 // bytes of one request, also after decompression
	MaxMail            = 40 << 20 // likewise, of inbound email
	DefaultRateLimit   = 100      // requests per second
	DefaultDedupWindow = 7 * 24 * time.Hour
	DefaultRetention   = 7 * 365 * 24 * time.Hour
)

// Endpoint receives messages.
type Endpoint struct {
	ID          ID
	TenantID    ID
	Name        string
	Token       string
	Auth        AuthMode
	Signature   SignatureScheme
	Provider    string // whose callbacks it receives; "" for a producer's own messages
	PublicURL   string // the base of its URL as the provider has it; "": the deployment's
	Keys        []Key  // newest first; of a provider's endpoint each is a provider_config
	Enabled     bool
	RateLimit   int
	Burst       int
	DedupWindow time.Duration
	Allowlist   []netip.Prefix
	Retention   time.Duration
	Mapping     *Mapping // makes messages of what comes; nil: they come as such
	// ArchiveSegments lets several of its messages lie in one object.
	ArchiveSegments bool

	CreatedAt time.Time
	UpdatedAt time.Time
}

// CredentialHeader names the request header whose value is a secret, "" if
// none is: it is replaced by a fingerprint before the request is stored. A
// signature is not a credential.
func (e *Endpoint) CredentialHeader() string {
	if e.Auth == AuthBearer {
		return "Authorization"
	}
	return ""
}

// isBase reports whether paths can be put behind a URL.
func isBase(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		!strings.ContainsAny(text, "?#") && len(text) <= MaxURL
}

// Validate checks what a user may set, and names every bad field.
func (e *Endpoint) Validate() error {
	var bad fields
	validateName(e.Name, &bad)
	switch {
	case e.Auth == AuthProvider && e.Provider != "":
	case e.Provider != "":
		bad.add("/auth", "must be left out: a provider's callbacks are checked by its provider_config")
	case e.Auth != AuthBearer && e.Auth != AuthHMAC:
		bad.add("/auth", `must be "bearer" or "hmac"`)
	}
	if e.PublicURL != "" && !isBase(e.PublicURL) {
		bad.add("/public_url", "must be a URL such as https://hooks.example.com, without credentials, query or fragment")
	}
	if e.Auth == AuthHMAC {
		e.Signature.validate(&bad)
	}
	if e.RateLimit < 1 || e.RateLimit > 1_000_000 {
		bad.add("/rate_limit", "must be 1 to 1000000 requests per second")
	}
	if e.Burst < 1 || e.Burst > 10_000_000 {
		bad.add("/burst", "must be 1 to 10000000 requests")
	}
	if e.DedupWindow < time.Second || e.DedupWindow > 10*365*24*time.Hour {
		bad.add("/dedup_window", "must be between one second and ten years")
	}
	if e.Retention < time.Hour || e.Retention > 100*365*24*time.Hour {
		bad.add("/retention", "must be between one hour and a hundred years")
	}
	return bad.err("the endpoint is not valid")
}
