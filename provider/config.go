package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"posthorn/hook"
)

// Config is an endpoint's provider_config: its versions in force, newest first.
type Config struct{ versions []*settings }

// pointer is where provider_config lies in the request that makes an endpoint.
const pointer = "/provider_config"

// mask stands in answers for a secret; sent back, it means "unchanged".
const mask = "•••"

// problems collects what is wrong with a configuration.
type problems []hook.FieldError

func (p *problems) add(field, message string) {
	at := pointer
	if field != "" {
		at += "/" + field
	}
	*p = append(*p, hook.FieldError{Pointer: at, Message: message})
}

// Parse checks a provider_config that a user gave. What it returns is the
// same, normalised, to be stored encrypted as one of the endpoint's keys. Its
// error is a *hook.Error of CodeInvalid that names every bad field and holds
// no secret.
func (p *Provider) Parse(config []byte) (hook.Secret, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(config, &object); err != nil || object == nil {
		return "", hook.Invalid("the provider_config is not valid",
			hook.FieldError{Pointer: pointer, Message: "must be a JSON object"})
	}
	return p.parse(object)
}

// Patch is Parse of the current configuration with some fields replaced; null
// removes one. A secret that comes back masked stays what it is.
func (p *Provider) Patch(current hook.Secret, patch []byte) (hook.Secret, error) {
	var object, changes map[string]json.RawMessage
	if err := json.Unmarshal([]byte(current.Reveal()), &object); err != nil {
		return "", hook.Unavailable(errors.New("provider: a stored configuration is not JSON"))
	}
	if err := json.Unmarshal(patch, &changes); err != nil || changes == nil {
		return "", hook.Invalid("the provider_config is not valid",
			hook.FieldError{Pointer: pointer, Message: "must be a JSON object"})
	}
	for name, value := range changes {
		switch f, known := p.field(name); {
		case known && f.kind == secret && string(value) == string(encode(mask)):
		case string(value) == "null":
			delete(object, name)
		default:
			object[name] = value
		}
	}
	return p.parse(object)
}

// Config takes the active secrets that Parse made, newest first.
func (p *Provider) Config(active []hook.Secret) (*Config, error) {
	c := &Config{}
	for _, stored := range active {
		s := &settings{}
		if err := json.Unmarshal([]byte(stored.Reveal()), s); err != nil {
			return nil, errors.New("provider: a stored configuration is not JSON")
		}
		if err := s.prepare(); err != nil {
			return nil, fmt.Errorf("provider: a stored configuration: %w", err)
		}
		c.versions = append(c.versions, s)
	}
	return c, nil
}

// Mask is the configuration as it is shown: secrets are masked.
func (p *Provider) Mask(stored hook.Secret) json.RawMessage {
	shown := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(stored.Reveal()), &shown) != nil {
		return json.RawMessage("{}")
	}
	for _, f := range p.all() {
		if _, set := shown[f.name]; set && f.kind == secret {
			shown[f.name] = encode(mask)
		}
	}
	return encode(shown)
}

// Credentials name what a request carries that is a secret itself, not a
// signature: headers, and parameters of the query. They are replaced before
// the request is stored.
func (p *Provider) Credentials(c *Config) (headers, parameters []string) {
	headers = []string{"Authorization"}
	for _, s := range c.versions {
		if s.HeaderName != "" && !slices.Contains(headers, s.HeaderName) {
			headers = append(headers, s.HeaderName)
		}
		if s.VerifyToken != "" && parameters == nil {
			parameters = []string{"hub.verify_token"}
		}
	}
	return headers, parameters
}

func (p *Provider) parse(object map[string]json.RawMessage) (hook.Secret, error) {
	var bad problems
	kept := map[string]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		f, known := p.field(name)
		switch value := object[name]; {
		case !known:
			bad.add(escape(name), "is no setting of "+p.Name+"; it has "+p.fieldNames())
		case string(bytes.TrimSpace(value)) == "null": // the same as leaving it out
		default:
			if message := f.complaint(value); message != "" {
				bad.add(name, message)
			}
			kept[name] = value
		}
	}
	for _, f := range p.all() {
		if _, set := kept[f.name]; f.required && !set {
			bad.add(f.name, "is required")
		}
	}
	if len(bad) == 0 {
		s := &settings{}
		if err := json.Unmarshal(encode(kept), s); err != nil {
			bad.add("", "must be a JSON object of settings")
		} else if p.check != nil {
			p.check(s, &bad)
		}
	}
	if len(bad) > 0 {
		return "", hook.Invalid("the provider_config is not valid", bad...)
	}
	return hook.Secret(encode(kept)), nil
}

// all are the provider's fields with those that every provider has.
func (p *Provider) all() []field {
	fields := append(slices.Clone(p.fields), field{name: "scheme", kind: choice, required: p.choose, choices: p.Schemes})
	return append(fields, toleranceField)
}

func (p *Provider) field(name string) (field, bool) {
	for _, f := range p.all() {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func (p *Provider) fieldNames() string {
	var names []string
	for _, f := range p.all() {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}
