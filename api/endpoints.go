package api

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"posthorn/hook"
)

type endpointView struct {
	ID        hook.ID                        `json:"id"`
	Name      string                         `json:"name"`
	URL       string                         `json:"url" doc:"Where the producer sends its messages"`
	Token     string                         `json:"token"`
	Auth      hook.AuthMode                  `json:"auth"`
	Signature nullable[hook.SignatureScheme] `json:"signature" doc:"Where an HMAC is found; null for others than hmac"`
	Provider  *string                        `json:"provider" doc:"Whose callbacks it receives; null for a producer's own messages"`

	ProviderConfig   *providerConfig `json:"provider_config" doc:"Secrets are masked; null where there is no provider"`
	FormerConfigEnds timestamp       `json:"former_config_ends" doc:"Until when callbacks by the configuration before are accepted, too; null where they are not"`

	PublicURL   *string                `json:"public_url" doc:"The base of url, where it is not the deployment's"`
	Enabled     bool                   `json:"enabled"`
	RateLimit   int                    `json:"rate_limit" doc:"Requests per second"`
	Burst       int                    `json:"burst" doc:"Requests"`
	DedupWindow duration               `json:"dedup_window"`
	Retention   duration               `json:"retention"`
	Allowlist   []string               `json:"allowlist" doc:"CIDRs; empty: any address"`
	Mapping     nullable[hook.Mapping] `json:"mapping" doc:"Makes messages of another platform's JSON; null: they come as messages"`
	Segments    bool                   `json:"archive_segments" doc:"Several of its messages may lie in one object of the archive"`
	CreatedAt   timestamp              `json:"created_at"`
	UpdatedAt   timestamp              `json:"updated_at"`
	Secret      *string                `json:"secret,omitempty" doc:"Once, when it is made or rotated"`
}

// endpointSettings is what a user may set, at creation and later.
type endpointSettings struct {
	Name     *string        `json:"name,omitempty" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text without NUL"`
	Auth     *hook.AuthMode `json:"auth,omitempty" enum:"bearer,hmac" doc:"Not with provider"`
	Provider *providerName  `json:"provider,omitempty" doc:"Whose callbacks it receives; it cannot be changed"`

	ProviderConfig *providerConfig `json:"provider_config,omitempty" doc:"Required with provider; in a change: the keys that change, null removes one"`
	PublicURL      *string         `json:"public_url,omitempty" maxLength:"2000" doc:"The base of the URL as the provider has it, which signatures cover; an empty string: the deployment's"`

	Signature *struct {
		Header   *string `json:"header,omitempty" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text without NUL"`
		Prefix   *string `json:"prefix,omitempty" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text without NUL"`
		Encoding *string `json:"encoding,omitempty" enum:"hex,base64"`

		Element          *string `json:"element,omitempty" maxLength:"64" doc:"The signature's part of a header such as t=1,v1=abc; it may be there more than once. Empty: the header is the signature"`
		Signed           *string `json:"signed,omitempty" maxLength:"200" doc:"What is signed, with {body} and {timestamp} in it, for instance {timestamp}.{body}; empty: the body"`
		TimestampHeader  *string `json:"timestamp_header,omitempty" maxLength:"200" doc:"Where the signed timestamp stands, in Unix seconds or RFC 3339"`
		TimestampElement *string `json:"timestamp_element,omitempty" maxLength:"64" doc:"Likewise, as a part of the signature's header"`
		Tolerance        *int    `json:"tolerance,omitempty" minimum:"0" maximum:"86400" doc:"Seconds that the timestamp may be from now; 0: 300"`
	} `json:"signature,omitempty" doc:"For hmac: another platform's scheme"`
	Secret      *string                `json:"secret,omitempty" minLength:"16" maxLength:"500" pattern:"^[!-~]+$" patternDescription:"printable ASCII characters without blanks" doc:"At creation: one that the sending platform has made; left out: it is generated. It is changed by rotate"`
	Enabled     *bool                  `json:"enabled,omitempty"`
	RateLimit   *int                   `json:"rate_limit,omitempty" minimum:"1" maximum:"1000000" doc:"Requests per second; 100 if left out"`
	Burst       *int                   `json:"burst,omitempty" minimum:"1" maximum:"10000000" doc:"Requests; ten times rate_limit if left out"`
	DedupWindow *duration              `json:"dedup_window,omitempty"`
	Retention   *duration              `json:"retention,omitempty" doc:"It can be extended, never shortened"`
	Allowlist   *[]string              `json:"allowlist,omitempty" maxItems:"1000" doc:"CIDRs, IPv4 and IPv6"`
	Segments    *bool                  `json:"archive_segments,omitempty" doc:"For high volume: several messages may lie in one object of the archive, which is locked for as long as the one of them that is kept longest; false if left out"`
	Mapping     nullable[hook.Mapping] `json:"mapping,omitempty" doc:"CEL expressions over body, headers, query and received_at; null: messages come as they are"`
}

