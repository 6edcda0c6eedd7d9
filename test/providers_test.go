package test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/simulate"
)

// TestEachProvidersCallbacksAreArchivedAndDelivered sends every kind that each
// provider knows, by every way to sign, over HTTP, and follows it to a webhook.
func TestEachProvidersCallbacksAreArchivedAndDelivered(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	g.webhook(t, r, func(s *client.WebhookSettings) { s.Events = &[]string{"email", "message"} })
	media := files(t, fetched)
	certificate, err := simulate.NewCertificate()
	require.NoError(t, err)
	t.Run("of", func(t *testing.T) { // ends when all have
		for _, name := range simulate.Providers() {
			for _, scheme := range simulate.Schemes(name) {
				t.Run(name+" by "+scheme, func(t *testing.T) {
					t.Parallel()
					c := g.caller(t, name, scheme, certificate)
					c.target.MediaURL, c.receiver = media, r
					for _, kind := range simulate.Kinds(name, scheme) {
						if name == "ses" && kind.Name == "confirmation" {
							continue // Posthorn would ask Amazon for it
						}
						c.follow(t, kind)
					}
				})
			}
		}
	})
}

// caller is a provider that has an endpoint.
type caller struct {
	*gate
	provider string
	endpoint client.Endpoint
	target   simulate.Target
	http     *http.Client
	receiver *receiver
}

func (g *gate) caller(t *testing.T, name, scheme string, certificate simulate.Certificate) *caller {
	t.Helper()
	target, err := simulate.Generate(name, scheme, []byte(g.tenant.Key))
	require.NoError(t, err)
	if name == "ses" {
		target.Key, target.CertificateURL = certificate.Key, certificate.URL
		target.Config.Certificates = map[string]string{certificate.URL: certificate.PEM}
	}
	config, err := json.Marshal(target.Config)
	require.NoError(t, err)
	e, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{Name: &name, Provider: &name, ProviderConfig: config})
	require.NoError(t, err)
	require.Equal(t, name, e.Provider)
	require.Empty(t, e.Secret)
	target.URL = e.URL
	return &caller{gate: g, provider: name, endpoint: e, target: target, http: connection(t)}
}

// follow sends a callback of a kind and looks at what becomes of it.
func (c *caller) follow(t *testing.T, kind simulate.Kind) {
	t.Helper()
	callback, err := simulate.Make(c.provider, kind.Name, c.target)
	require.NoError(t, err)
	status, answer := c.send(t, callback)
	require.Equal(t, http.StatusOK, status, "%s: %s", kind.Name, answer)
	c.requireAnswer(t, kind, answer)
	if kind.Name == "challenge" {
		return
	}
	message := c.message(t, callback)
	require.Equal(t, sum(callback.Body), message.SHA256, kind.Name)
	raw, err := c.client.MessageRaw(t.Context(), message.ID)
	require.NoError(t, err)
	defer raw.Body.Close()
	content, err := io.ReadAll(raw.Body)
	require.NoError(t, err)
	require.Equal(t, string(callback.Body), string(content), "%s: the archive has the bytes as they came", kind.Name)

	var types []string
	for e, err := range c.client.Events(t.Context(), client.EventFilter{MessageID: message.ID}) {
		require.NoError(t, err)
		if e.Type == "attachment.failed" {
			require.Equal(t, "meta", c.provider, "only its media need a token that is not there")
			continue
		}
		types = append(types, e.Type)
		c.requireDelivered(t, e, message)
	}
	require.ElementsMatch(t, kind.Events, types, kind.Name)
	if kind.Name == "media" {
		require.Len(t, message.Attachments, 1)
		require.Equal(t, c.provider == "meta", message.Attachments[0].Failed != "", message.Attachments[0].Failed)
	}
}

