package test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// recorder notes which calls are made.
type recorder struct {
	http.RoundTripper
	mu    sync.Mutex
	calls []string // method and path
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.calls = append(r.calls, request.Method+" "+request.URL.Path)
	r.mu.Unlock()
	return r.RoundTripper.RoundTrip(request)
}

// otherWays are routes that do what another one does, for users of another
// system; the client has one way.
var otherWays = map[string]bool{
	"DELETE /api/v1/webhooks": true, "GET /webhooks": true, "POST /webhooks": true, "GET /webhooks/{id}": true,
	"POST /webhooks/{id}": true, "DELETE /webhooks/{id}": true, "POST /webhooks/test/trigger/{id}": true,
}

// TestTheClientReachesEveryRoute takes each resource through its life, and
// compares the calls with the API's own description.
func TestTheClientReachesEveryRoute(t *testing.T) {
	t.Parallel()
	g := start(t)
	calls := &recorder{RoundTripper: connection(t).Transport}
	var err error
	recorded := client.HTTPClient(&http.Client{Transport: calls})
	g.root, err = client.New(g.config.URL, g.config.RootKey, recorded)
	require.NoError(t, err)
	g.client, err = client.New(g.config.URL, g.tenant.Key, recorded)
	require.NoError(t, err)
	for name, live := range map[string]func(*testing.T, *gate){
		"endpoints and messages": liveEndpoint, "webhooks, events and deliveries": liveWebhook, "keys and tenants": liveTenant,
		"providers": liveProvider,
	} {
		t.Run(name, func(t *testing.T) { live(t, g) })
	}
	require.NoError(t, g.client.Health(t.Context()))
	_, err = g.client.Ledger(t.Context(), true)
	require.NoError(t, err)
	_, err = g.client.Ready(t.Context())
	require.NoError(t, err)

	unreached := slices.DeleteFunc(described(t, g), func(route string) bool { return otherWays[route] || matches(calls.calls, route) })
	require.Empty(t, unreached, "give the client methods for these, and call them here")
}

// described are the routes of the API's description.
func described(t *testing.T, g *gate) []string {
	t.Helper()
	answer, err := connection(t).Get(g.config.URL + "/openapi.json")
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(content, &document))
	var routes []string
	for path, methods := range document.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	require.Greater(t, len(routes), 20)
	return routes
}

var parameter = regexp.MustCompile(`\\\{[^/]+\\\}`)

func matches(calls []string, route string) bool {
	pattern := regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(route), "[^/]+") + "$")
	return slices.ContainsFunc(calls, pattern.MatchString)
}

func liveEndpoint(t *testing.T, g *gate) {
	t.Helper()
	made, sender := g.endpoint(t)
	require.NotEmpty(t, made.Secret)
	require.Equal(t, 24*time.Hour, time.Duration(made.Retention))
	changed, err := g.client.UpdateEndpoint(t.Context(), made.ID, client.EndpointSettings{
		Auth: new(client.AuthHMAC), Signature: &client.Signature{Header: "X-Own", Prefix: "v1=", Encoding: "base64"},
		DedupWindow: new(client.Duration(time.Hour)), Allowlist: &[]string{"127.0.0.1"},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"127.0.0.1/32"}, changed.Allowlist)
	rotated, err := g.client.RotateEndpoint(t.Context(), made.ID, 0)
	require.NoError(t, err)
	require.NotEqual(t, made.Secret, rotated.Secret)
	found, err := g.client.Endpoint(t.Context(), made.ID)
	require.NoError(t, err)
	require.Empty(t, found.Secret)
	rotated.Secret, rotated.UpdatedAt = "", found.UpdatedAt
	require.Equal(t, rotated, found)
	require.Contains(t, collect(t, g.client.Endpoints(t.Context())), found)

	// A change is effective on every replica within a second.
	signing := found.Sender(rotatedSecret(t, g, made.ID), client.HTTPClient(connection(t)))
	accepted := await(t, func() (client.Accepted, error) { return signing.Send(t.Context(), message("1", files(t, fetched))) },
		func(client.Accepted) bool { return true }, "the endpoint takes signatures")
	_, err = sender.Send(t.Context(), plain("2"))
	requireRefused(t, err, http.StatusUnauthorized)
	await(t, func() (client.Refused, error) { return g.client.Refused(t.Context(), made.ID) },
		func(r client.Refused) bool { return len(r.Last) > 0 }, "the refusal is listed")
	_, err = signing.SendRaw(t.Context(), []byte(`{"external_id":1}`))
	requireRefused(t, err, http.StatusUnprocessableEntity)
	require.NotEmpty(t, refusal(t, err).RequestID)
	require.Contains(t, pointers(refusal(t, err)), "/external_id")
	liveRefused(t, g, made.ID)
	mapped, err := g.client.TestMapping(t.Context(), made.ID, &client.Mapping{ExternalID: `body.id`, From: `"a"`, To: `"b"`, Body: `headers["x"]`},
		client.MappingSample{Payload: []byte(`{"id":"1"}`), Headers: map[string]string{"X": "text"}})
	require.NoError(t, err)
	require.Equal(t, "text", mapped.Message.Body)

	kept := g.archived(t, accepted.ID)
	require.Equal(t, []client.Message{kept}, collect(t, g.client.Messages(t.Context(), client.MessageFilter{
		EndpointID: made.ID, After: kept.ReceivedAt, Before: kept.ReceivedAt.Add(time.Second),
	})))
	raw, err := g.client.MessageRaw(t.Context(), kept.ID)
	require.NoError(t, err)
	require.Equal(t, kept.SHA256, sumOf(t, raw.Body))
	require.NoError(t, raw.Body.Close())
	file, err := g.client.MessageAttachment(t.Context(), kept.ID, 0)
	require.NoError(t, err)
	require.Equal(t, "inline.bin", file.Name)
	require.Equal(t, "application/octet-stream", file.ContentType)
	require.Equal(t, int64(len(inlineText)), file.Size)
	require.Equal(t, sum([]byte(inlineText)), sumOf(t, file.Body))
	require.NoError(t, file.Body.Close())

	require.NoError(t, g.client.DeleteEndpoint(t.Context(), made.ID))
	_, err = g.client.Endpoint(t.Context(), made.ID)
	requireRefused(t, err, http.StatusNotFound)
}

