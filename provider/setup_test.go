package provider

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// vector is a request with the verdict that it must get.
type vector struct {
	ID, Provider, Scheme, Name, Level, Method, URL string
	Headers                                        map[string]string
	Body                                           []byte `json:"body_b64"`
	Config                                         map[string]any
	EvaluatedAt                                    int64 `json:"evaluated_at"`
	Policy                                         struct {
		Tolerance *int64   `json:"tolerance_seconds"`
		Skew      *int64   `json:"max_skew_seconds"`
		Seen      []string `json:"seen_nonces"`
	}
	Expected struct {
		Valid    bool
		Reason   string
		Response *struct {
			Status      int
			Body        string
			ContentType string `json:"content_type"`
		}
	}
}

func vectors(t testing.TB) []vector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(raw, &all))
	require.NotEmpty(t, all)
	return all
}

func (v *vector) request() *Request {
	return &Request{Method: v.Method, URL: v.URL, Header: headerOf(v.Headers), Body: v.Body}
}

func headerOf(fields map[string]string) http.Header {
	h := http.Header{}
	for name, value := range fields {
		h.Set(name, value)
	}
	return h
}

// config makes the configuration of a vector, around Parse: some are refused
// there, and must be refused here as well.
func (v *vector) config(t testing.TB) *Config {
	t.Helper()
	return configOf(t, v.Provider, v.fields())
}

func (v *vector) fields() map[string]any {
	fields := map[string]any{}
	maps.Copy(fields, v.Config)
	if v.Provider == "messagebird" || v.Provider == "vonage" {
		fields["scheme"] = v.Scheme
	}
	if tolerance := v.Policy.Tolerance; tolerance != nil {
		fields["tolerance_seconds"] = *tolerance
	} else if skew := v.Policy.Skew; skew != nil {
		fields["tolerance_seconds"] = *skew
	}
	if v.Provider == "ses" && fields["topic_arns"] == nil {
		envelope, _ := parseObject(v.Body)
		fields["topic_arns"] = []string{firstOf(envelope.text("TopicArn"), "arn:aws:sns:eu-west-1:1:none")}
	}
	return fields
}

func lookup(t testing.TB, name string) *Provider {
	t.Helper()
	p, ok := Lookup(name)
	require.True(t, ok, name)
	return p
}

// configOf takes configurations as they are, newest first.
func configOf(t testing.TB, name string, versions ...map[string]any) *Config {
	t.Helper()
	var secrets []hook.Secret
	for _, fields := range versions {
		secrets = append(secrets, hook.Secret(encode(fields)))
	}
	c, err := lookup(t, name).Config(secrets)
	require.NoError(t, err)
	return c
}

// noFetch fails where nothing should be fetched.
func noFetch(_ context.Context, url string) ([]byte, error) {
	return nil, errors.New("nothing should be fetched, and " + url + " was")
}

func verify(t testing.TB, v *vector, c *Config) Verdict {
	t.Helper()
	return lookup(t, v.Provider).Verify(t.Context(), v.request(), c, time.Unix(v.EvaluatedAt, 0), noFetch)
}

// fixture is a request with what it means.
type fixture struct {
	Method, URL string
	Headers     map[string]string
	Body        []byte `json:"body_b64"`
	Expected    struct {
		Outcome  Outcome
		Events   []map[string]any
		Ignored  []map[string]any
		Response struct {
			Status      int
			Body        *string
			ContentType string `json:"content_type"`
		}
	}
}

// fixtures are those in testdata by provider/name.
func fixtures(t testing.TB) map[string]fixture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "fixtures", "*", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]fixture{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var f fixture
		require.NoError(t, json.Unmarshal(raw, &f))
		all[filepath.Base(filepath.Dir(file))+"/"+strings.TrimSuffix(filepath.Base(file), ".json")] = f
	}
	return all
}
