package provider

import (
	"context"
	"errors"
	"time"

	"posthorn/hook"
)

// Provider is a service whose callbacks are understood.
type Provider struct {
	Name string // as in /webhooks/incoming/<name>/<token>
	// Schemes are the ways to sign. A configuration may name the one it uses;
	// it must where the provider has several that a request does not tell apart.
	Schemes []string
	MaxBody int64 // bytes

	choose bool // whether it must
	fields []field
	check  func(s *settings, bad *problems)
	verify func(a *attempt) (Replay, error)
	events func(r *Request, s *settings) Result
}

// Bounds of a callback's body.
const (
	maxCallback = hook.MaxBody // bytes
	maxMail     = hook.MaxMail
)

func table() []*Provider {
	return []*Provider{
		&sendgrid, &sendgridInbound, &mailgun, &mailgunInbound, &postmark, &postmarkInbound, &email,
		&twilioSMS, &twilioWhatsApp, &meta, &messagebird, &ses, &gupshup, &vonage, &plivo,
	}
}

// Lookup finds a provider by its name.
func Lookup(name string) (*Provider, bool) {
	for _, p := range table() {
		if p.Name == name {
			return p, true
		}
	}
	return nil, false
}

// Names lists the providers.
func Names() []string {
	var names []string
	for _, p := range table() {
		names = append(names, p.Name)
	}
	return names
}

// Fetch gets what a URL names, at most MaxFetch bytes of it, and follows no
// redirect. Its errors are taken as passing ones.
type Fetch func(ctx context.Context, url string) ([]byte, error)

// MaxFetch is the most that a Fetch needs to bring, in bytes.
const MaxFetch = 64 << 10

// Verify checks a callback against the versions of its configuration that are
// in force. All of them are tried: how long it takes does not tell which fits.
// Only ses fetches; for all others fetch may be nil.
func (p *Provider) Verify(ctx context.Context, r *Request, c *Config, now time.Time, fetch Fetch) Verdict {
	accepted, refused := Verdict{}, p.refusal(r, nil, refuse(ReasonNoSecret, "this endpoint has no configuration in force"))
	for i, s := range c.versions {
		a := &attempt{Request: r, settings: s, now: now, get: func(url string) ([]byte, error) {
			if fetch == nil {
				return nil, errors.New("no way to fetch was given")
			}
			return fetch(ctx, url)
		}}
		replay, err := p.verify(a)
		switch {
		case err == nil && !accepted.Accepted:
			accepted = Verdict{Accepted: true, Scheme: a.scheme, Key: i, URL: r.shownURL(), Replay: replay}
		case err != nil && (i == 0 || refused.Reason != ReasonUnavailable && reasonOf(err) == ReasonUnavailable):
			refused = p.refusal(r, a, err)
		}
	}
	if accepted.Accepted {
		return accepted
	}
	return refused
}

// Events maps a verified callback. It is a pure function of what it is given
// and never fails: what cannot be read is ignored, with a reason. Unlike
// Verify, it wants the body with its Content-Encoding undone.
func (p *Provider) Events(r *Request, c *Config) Result {
	s := &settings{}
	if len(c.versions) > 0 {
		s = c.versions[0]
	}
	result := p.events(r, s)
	result.finish(p.Name, r)
	return result
}
