package api

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
	"posthorn/provider"
)

// providerName is the name of a provider whose callbacks are understood.
type providerName string

// Schema lists them.
func (providerName) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, name := range provider.Names() {
		s.Enum = append(s.Enum, name)
	}
	return s
}

// providerConfig is a JSON object whose keys depend on the provider.
type providerConfig struct{ json.RawMessage }

// Schema describes any object.
func (providerConfig) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "How the provider's callbacks are verified; docs/providers.md lists the keys of each. Secrets are stored encrypted and shown masked."}
}

// endpointRotation is the body of an endpoint's rotate call; it may be left out.
type endpointRotation struct {
	Overlap        *duration       `json:"overlap,omitempty" doc:"How long the old secret stays valid; it ends at once if left out"`
	Secret         *string         `json:"secret,omitempty" minLength:"16" maxLength:"500" pattern:"^[!-~]+$" patternDescription:"printable ASCII characters without blanks" doc:"One that the sending platform has made; left out: a new one is generated"`
	ProviderConfig *providerConfig `json:"provider_config,omitempty" doc:"Of a provider's endpoint: what changes, such as the new secret"`
}

// setProvider makes an endpoint one of a provider's, with its configuration.
func (in *endpointSettings) setProvider(e *hook.Endpoint) error {
	if in.Provider == nil {
		return nil
	}
	p, known := provider.Lookup(string(*in.Provider))
	switch {
	case !known:
		return invalidEndpoint("/provider", "must be one of "+strings.Join(provider.Names(), ", "))
	case in.ProviderConfig == nil:
		return invalidEndpoint("/provider_config", "is required with provider: callbacks are verified by it")
	}
	e.Provider, e.Auth, e.Signature = p.Name, hook.AuthProvider, hook.SignatureScheme{}
	secret, err := p.Parse(in.ProviderConfig.RawMessage)
	e.Keys = []hook.Key{{Secret: secret}}
	return err
}

// changeProvider changes the newest configuration in its place: what it was
// ends at once.
func (in *endpointSettings) changeProvider(e *hook.Endpoint) error {
	if in.Provider != nil && string(*in.Provider) != e.Provider {
		return invalidEndpoint("/provider", "cannot be changed; make another endpoint")
	}
	if in.ProviderConfig == nil {
		return nil
	}
	secret, err := patchConfig(e, in.ProviderConfig)
	if err == nil {
		e.Keys[0].Secret = secret
	}
	return err
}

// patchConfig is an endpoint's configuration with what is to change.
func patchConfig(e *hook.Endpoint, change *providerConfig) (hook.Secret, error) {
	p, known := provider.Lookup(e.Provider)
	if !known || len(e.Keys) == 0 {
		return "", invalidEndpoint("/provider_config", "is for the endpoints of a provider")
	}
	return p.Patch(e.Keys[0].Secret, change.RawMessage)
}

// checkProvider complains about what a provider's endpoint does not have.
func (in *endpointSettings) checkProvider(e *hook.Endpoint) error {
	switch {
	case e.Provider == "" && in.ProviderConfig != nil:
		return invalidEndpoint("/provider_config", "is for the endpoints of a provider: give provider, too")
	case e.Provider != "" && in.Signature != nil:
		return invalidEndpoint("/signature", "must be left out: a provider's callbacks are checked by its provider_config")
	}
	return nil
}

// joinInvalid names the bad fields of all of them at once.
func joinInvalid(list ...error) error {
	var bad *hook.Error
	for _, err := range list {
		found, ok := errors.AsType[*hook.Error](err)
		switch {
		case err == nil:
		case !ok || found.Code != hook.CodeInvalid:
			return err
		case bad == nil:
			bad = hook.Invalid("the endpoint is not valid", found.Fields...)
		default:
			bad.Fields = append(bad.Fields, found.Fields...)
		}
	}
	if bad == nil {
		return nil
	}
	return bad
}

func invalidEndpoint(pointer, message string) error {
	return hook.Invalid("the endpoint is not valid", hook.FieldError{Pointer: pointer, Message: message})
}

// rotateKeys gives an endpoint its next secret; of a provider's it is the
// configuration with what changes.
func (in *endpointRotation) rotateKeys(e *hook.Endpoint, generated hook.Secret) (shown hook.Secret, err error) {
	var change *providerConfig
	var overlap *rotation
	if in != nil {
		change, overlap = in.ProviderConfig, &rotation{Overlap: in.Overlap}
	}
	shown = generated
	if e.Provider != "" {
		if in != nil && in.Secret != nil {
			return "", invalidEndpoint("/secret", "is part of provider_config, of a provider's endpoint")
		}
		if change == nil {
			return "", invalidEndpoint("/provider_config", "is required: the new secret comes from the provider")
		}
		shown = ""
	}
	if change != nil {
		if generated, err = patchConfig(e, change); err != nil {
			return "", err
		}
	}
	e.Keys, err = overlap.rotate(e.Keys, generated)
	return shown, err
}

// showProvider adds what only a provider's endpoint has.
func (v *endpointView) showProvider(e *hook.Endpoint) {
	p, known := provider.Lookup(e.Provider)
	if !known {
		return
	}
	v.Provider = &p.Name
	if len(e.Keys) > 0 {
		v.ProviderConfig = &providerConfig{p.Mask(e.Keys[0].Secret)}
	}
	for _, k := range e.Keys[min(1, len(e.Keys)):] {
		if k.ExpiresAt.After(time.Now()) {
			v.FormerConfigEnds = timestamp{k.ExpiresAt}
		}
	}
}
