package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"posthorn/client"
	"posthorn/simulate"
)

// maxSecret bounds what is read as a secret, in bytes.
const maxSecret = 64 << 10

// target finds the endpoint, or makes one, and what its callbacks are signed
// with.
func (c *simulateCommand) target(ctx context.Context, api *client.Client) (simulate.Target, client.Endpoint, error) {
	made, err := c.generate()
	if err != nil {
		return simulate.Target{}, client.Endpoint{}, err
	}
	name, err := c.nameOf(made)
	if err != nil {
		return simulate.Target{}, client.Endpoint{}, err
	}
	var endpoint client.Endpoint
	if c.Endpoint == "" {
		if _, err := simulate.Make(c.Provider, c.Kind, made); err != nil {
			return simulate.Target{}, endpoint, err // before anything is made
		}
		if endpoint, err = c.own(ctx, api, name, made.Config); err != nil {
			return simulate.Target{}, endpoint, err
		}
	} else if endpoint, err = api.Endpoint(ctx, c.Endpoint); err != nil {
		return simulate.Target{}, endpoint, err
	}
	if endpoint.Provider != c.Provider {
		return simulate.Target{}, endpoint, fmt.Errorf("the endpoint %s is for %s, not for %s", endpoint.ID, cmp.Or(endpoint.Provider, "a producer's own messages"), c.Provider)
	}
	if endpoint.Name != name {
		if made, err = c.configured(endpoint, made); err != nil {
			return simulate.Target{}, endpoint, err
		}
	}
	made.URL, made.MediaURL = endpoint.URL, c.MediaURL
	return made, endpoint, nil
}

// generate makes what an endpoint of our own has. All of it comes from the API
// key, so that the next run finds it again and nothing need be kept; but for the
// certificate of ses, which is new where no file has one.
func (c *simulateCommand) generate() (simulate.Target, error) {
	made, err := simulate.Generate(c.Provider, c.Scheme, []byte(c.APIKey))
	if err != nil || c.Provider != "ses" {
		return made, err
	}
	certificate, err := c.certificate()
	switch {
	case err == nil:
	case c.Endpoint == "" && (c.SNSCerts == "" || errors.Is(err, simulate.ErrNoKey)):
		if certificate, err = simulate.NewCertificate(); err != nil {
			return made, err
		}
		made.Config.Certificates = map[string]string{certificate.URL: certificate.PEM}
	default:
		return made, err
	}
	made.Key, made.CertificateURL = certificate.Key, certificate.URL
	return made, nil
}

// certificate is the one of the file.
func (c *simulateCommand) certificate() (simulate.Certificate, error) {
	if c.SNSCerts == "" {
		return simulate.Certificate{}, errors.New("what SNS signs needs a key of Amazon's: name a file of certificates with their keys in POSTHORN_SNS_CERTS")
	}
	content, err := os.ReadFile(c.SNSCerts)
	if err != nil {
		return simulate.Certificate{}, err
	}
	certificate, err := simulate.ParseFile(content)
	if err != nil {
		return certificate, fmt.Errorf("%s: %w", c.SNSCerts, err)
	}
	return certificate, nil
}

// nameOf is that of our own endpoint: of the secrets that it has.
func (c *simulateCommand) nameOf(made simulate.Target) (string, error) {
	raw, err := json.Marshal(made.Config)
	sum := sha256.Sum256(raw)
	return fmt.Sprintf("Simulated %s %s", c.Provider, hex.EncodeToString(sum[:4])), err
}

// own finds our own endpoint, or makes it.
func (c *simulateCommand) own(ctx context.Context, api *client.Client, name string, config simulate.Config) (client.Endpoint, error) {
	for e, err := range api.Endpoints(ctx) {
		if err != nil {
			return e, err
		}
		if e.Name == name && e.Provider == c.Provider && e.Enabled {
			say("endpoint", "%s, %s", e.Name, e.ID)
			return e, nil
		}
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return client.Endpoint{}, err
	}
	e, err := api.CreateEndpoint(ctx, client.EndpointSettings{Name: &name, Provider: &c.Provider, ProviderConfig: raw})
	if err == nil {
		say("endpoint", "%s, %s, made just now", e.Name, e.ID)
	}
	return e, err
}

// configured is what an endpoint of somebody's is signed with: its
// configuration as it is shown, and the secret that was given.
func (c *simulateCommand) configured(e client.Endpoint, made simulate.Target) (simulate.Target, error) {
	say("endpoint", "%s, %s", e.Name, e.ID)
	t := simulate.Target{}
	if c.Provider == "ses" {
		t.Key, t.CertificateURL = made.Key, made.CertificateURL
	}
	if err := json.Unmarshal(e.ProviderConfig, &t.Config); err != nil {
		return t, fmt.Errorf("the endpoint's provider_config: %w", err)
	}
	if c.Scheme != "" {
		t.Config.Scheme = c.Scheme
	}
	secret, err := c.readSecret()
	if err != nil {
		return t, err
	}
	name, err := simulate.SecretName(c.Provider, c.Kind, t.Config)
	if err != nil {
		return t, err
	}
	switch {
	case secret == "" && name != "":
		return t, fmt.Errorf("the API does not show the endpoint's %s: give it in POSTHORN_SIMULATE_SECRET, or with --secret-file", name)
	case secret == "":
		return t, nil
	case strings.HasPrefix(secret, "-----BEGIN"):
		t.Key, err = simulate.ParseKey([]byte(secret))
		return t, err
	case strings.HasPrefix(secret, "{"):
		if json.Unmarshal([]byte(secret), &t.Config) != nil {
			return t, errors.New("the secret begins as a JSON object and is none")
		}
		return t, nil
	case name == "":
		return t, fmt.Errorf("%s is signed with a private key: give it in PEM", c.Provider)
	}
	raw, err := json.Marshal(map[string]string{name: secret})
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(raw, &t.Config)
}

func (c *simulateCommand) readSecret() (string, error) {
	if c.SecretFile == "" {
		return strings.TrimSpace(c.Secret), nil
	}
	from := os.Stdin
	if c.SecretFile != "-" {
		file, err := os.Open(c.SecretFile)
		if err != nil {
			return "", err
		}
		defer file.Close()
		from = file
	}
	content, err := io.ReadAll(io.LimitReader(from, maxSecret))
	return strings.TrimSpace(string(content)), err
}