// secretOr is a secret that was given, or a new one.
func secretOr(given *string) hook.Secret {
	if given == nil {
		return hook.NewEndpointSecret()
	}
	return hook.Secret(*given)
}

func (s *server) endpointRoutes(r *router) {
	const tag = "Endpoints"
	addCreate(r, route{method: "POST", path: "/api/v1/endpoints", summary: "Create an inbound endpoint", tag: tag, roles: operators,
		status: http.StatusCreated}, s.createEndpoint)
	addList(r, route{method: "GET", path: "/api/v1/endpoints", summary: "List inbound endpoints", tag: tag, roles: readers}, s.listEndpoints)
	add(r, route{method: "GET", path: "/api/v1/endpoints/{id}", summary: "Show an inbound endpoint", tag: tag, roles: readers}, s.getEndpoint)
	add(r, route{method: "PATCH", path: "/api/v1/endpoints/{id}", summary: "Change an inbound endpoint", tag: tag, roles: operators}, s.updateEndpoint)
	add(r, route{method: "DELETE", path: "/api/v1/endpoints/{id}", summary: "Delete an inbound endpoint; its messages stay", tag: tag, roles: operators}, s.deleteEndpoint)
	add(r, route{method: "POST", path: "/api/v1/endpoints/{id}/rotate", summary: "Give an inbound endpoint a new secret", tag: tag, roles: operators}, s.rotateEndpoint)
}

func (s *server) createEndpoint(ctx context.Context, who caller, in *creation[endpointSettings]) (endpointView, error) {
	e := hook.Endpoint{
		ID: hook.NewID(), TenantID: who.Tenant, Token: hook.NewToken(), Auth: hook.AuthBearer, Enabled: true,
		RateLimit: hook.DefaultRateLimit, DedupWindow: hook.DefaultDedupWindow,
		Retention: s.Retention,
	}
	if e.Retention == 0 {
		e.Retention = hook.DefaultRetention
	}
	secret := secretOr(in.Body.Secret)
	e.Keys = []hook.Key{{Secret: secret}}
	wrongProvider := in.Body.setProvider(&e)
	wrong := in.Body.apply(&e)
	if in.Body.Burst == nil {
		e.Burst = 10 * e.RateLimit
	}
	if err := joinInvalid(wrongProvider, wrong, in.Body.checkProvider(&e), checkEndpoint(&e)); err != nil {
		return endpointView{}, err
	}
	if e.Provider != "" {
		secret = "" // it is the provider's
	}
	e, err := s.Store.CreateEndpoint(ctx, e)
	return s.showEndpoint(e, secret), err
}

type endpointsInput struct {
	PageInput
	Provider providerName `query:"provider" doc:"Only those for a provider's callbacks"`
}

func (s *server) listEndpoints(ctx context.Context, who caller, in *endpointsInput) (page[endpointView], error) {
	q, err := in.store()
	if err != nil {
		return page[endpointView]{}, err
	}
	rows, err := s.Store.Endpoints(ctx, who.Tenant, string(in.Provider), q)
	return pageOf(in.PageInput, rows, func(e hook.Endpoint) hook.ID { return e.ID },
		func(e hook.Endpoint) endpointView { return s.showEndpoint(e, "") }), err
}

func (s *server) getEndpoint(ctx context.Context, who caller, in *IDInput) (endpointView, error) {
	id, err := in.id("endpoint")
	if err != nil {
		return endpointView{}, err
	}
	e, err := s.Store.Endpoint(ctx, who.Tenant, id)
	return s.showEndpoint(e, ""), err
}

func (s *server) updateEndpoint(ctx context.Context, who caller, in *struct {
	IDInput
	Body endpointSettings
}) (endpointView, error) {
	id, err := in.id("endpoint")
	if err != nil {
		return endpointView{}, err
	}
	e, err := s.Store.UpdateEndpoint(ctx, who.Tenant, id, func(e *hook.Endpoint) error {
		retention := e.Retention
		if in.Body.Secret != nil {
			return hook.Invalid("the endpoint is not valid", hook.FieldError{Pointer: "/secret", Message: "is changed by rotate, which can let the old one stay valid for a while"})
		}
		if err := joinInvalid(in.Body.changeProvider(e), in.Body.apply(e), in.Body.checkProvider(e)); err != nil {
			return err
		}
		if e.Retention < retention {
			return hook.Invalid("the endpoint is not valid",
				hook.FieldError{Pointer: "/retention", Message: "can be extended, never shortened"})
		}
		return checkEndpoint(e)
	})
	return s.showEndpoint(e, ""), err
}

func (s *server) deleteEndpoint(ctx context.Context, who caller, in *IDInput) (deleted, error) {
	id, err := in.id("endpoint")
	if err != nil {
		return deleted{}, err
	}
	return deleted{ID: id, Deleted: true}, s.Store.DeleteEndpoint(ctx, who.Tenant, id)
}

// rotation is the body of every rotate call; it may be left out.
type rotation struct {
	Overlap *duration `json:"overlap,omitempty" doc:"How long the old secret stays valid; it ends at once if left out"`
}