func (c *caller) send(t *testing.T, callback simulate.Callback) (status int, answer string) {
	t.Helper()
	request, err := callback.Request(t.Context())
	require.NoError(t, err)
	response, err := c.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// requireAnswer holds the answer to what the provider makes of it.
func (c *caller) requireAnswer(t *testing.T, kind simulate.Kind, answer string) {
	t.Helper()
	switch received := slices.Contains(kind.Events, "message.received"); {
	case strings.HasPrefix(c.provider, "twilio") && received:
		require.Equal(t, "<Response></Response>", answer, kind.Name)
	case c.provider == "messagebird":
		require.Equal(t, "OK", answer, kind.Name)
	case kind.Name == "challenge":
		require.NotEmpty(t, answer)
	default:
		require.Empty(t, answer, kind.Name)
	}
}

// message waits for the newest message of the endpoint, which nobody else sends
// to, and for its record.
func (c *caller) message(t *testing.T, callback simulate.Callback) client.Message {
	t.Helper()
	return await(t, func() (client.Message, error) {
		for m, err := range c.client.Messages(t.Context(), client.MessageFilter{EndpointID: c.endpoint.ID}) {
			return m, err
		}
		return client.Message{}, nil
	}, func(m client.Message) bool {
		return m.Status == client.MessageArchived && m.SHA256 == sum(callback.Body) &&
			(len(callback.Body) > 0 || strings.Contains(m.ExternalID, callback.ID))
	}, c.provider+": "+callback.Kind.Name+" is archived")
}

// requireDelivered waits until the webhook has the event, and reads it.
func (c *caller) requireDelivered(t *testing.T, e client.Event, m client.Message) {
	t.Helper()
	got := await(t, func() (arrival, error) { return c.receiver.of(e.ID), nil },
		func(a arrival) bool { return a.body != nil }, c.provider+": "+e.Type+" is delivered")
	require.Equal(t, e.Type, got.header.Get("X-Webhook-Event"))
	var body struct {
		Data struct {
			Provider, Channel, Direction string
			MessageID                    string `json:"message_id"`
			DedupeKey                    string `json:"dedupe_key"`
			Message                      json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(got.body, &body))
	require.Equal(t, c.provider, body.Data.Provider)
	require.Equal(t, m.ID, body.Data.MessageID)
	require.NotEmpty(t, body.Data.DedupeKey)
	inbound := e.Type == "message.received" || e.Type == "message.created"
	require.Equal(t, inbound, body.Data.Direction == "inbound")
	require.Equal(t, inbound, len(body.Data.Message) > 0, string(got.body))
}

// of is what came of an event; an arrival without a body if nothing did yet.
func (r *receiver) of(event string) arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.seen {
		if a.event() == event {
			return a
		}
	}
	return arrival{}
}

// TestACallbackThatComesAgainPublishesNothing sends each provider's first kind
// twice, byte for byte: it is answered alike, and its event is published once.
func TestACallbackThatComesAgainPublishesNothing(t *testing.T) {
	t.Parallel()
	g := start(t)
	certificate, err := simulate.NewCertificate()
	require.NoError(t, err)
	for _, name := range simulate.Providers() {
		for _, scheme := range simulate.Schemes(name) {
			c := g.caller(t, name, scheme, certificate)
			callback, err := simulate.Make(name, "", c.target)
			require.NoError(t, err)
			status, answer := c.send(t, callback)
			require.Equal(t, http.StatusOK, status)
			again, same := c.send(t, callback)
			require.Equal(t, http.StatusOK, again, "%s by %s: %s", name, scheme, same)
			require.Equal(t, answer, same)
			m := c.message(t, callback)
			var events []string
			for e, err := range g.client.Events(t.Context(), client.EventFilter{EndpointID: c.endpoint.ID}) {
				require.NoError(t, err)
				require.Equal(t, m.ID, e.MessageID)
				events = append(events, e.Type)
			}
			require.ElementsMatch(t, callback.Kind.Events, events, "%s by %s", name, scheme)
		}
	}
}
