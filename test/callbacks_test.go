package test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/simulate"
)

// provider is one that sends callbacks to an endpoint of its own.
type provider struct {
	name     string
	endpoint client.Endpoint
	target   simulate.Target
}

func (g *gate) provider(t *testing.T, name string) *provider {
	t.Helper()
	p := &provider{name: name}
	var err error
	p.target, err = simulate.Generate(name, "", []byte("a seed of these tests alone"))
	require.NoError(t, err)
	if name == "ses" {
		certificate, err := simulate.NewCertificate()
		require.NoError(t, err)
		p.target.Key, p.target.CertificateURL = certificate.Key, certificate.URL
		p.target.Config.Certificates = map[string]string{certificate.URL: certificate.PEM}
	}
	config, err := json.Marshal(p.target.Config)
	require.NoError(t, err)
	p.endpoint, err = g.client.CreateEndpoint(t.Context(), client.EndpointSettings{Name: &name, Provider: &name, ProviderConfig: config})
	require.NoError(t, err)
	p.target.URL = p.endpoint.URL
	return p
}

// send sends a callback and wants it taken.
func (p *provider) send(t *testing.T, kind string) simulate.Callback {
	t.Helper()
	c, err := simulate.Make(p.name, kind, p.target)
	require.NoError(t, err)
	p.resend(t, c)
	return c
}

func (p *provider) resend(t *testing.T, c simulate.Callback) {
	t.Helper()
	request, err := c.Request(t.Context())
	require.NoError(t, err)
	answer, err := connection(t).Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

// message is the only one of an endpoint, once it is archived.
func (g *gate) message(t *testing.T, endpoint string) client.Message {
	t.Helper()
	list := await(t, func() ([]client.Message, error) {
		return collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: endpoint})), nil
	}, func(list []client.Message) bool { return len(list) == 1 && list[0].Status == client.MessageArchived }, "the callback is archived")
	return list[0]
}

func inFormat(format string, events ...string) func(*client.WebhookSettings) {
	return func(s *client.WebhookSettings) { s.Format, s.Events = &format, &events }
}

// payload is a delivery's body.
func payload(t *testing.T, a arrival) (whole, data map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, &whole), "%s", a.body)
	data, ok := whole["data"].(map[string]any)
	require.True(t, ok, "%s", a.body)
	return whole, data
}

func TestABounceOfSESIsDeliveredInTheFormOfSendComms(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	g.webhook(t, r, inFormat("sendcomms", "email.bounced"))
	p := g.provider(t, "ses")
	c := p.send(t, "bounced")
	p.resend(t, c)
	whole, data := payload(t, r.next(t))
	require.Equal(t, "email.bounced", whole["event"])
	require.Equal(t, "email", data["type"])
	require.Equal(t, "bounced", data["status"])
	require.Equal(t, c.ID, data["email_id"])
	require.Equal(t, "recipient@example.com", data["to"])
	require.Equal(t, "Your order", data["subject"])
	require.Equal(t, "shop@example.com", data["from"])

	m := g.message(t, p.endpoint.ID)
	require.Equal(t, m.ID, data["id"])
	require.Equal(t, "recipient@example.com", m.To[0].Identifier)
	events := collect(t, g.client.Events(t.Context(), client.EventFilter{MessageID: m.ID}))
	require.Len(t, events, 1, "the callback that came twice is published once")
	var event map[string]any
	require.NoError(t, json.Unmarshal(events[0].Data, &event))
	require.Equal(t, m.ID, event["message_id"])
	require.Equal(t, "hard", event["bounce"])
	record := g.recordText(t, m)
	require.Contains(t, record, `"verdict":{"scheme":"sns","key":0}`)
}

func TestAWhatsAppTextIsDeliveredInTheFormOfInboxComponents(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	g.webhook(t, r, inFormat("inboxcomponents", "message.received"))
	p := g.provider(t, "meta")
	c := p.send(t, "received")
	whole, data := payload(t, r.next(t))
	require.Equal(t, "message.received", whole["event"])
	require.Equal(t, whole["id"], data["id"])
	require.Len(t, whole["idempotency_key"], 64)
	for name := range strings.FieldsSeq("conversation_id id modified_at date type metadata attachments is_sent is_hidden is_event event_type " +
		"account_id inline_attachments body from snippet is_supported reactions quote deleted provider_id custom") {
		require.Contains(t, data, name)
	}
	require.Equal(t, "whatsapp", data["type"])
	require.Equal(t, "Good day, is my order on its way?", data["body"])
	require.Equal(t, c.ID, data["provider_id"])
	require.Equal(t, p.endpoint.ID, data["account_id"])

	m := g.message(t, p.endpoint.ID)
	require.Equal(t, c.ID, m.ExternalID)
	require.Equal(t, "Good day, is my order on its way?", m.Body)
	found := await(t, func() ([]client.Message, error) {
		return collect(t, g.client.Messages(t.Context(), client.MessageFilter{Query: "order whatsapp", From: m.From.Identifier})), nil
	}, func(list []client.Message) bool { return len(list) == 1 }, "it is found by its words")
	require.Equal(t, m.ID, found[0].ID)
}