// liveRefused looks at a payload that was refused, and tries it again.
func liveRefused(t *testing.T, g *gate, endpoint string) {
	t.Helper()
	var kept client.RefusedRequest
	await(t, func() (client.Refused, error) { return g.client.Refused(t.Context(), endpoint) }, func(r client.Refused) bool {
		i := slices.IndexFunc(r.Last, func(f client.RefusedRequest) bool { return f.Kept == client.KeptPayload })
		if i >= 0 {
			kept = r.Last[i]
		}
		return i >= 0
	}, "the payload is kept")
	one, err := g.client.RefusedRequest(t.Context(), endpoint, kept.ID)
	require.NoError(t, err)
	require.Equal(t, http.MethodPost, one.Request.Method)
	one.Request = nil
	require.Equal(t, kept, one)
	raw, err := g.client.RefusedRaw(t.Context(), endpoint, kept.ID)
	require.NoError(t, err)
	require.Equal(t, sum([]byte(`{"external_id":1}`)), sumOf(t, raw.Body))
	require.NoError(t, raw.Body.Close())
	_, err = g.client.Readmit(t.Context(), endpoint, kept.ID)
	requireRefused(t, err, http.StatusUnprocessableEntity)
	all, err := g.client.ReadmitAll(t.Context(), endpoint)
	require.NoError(t, err)
	require.Equal(t, 1, all.Refused)
	require.Equal(t, http.StatusUnprocessableEntity, all.Results[0].StatusCode)
}

// rotatedSecret gives an endpoint a secret that is known.
func rotatedSecret(t *testing.T, g *gate, id string) string {
	t.Helper()
	e, err := g.client.RotateEndpoint(t.Context(), id, time.Minute)
	require.NoError(t, err)
	return e.Secret
}

