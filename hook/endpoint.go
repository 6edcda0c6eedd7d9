package hook

import (
	"net/netip"
	"time"
)

// AuthMode says how an endpoint's requests are authenticated.
type AuthMode string

// The modes of generic endpoints.
const (
	AuthBearer AuthMode = "bearer" // Authorization: Bearer <secret>
	AuthHMAC   AuthMode = "hmac"   // HMAC-SHA256 of the body in a header
)

// Limits and defaults of inbound endpoints.
const (
	MaxBody            = 10 << 20 // bytes of one request, also after decompression
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
	Keys        []Key // newest first
	Enabled     bool
	RateLimit   int
	Burst       int
	DedupWindow time.Duration
	Allowlist   []netip.Prefix
	Retention   time.Duration
	Mapping     *Mapping // makes messages of what comes; nil: they come as such
	CreatedAt   time.Time
	UpdatedAt   time.Time
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

// Validate checks what a user may set, and names every bad field.
func (e *Endpoint) Validate() error {
	var bad fields
	validateName(e.Name, &bad)
	switch e.Auth {
	case AuthBearer, AuthHMAC:
	default:
		bad.add("/auth", `must be "bearer" or "hmac"`)
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
