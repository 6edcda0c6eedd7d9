package simulate

import (
	"fmt"
	"slices"
	"strings"
)

// simulator is how one provider writes and signs.
type simulator struct {
	name    string
	schemes []string // the first is the one that is taken where none is named
	header  map[string]string
	id      func() string // a message's
	media   string        // where its files lie
	kinds   []kind
	// prepare signs pairs before they are encoded, where the provider does.
	prepare func(d *draft)
	sign    func(d *draft) error
	// secret is the key of provider_config that signs by a scheme; "" where a
	// private key does.
	secret func(scheme string) string
}

// kind is one that a simulator knows. Where schemes are named it is of them
// alone.
type kind struct {
	name    string
	events  string
	about   string
	write   func(d *draft)
	schemes []string
}

func table() []*simulator {
	return []*simulator{
		&sendgrid, &sendgridInbound, &mailgun, &mailgunInbound, &postmark, &postmarkInbound, &email,
		&twilioSMS, &twilioWhatsApp, &meta, &messagebird, &ses, &gupshup, &vonage, &plivo,
	}
}

// Providers lists those that can be simulated.
func Providers() []string {
	var names []string
	for _, s := range table() {
		names = append(names, s.name)
	}
	return names
}

// Schemes lists a provider's ways to sign; the first is the default.
func Schemes(provider string) []string {
	s, err := lookup(provider)
	if err != nil {
		return nil
	}
	return slices.Clone(s.schemes)
}

// Kinds lists what a provider reports by a scheme, "" for its default.
func Kinds(provider, scheme string) []Kind {
	s, err := lookup(provider)
	if err != nil {
		return nil
	}
	var kinds []Kind
	for _, k := range s.kinds {
		if k.is(first(scheme, s.schemes[0])) {
			kinds = append(kinds, k.public())
		}
	}
	return kinds
}

// SecretName is the key of provider_config with which a kind is signed at an
// endpoint; "" for what a private key signs.
func SecretName(provider, kind string, c Config) (string, error) {
	s, err := lookup(provider)
	if err != nil {
		return "", err
	}
	scheme, err := s.scheme(c)
	if err != nil {
		return "", err
	}
	if kind == challenge {
		return "verify_token", nil
	}
	return s.secret(scheme), nil
}

func (k *kind) is(scheme string) bool {
	return len(k.schemes) == 0 || slices.Contains(k.schemes, scheme)
}

func (k *kind) public() Kind {
	return Kind{Name: k.name, About: k.about, Events: strings.Fields(k.events)}
}

func lookup(provider string) (*simulator, error) {
	for _, s := range table() {
		if s.name == provider {
			return s, nil
		}
	}
	return nil, fmt.Errorf("there is no provider %q: choose one of %s", provider, strings.Join(Providers(), ", "))
}

// kind finds one by its name; "" is the first.
func (s *simulator) kind(name, scheme string) (*kind, error) {
	var names []string
	for i := range s.kinds {
		k := &s.kinds[i]
		if !k.is(scheme) {
			continue
		}
		if names = append(names, k.name); name == "" || k.name == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("%s has no kind %q by the scheme %s: choose one of %s", s.name, name, scheme, strings.Join(names, ", "))
}

// scheme is the one that a configuration means.
func (s *simulator) scheme(c Config) (string, error) {
	switch {
	case c.Scheme != "" && !slices.Contains(s.schemes, c.Scheme):
		return "", fmt.Errorf("%s has no scheme %q: choose one of %s", s.name, c.Scheme, strings.Join(s.schemes, ", "))
	case c.Scheme != "":
		return c.Scheme, nil
	case slices.Contains(s.schemes, staticHeader) && c.Header != "":
		return staticHeader, nil
	case slices.Contains(s.schemes, basicAuth) && c.Username != "" && c.PublicKey == "":
		return basicAuth, nil
	}
	return s.schemes[0], nil
}
