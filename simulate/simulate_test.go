package simulate_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/provider"
	"posthorn/simulate"
)

const base = "https://hooks.example.com"

// seed is any that is long enough.
var seed = []byte("a seed that is nobody's but this test's")

// certificate is that of SNS; making one takes a while.
var certificate = func() simulate.Certificate {
	c, err := simulate.NewCertificate()
	if err != nil {
		panic(err)
	}
	return c
}()

func fetch(_ context.Context, url string) ([]byte, error) {
	if url != certificate.URL {
		return nil, errors.New("not there")
	}
	return []byte(certificate.PEM), nil
}

// target is an endpoint as simulate makes one, and as Posthorn knows it.
func target(t *testing.T, name, scheme string) (simulate.Target, *provider.Provider, *provider.Config) {
	t.Helper()
	made, err := simulate.Generate(name, scheme, seed)
	require.NoError(t, err)
	made.URL = base + "/webhooks/incoming/" + name + "/token"
	if name == "ses" {
		made.Key, made.CertificateURL = certificate.Key, certificate.URL
	}
	p, config := known(t, name, made.Config)
	return made, p, config
}

func known(t *testing.T, name string, made simulate.Config) (*provider.Provider, *provider.Config) {
	t.Helper()
	p, ok := provider.Lookup(name)
	require.True(t, ok, name)
	raw, err := json.Marshal(made)
	require.NoError(t, err)
	stored, err := p.Parse(raw)
	require.NoError(t, err)
	config, err := p.Config([]hook.Secret{stored})
	require.NoError(t, err)
	return p, config
}

// arrived is a callback as the gateway sees it behind a proxy.
func arrived(c simulate.Callback) *provider.Request {
	return &provider.Request{
		Method: c.Method, URL: provider.PublicURL(base, strings.TrimPrefix(c.URL, base)), Header: c.Header, Body: c.Body,
	}
}

func TestEveryKindByEverySchemeIsAcceptedAndBecomesItsEvents(t *testing.T) {
	t.Parallel()
	require.Equal(t, provider.Names(), simulate.Providers())
	for _, name := range simulate.Providers() {
		for _, scheme := range simulate.Schemes(name) {
			kinds := simulate.Kinds(name, scheme)
			require.NotEmpty(t, kinds)
			for _, kind := range kinds {
				t.Run(name+"/"+scheme+"/"+kind.Name, func(t *testing.T) {
					t.Parallel()
					made, p, config := target(t, name, scheme)
					seen := map[string]bool{}
					for range 2 {
						c, err := simulate.Make(name, kind.Name, made)
						require.NoError(t, err)
						require.Equal(t, kind, c.Kind)
						require.NotContains(t, c.URL+string(c.Body), "«")
						r := arrived(c)
						verdict := p.Verify(t.Context(), r, config, time.Now(), fetch)
						require.True(t, verdict.Accepted, "%+v", verdict)
						if kind.Name != "challenge" {
							require.Equal(t, scheme, verdict.Scheme)
						}
						result := p.Events(r, config)
						var types []string
						for _, e := range result.Events {
							types = append(types, e.Type)
						}
						require.ElementsMatch(t, kind.Events, types, "%+v", result)
						require.Equal(t, http.StatusOK, result.Answer.Status)
						if kind.Name != "sandbox" { // it says the same each time
							require.False(t, seen[result.DedupeKey], "a second callback is no duplicate of the first")
						}
						seen[result.DedupeKey] = true
					}
				})
			}
		}
	}
}

func TestAnotherSecretOrAChangedRequestIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range simulate.Providers() {
		for _, scheme := range simulate.Schemes(name) {
			made, p, config := target(t, name, scheme)
			c, err := simulate.Make(name, "", made)
			require.NoError(t, err)

			other, err := simulate.Generate(name, scheme, []byte("another seed, of another endpoint"))
			require.NoError(t, err)
			other.Config.TopicARNs = append(other.Config.TopicARNs[:0:0], "arn:aws:sns:us-east-1:1:other")
			if name != "ses" {
				other.Config.TopicARNs = nil
			}
			_, others := known(t, name, other.Config)
			require.False(t, p.Verify(t.Context(), arrived(c), others, time.Now(), fetch).Accepted, "%s %s: another endpoint's", name, scheme)
			if scheme == "basic-auth" || scheme == "static-header" || scheme == "mailgun-hmac" || scheme == "plivo-v2" {
				continue // they leave the content unsigned
			}
			changed := arrived(c)
			if changed.Body = append([]byte(nil), c.Body...); len(changed.Body) > 0 {
				changed.Body = []byte(strings.Replace(string(c.Body), "1", "2", 1))
			} else {
				changed.URL += "&x=1"
			}
			require.False(t, p.Verify(t.Context(), changed, config, time.Now(), fetch).Accepted, "%s %s: changed", name, scheme)
		}
	}
}

func TestASignatureOfAnyAlgorithmOfVonageIsAccepted(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"md5hash", "md5", "sha1", "sha256", "sha512"} {
		made, _, _ := target(t, "vonage", "vonage-sig")
		made.Config.Algorithm = algorithm
		p, config := known(t, "vonage", made.Config)
		for _, kind := range simulate.Kinds("vonage", "vonage-sig") {
			c, err := simulate.Make("vonage", kind.Name, made)
			require.NoError(t, err)
			require.True(t, p.Verify(t.Context(), arrived(c), config, time.Now(), nil).Accepted, "%s %s", algorithm, kind.Name)
		}
	}
}