// rotate puts a new secret before the active ones, which end after overlap.
func (in *rotation) rotate(keys []hook.Key, secret hook.Secret) ([]hook.Key, error) {
	rotated := []hook.Key{{Secret: secret}}
	if in == nil || in.Overlap == nil || in.Overlap.Duration == 0 {
		return rotated, nil
	}
	if in.Overlap.Duration > 30*24*time.Hour {
		return nil, hook.Invalid("the rotation is not valid", hook.FieldError{Pointer: "/overlap", Message: "must be at most 30 days"})
	}
	now := time.Now()
	ends := now.Add(in.Overlap.Duration)
	for _, k := range keys[:min(len(keys), 1)] { // two at a time: the new one and the one before
		if k.ExpiresAt.IsZero() || k.ExpiresAt.After(ends) {
			k.ExpiresAt = ends
		}
		if k.ExpiresAt.After(now) {
			rotated = append(rotated, k)
		}
	}
	return rotated, nil
}

func (s *server) rotateEndpoint(ctx context.Context, who caller, in *struct {
	IDInput
	Body *endpointRotation
}) (endpointView, error) {
	id, err := in.id("endpoint")
	if err != nil {
		return endpointView{}, err
	}
	generated := hook.NewEndpointSecret()
	if in.Body != nil {
		generated = secretOr(in.Body.Secret)
	}
	var secret hook.Secret
	e, err := s.Store.UpdateEndpoint(ctx, who.Tenant, id, func(e *hook.Endpoint) (err error) {
		secret, err = in.Body.rotateKeys(e, generated)
		return err
	})
	return s.showEndpoint(e, secret), err
}

func (in *endpointSettings) apply(e *hook.Endpoint) error {
	set(&e.Name, in.Name)
	set(&e.Auth, in.Auth)
	set(&e.Enabled, in.Enabled)
	if in.PublicURL != nil {
		e.PublicURL = strings.TrimRight(*in.PublicURL, "/")
	}
	in.Mapping.setPointer(&e.Mapping)
	set(&e.RateLimit, in.RateLimit)
	set(&e.Burst, in.Burst)
	set(&e.ArchiveSegments, in.Segments)
	if e.Auth == hook.AuthHMAC && e.Signature.Header == "" {
		e.Signature = hook.DefaultSignature()
	}
	if in.Signature != nil {
		set(&e.Signature.Header, in.Signature.Header)
		set(&e.Signature.Prefix, in.Signature.Prefix)
		set(&e.Signature.Encoding, in.Signature.Encoding)
		set(&e.Signature.Element, in.Signature.Element)
		set(&e.Signature.Signed, in.Signature.Signed)
		set(&e.Signature.TimestampHeader, in.Signature.TimestampHeader)
		set(&e.Signature.TimestampElement, in.Signature.TimestampElement)
		set(&e.Signature.Tolerance, in.Signature.Tolerance)
	}
	if in.DedupWindow != nil {
		e.DedupWindow = in.DedupWindow.Duration
	}
	if in.Retention != nil {
		e.Retention = in.Retention.Duration
	}
	if in.Allowlist == nil {
		return nil
	}
	e.Allowlist = nil
	for i, text := range *in.Allowlist {
		prefix, err := parsePrefix(text)
		if err != nil {
			return hook.Invalid("the endpoint is not valid",
				hook.FieldError{Pointer: "/allowlist/" + strconv.Itoa(i), Message: "must be a CIDR such as 192.0.2.0/24 or 2001:db8::/32"})
		}
		e.Allowlist = append(e.Allowlist, prefix)
	}
	return nil
}

// parsePrefix reads a CIDR, or an address as the CIDR of itself. Addresses of
// IPv4 are written in one way.
func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if mapped := prefix.Addr(); mapped.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(mapped.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), err
}

func (s *server) showEndpoint(e hook.Endpoint, secret hook.Secret) endpointView {
	view := endpointView{
		ID: e.ID, Name: e.Name, URL: cmp.Or(e.PublicURL, s.PublicURL) + "/webhooks/incoming/" + cmp.Or(e.Provider, "in") + "/" + e.Token, Token: e.Token, Auth: e.Auth,
		Enabled: e.Enabled, RateLimit: e.RateLimit, Burst: e.Burst,
		DedupWindow: duration{e.DedupWindow}, Retention: duration{e.Retention}, Allowlist: []string{}, Mapping: orNull(e.Mapping), Segments: e.ArchiveSegments,
		CreatedAt: timestamp{e.CreatedAt}, UpdatedAt: timestamp{e.UpdatedAt},
	}
	if e.Auth == hook.AuthHMAC {
		view.Signature = orNull(&e.Signature)
	}
	if e.PublicURL != "" {
		view.PublicURL = &e.PublicURL
	}
	view.showProvider(&e)
	for _, prefix := range e.Allowlist {
		view.Allowlist = append(view.Allowlist, prefix.String())
	}
	if secret != "" {
		value := secret.Reveal()
		view.Secret = &value
	}
	return view
}