func TestAMailToATicketIsDeliveredInTheFormOfThePlatform(t *testing.T) {
	t.Parallel()
	g := start(t)
	r := receive(t)
	g.webhook(t, r, inFormat("platform", "message.created"))
	p := g.provider(t, "email")
	c, err := simulate.Make(p.name, "media", p.target)
	require.NoError(t, err)
	c.URL = p.endpoint.URL + "?recipient=support%2Bticket-7@inbound.example.com&sender=zoe@example.net"
	p.resend(t, c)
	whole, data := payload(t, r.next(t))
	require.Equal(t, g.tenant.ID, whole["organizationId"])
	require.Equal(t, "message.created", whole["eventType"])
	require.Equal(t, "ticket-7", data["ticket_id"])
	m := g.message(t, p.endpoint.ID)
	require.Equal(t, m.ID, data["message_id"])
	require.Equal(t, "zoe@example.net", m.From.Identifier)
	var types []string
	for _, e := range collect(t, g.client.Events(t.Context(), client.EventFilter{MessageID: m.ID})) {
		types = append(types, e.Type)
	}
	require.ElementsMatch(t, []string{"message.received", "message.created"}, types)
	for n, a := range m.Attachments {
		require.Empty(t, a.Failed)
		file, err := g.client.MessageAttachment(t.Context(), m.ID, n)
		require.NoError(t, err)
		require.Equal(t, a.SHA256, sumOf(t, file.Body))
		require.NoError(t, file.Body.Close())
	}
	require.NotEmpty(t, m.Attachments)
}

func TestStatusesComeInAnyOrderAndTheFurthestIsCurrent(t *testing.T) {
	t.Parallel()
	g := start(t)
	p := g.provider(t, "gupshup") // which signs no body
	first, err := simulate.Make(p.name, "delivered", p.target)
	require.NoError(t, err)
	p.resend(t, first)
	for _, kind := range []string{"sent", "queued"} {
		c, err := simulate.Make(p.name, kind, p.target)
		require.NoError(t, err)
		c.Body = []byte(strings.ReplaceAll(string(c.Body), c.ID, first.ID)) // of the same message, and overtaken
		p.resend(t, c)
	}
	statuses := await(t, func() (client.Statuses, error) { return g.client.Statuses(t.Context(), p.endpoint.ID, first.ID) },
		func(s client.Statuses) bool { return len(s.Recipients) == 1 && len(s.Recipients[0].Transitions) == 3 }, "three statuses")
	require.Equal(t, "message.delivered", statuses.Recipients[0].Status)
	require.Equal(t, "message.queued", statuses.Recipients[0].Transitions[2].Type)
}

func TestMediaAreFetchedWithTheAccountsCredentialsOrFailForGood(t *testing.T) {
	t.Parallel()
	g := start(t)
	asked := make(chan *http.Request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		_, _ = w.Write([]byte(fetched))
	}))
	t.Cleanup(server.Close)
	p := g.provider(t, "twilio-sms")
	p.target.MediaURL = server.URL + "/picture.jpg"
	p.send(t, "media")
	m := g.message(t, p.endpoint.ID)
	require.Equal(t, sum([]byte(fetched)), m.Attachments[0].SHA256)
	select {
	case r := <-asked:
		require.Empty(t, r.Header.Get("Authorization"), "credentials go to the provider alone")
	case <-time.After(time.Second):
		require.Fail(t, "nothing was fetched")
	}

	r := receive(t)
	g.webhook(t, r, inFormat("standard", "attachment.failed"))
	p = g.provider(t, "meta") // without an access_token
	p.send(t, "media")
	m = g.message(t, p.endpoint.ID)
	require.Contains(t, m.Attachments[0].Failed, "credential")
	_, data := payload(t, r.next(t))
	require.Equal(t, m.ID, data["message_id"])
}

// liveProvider takes a provider's endpoint through what only such a one has.
func liveProvider(t *testing.T, g *gate) {
	t.Helper()
	p := g.provider(t, "postmark")
	require.Equal(t, client.AuthProvider, p.endpoint.Auth)
	c := p.send(t, "delivered")
	statuses := await(t, func() (client.Statuses, error) { return g.client.Statuses(t.Context(), p.endpoint.ID, c.ID) },
		func(s client.Statuses) bool { return len(s.Recipients) == 1 }, "the status is known")
	require.Equal(t, "email.delivered", statuses.Recipients[0].Status)
	rotated, err := g.client.RotateProvider(t.Context(), p.endpoint.ID, json.RawMessage(`{"password":"another password"}`), time.Hour)
	require.NoError(t, err)
	require.False(t, rotated.FormerConfigEnds.IsZero())
	require.NotContains(t, string(rotated.ProviderConfig), "another password")
}