func liveWebhook(t *testing.T, g *gate) {
	t.Helper()
	receiver := receive(t)
	made, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{URL: &receiver.url, Events: &[]string{"live.*"}})
	require.NoError(t, err)
	rotated, err := g.client.RotateWebhook(t.Context(), made.ID, time.Minute)
	require.NoError(t, err)
	require.NotEqual(t, made.Secret, rotated.Secret)
	paired, err := g.client.UpdateWebhook(t.Context(), made.ID, client.WebhookSettings{Signatures: &[]string{client.SignatureHMAC, client.SignatureEd25519}})
	require.NoError(t, err)
	public, err := g.client.PublicKeys(t.Context(), made.ID)
	require.NoError(t, err)
	require.Len(t, public, 1)
	require.Equal(t, paired.KeyID, public[0].ID)
	disabled, err := g.client.UpdateWebhook(t.Context(), made.ID, client.WebhookSettings{Active: new(false)})
	require.NoError(t, err)
	require.Equal(t, "manual", disabled.DisabledReason)
	enabled, err := g.client.EnableWebhook(t.Context(), made.ID)
	require.NoError(t, err)
	require.True(t, enabled.Active)
	found, err := g.client.Webhook(t.Context(), made.ID)
	require.NoError(t, err)
	require.Equal(t, enabled, found)
	require.Contains(t, collect(t, g.client.Webhooks(t.Context())), found)

	e := client.NewEvent{Type: "live.begun", ID: "own-id", Data: map[string]bool{"yes": true}, OccurredAt: new(time.Now().Add(-time.Hour))}
	published, err := g.client.Publish(t.Context(), e)
	require.NoError(t, err)
	again, err := g.client.Publish(t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, published.ID, again.ID)
	require.Equal(t, published.OccurredAt, again.OccurredAt)
	event, err := g.client.Event(t.Context(), "own-id")
	require.NoError(t, err)
	require.Equal(t, again, event)
	require.Equal(t, []client.Event{event}, collect(t, g.client.Events(t.Context(), client.EventFilter{
		Type: "live.begun", After: event.OccurredAt, Before: event.OccurredAt.Add(time.Second),
	})))
	d := g.delivery(t, made.ID, hasStatus(client.DeliveryDelivered), "it is delivered")
	one, err := g.client.Delivery(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, d, one)
	filter := client.DeliveryFilter{EventID: "own-id", WebhookID: made.ID, Status: client.DeliveryDelivered}
	require.Equal(t, []client.Delivery{d}, collect(t, g.client.Deliveries(t.Context(), filter)))
	liveExpressions(t, g, made.ID)
	liveOperations(t, g, made.ID, d)
	require.NoError(t, g.client.DeleteWebhook(t.Context(), made.ID))
	_, err = g.client.Webhook(t.Context(), made.ID)
	requireRefused(t, err, http.StatusNotFound)
}

func liveTenant(t *testing.T, g *gate) {
	t.Helper()
	key, err := g.client.CreateKey(t.Context(), "reader", client.RoleAuditor)
	require.NoError(t, err)
	reader, err := client.New(g.config.URL, key.Key, client.HTTPClient(connection(t)))
	require.NoError(t, err)
	_, err = reader.CreateKey(t.Context(), "mine", client.RoleAdmin)
	requireRefused(t, err, http.StatusForbidden)
	key.Key = ""
	require.Contains(t, collect(t, g.client.Keys(t.Context())), key)
	require.NoError(t, g.client.DeleteKey(t.Context(), key.ID))
	_, err = reader.Tenant(t.Context())
	requireRefused(t, err, http.StatusUnauthorized)

	changed, err := g.client.UpdateTenant(t.Context(), client.TenantSettings{NotifyEmails: &[]string{"ops@example.com"}})
	require.NoError(t, err)
	found, err := g.client.Tenant(t.Context())
	require.NoError(t, err)
	require.Equal(t, changed, found)

	link, err := g.client.CreatePortalLink(t.Context(), client.PortalLinkSettings{Role: client.RoleAuditor, ExpiresIn: client.Duration(time.Hour)})
	require.NoError(t, err)
	require.Contains(t, link.URL, g.config.URL+"/portal/link/")

	other, err := g.root.CreateTenant(t.Context(), "other")
	require.NoError(t, err)
	stranger, err := client.New(g.config.URL, other.Key, client.HTTPClient(connection(t)))
	require.NoError(t, err)
	w := g.webhook(t, receive(t))
	_, err = stranger.Webhook(t.Context(), w.ID)
	requireRefused(t, err, http.StatusNotFound)
	require.Empty(t, collect(t, stranger.Webhooks(t.Context())))
	other.Key = ""
	require.Contains(t, collect(t, g.root.Tenants(t.Context())), other)
	_, err = g.client.CreateTenant(t.Context(), "mine")
	requireRefused(t, err, http.StatusUnauthorized)
}

func requireRefused(t *testing.T, err error, status int) {
	t.Helper()
	require.Equal(t, status, refusal(t, err).StatusCode, err)
}

func refusal(t *testing.T, err error) client.Error {
	t.Helper()
	var refused *client.Error
	require.ErrorAs(t, err, &refused)
	return *refused
}

func pointers(e client.Error) []string {
	var list []string
	for _, f := range e.Fields {
		list = append(list, f.Pointer)
	}
	return list
}
