package test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/follow"
)

// platform is an endpoint as a page of docs/mapping sets it up, with requests in
// the form that the platform documents.
type platform struct {
	name     string
	settings client.EndpointSettings
	samples  []platformSample
}

type platformSample struct {
	Headers   map[string]string
	Payload   json.RawMessage
	Challenge string
	Want      *struct {
		ExternalID  string            `json:"external_id"`
		Body        string            `json:"body"`
		From        client.Party      `json:"from"`
		To          []client.Party    `json:"to"`
		Attachments []json.RawMessage `json:"attachments"`
		Fields      json.RawMessage   `json:"fields"`
	}
}

func platforms(t *testing.T) (list []platform) {
	t.Helper()
	files, err := filepath.Glob(at("docs/mapping/*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4)
	for _, file := range files {
		p := platform{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		for path, into := range map[string]any{file: &p.settings, at("mapping/testdata/" + filepath.Base(file)): &p.samples} {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(content, into), path)
		}
		list = append(list, p)
	}
	return list
}

// overheard keeps the last answer as it came.
type overheard struct {
	http.RoundTripper
	answer []byte
}

func (o *overheard) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if o.answer, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(o.answer))
	return response, nil
}

func TestWorkedMappingsBringSamplesToADeliveredEvent(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	_, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{URL: &r.url, Events: &[]string{"message.*"}})
	require.NoError(t, err)
	for _, p := range platforms(t) {
		t.Run(p.name, func(t *testing.T) { requirePlatform(t, g, r, &p) })
	}
}

// requirePlatform sends a platform's samples as it does: signed with a secret
// that it has made, which the endpoint is told afterwards.
func requirePlatform(t *testing.T, g *gate, r *receiver, p *platform) {
	t.Helper()
	const secret = "a-secret-that-the-platform-has-made"
	e, err := g.client.CreateEndpointWith(t.Context(), p.settings, "another-secret-at-first")
	require.NoError(t, err)
	e, err = g.client.RotateEndpointTo(t.Context(), e.ID, secret, 0)
	require.NoError(t, err)
	heard := &overheard{RoundTripper: connection(t).Transport}
	sender := e.Sender(secret, client.HTTPClient(&http.Client{Transport: heard}))
	for _, s := range p.samples {
		if s.Want != nil && len(s.Want.Attachments) > 0 {
			continue // they would be fetched from the platform
		}
		as := func(h http.Header) {
			for name, value := range s.Headers {
				h.Set(name, value)
			}
		}
		accepted, err := sender.SendRaw(t.Context(), s.Payload, as)
		if s.Challenge != "" {
			require.Equal(t, s.Challenge, string(heard.answer))
			continue
		}
		require.NoError(t, err)
		requireMapped(t, g, r, &s, accepted)
	}
	_, err = e.Sender(secret+"?", client.HTTPClient(connection(t))).SendRaw(t.Context(), p.samples[0].Payload)
	requireRefused(t, err, http.StatusUnauthorized)
}

func requireMapped(t *testing.T, g *gate, r *receiver, s *platformSample, accepted client.Accepted) {
	t.Helper()
	out, err := follow.Message(t.Context(), g.client, accepted.ID, func(follow.Step) {})
	require.NoError(t, err)
	require.Equal(t, follow.Outcome{Events: 1, Delivered: 1}, out)
	m := g.archived(t, accepted.ID)
	require.Equal(t, s.Want.ExternalID, m.ExternalID)
	require.Equal(t, s.Want.Body, m.Body)
	require.Equal(t, s.Want.From, m.From)
	require.Equal(t, s.Want.To, m.To)
	require.JSONEq(t, string(s.Want.Fields), string(m.Fields))
	require.Equal(t, sum(s.Payload), accepted.SHA256)
	raw, err := g.client.MessageRaw(t.Context(), m.ID)
	require.NoError(t, err)
	defer raw.Body.Close()
	require.Equal(t, accepted.SHA256, sumOf(t, raw.Body), "what is archived is what came")
	require.Contains(t, g.recordText(t, m), `"mapping":{"external_id":`)

	arrived := r.next(t)
	var event struct {
		Data struct {
			MessageID string          `json:"message_id"`
			Body      string          `json:"body"`
			Fields    json.RawMessage `json:"fields"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal(arrived.body, &event))
	require.Equal(t, m.ID, event.Data.MessageID)
	require.Equal(t, s.Want.Body, event.Data.Body)
	require.JSONEq(t, string(s.Want.Fields), string(event.Data.Fields))
}
