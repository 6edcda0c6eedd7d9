// Package simulate makes the callbacks that fifteen providers send, signed as
// the provider signs them, for trying an endpoint out without an account
// there. It sends nothing, and shares no code with what verifies callbacks:
// each is a check of the other.
//
//	config, err := simulate.Generate("twilio-sms", "", seed) // for an endpoint to be made
//	callback, err := simulate.Make("twilio-sms", "delivered", simulate.Target{URL: endpointURL, Config: config})
//	request, err := callback.Request(ctx)
//
// Ids and times are new in each callback, so that none is a duplicate.
package simulate

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"net/http"
	"time"
)

// Kind is something that a provider reports.
type Kind struct {
	Name   string   // such as bounced; see Kinds
	About  string   // in a few words
	Events []string // the types of the events that it becomes; none: it is archived alone
}

// Target is the endpoint that a callback is made for.
type Target struct {
	URL    string // as entered at the provider: signatures cover it
	Config Config // its secrets in the clear
	// Key is what only the provider has: the private key of sendgrid (ECDSA on
	// P-256), or that of the certificate with which SNS signs (RSA).
	Key            crypto.Signer
	CertificateURL string    // of SNS
	MediaURL       string    // the file of a kind with media; "": one at the provider
	Now            time.Time // zero: now
}

// Callback is a signed request, as the provider sends it.
type Callback struct {
	Kind   Kind
	ID     string // the provider's id of the message that it is about
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Request is the callback to be sent.
func (c Callback) Request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	request.Header = c.Header.Clone()
	return request, nil
}

// Make makes a callback of a kind; "" is the provider's first.
func Make(provider, kindName string, t Target) (Callback, error) {
	s, err := lookup(provider)
	if err != nil {
		return Callback{}, err
	}
	scheme, err := s.scheme(t.Config)
	if err != nil {
		return Callback{}, err
	}
	k, err := s.kind(kindName, scheme)
	if err != nil {
		return Callback{}, err
	}
	d := newDraft(s, scheme, t)
	k.write(d)
	if s.prepare != nil {
		s.prepare(d)
	}
	d.encode()
	if err := s.sign(d); err != nil {
		return Callback{}, fmt.Errorf("%s cannot be signed: %w", s.name, err)
	}
	return Callback{Kind: k.public(), ID: d.values["id"], Method: d.method, URL: d.url(), Header: d.header, Body: d.body}, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
