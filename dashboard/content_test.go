package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/api"
	"posthorn/client"
	"posthorn/hook"
	"posthorn/store"
)

// content is one of everything, as a tenant has it after a while.
type content struct {
	endpoint                       client.Endpoint
	good, failing, disabled        client.Webhook
	messages                       []string
	event                          client.Event
	delivered, failed, waits, held string // deliveries
}

// fill gives a tenant endpoints, messages, webhooks and deliveries with
// attempts, without a worker: what a worker would record is recorded here.
func (s *site) fill(t testing.TB, tenant hook.ID) (c content) {
	t.Helper()
	ctx := api.As(t.Context(), tenant, hook.RoleAdmin)
	var err error
	c.endpoint, err = s.api.CreateEndpoint(ctx, client.EndpointSettings{Name: new("CRM"), Allowlist: &[]string{"127.0.0.0/8", "::1/128"}})
	require.NoError(t, err)
	sender := client.NewSender(c.endpoint.URL, c.endpoint.Secret, client.HTTPClient(&http.Client{}))
	for i, body := range []string{"The invoice for May is attached.", "Could we move Thursday's call to three o'clock?", "Thank you, that solved it!"} {
		accepted, err := sender.Send(t.Context(), client.NewMessage{
			ExternalID: fmt.Sprint("msg-", i), OccurredAt: time.Now(), Body: body, From: client.Party{Identifier: "alice@example.com", DisplayName: "Alice"},
			To: []client.Party{{Identifier: "bob@example.com", DisplayName: "Bob"}}, Fields: map[string]any{"ticket": map[string]any{"status": "open", "priority": 2}},
			Attachments: []client.NewAttachment{{Filename: "invoice.txt", ContentType: "text/plain", Content: []byte("1 item, 12.00 EUR")}},
		})
		require.NoError(t, err)
		c.messages = append(c.messages, accepted.ID)
	}
	_, err = client.NewSender(c.endpoint.URL, "wrong", client.HTTPClient(&http.Client{})).SendRaw(t.Context(), []byte("{}"))
	require.Error(t, err)
	s.seal(t, c.messages[0])

	webhook := func(name string, disableAfter int) client.Webhook {
		w, err := s.api.CreateWebhook(ctx, client.WebhookSettings{
			Name: &name, URL: new("https://" + name + ".example.com/hooks?token=1"), Events: &[]string{"order.placed", "message.received"},
			Headers: &map[string]string{"X-Api-Key": "very secret"}, DisableAfter: &disableAfter,
		})
		require.NoError(t, err)
		return w
	}
	c.good, c.failing, c.disabled = webhook("shop", 4), webhook("ledger", 8), webhook("mailer", 3)
	var events []client.Event
	for i := range 6 {
		e, err := s.api.Publish(ctx, client.NewEvent{Type: "order.placed", Data: json.RawMessage(fmt.Sprintf(`{"order":%d,"total":"12.00","priority":"high"}`, i))})
		require.NoError(t, err)
		events = append(events, e)
	}
	c.event = events[0]
	for i, e := range events[:5] {
		c.delivered = s.attempt(t, tenant, e, c.good.ID, 200)
		if i < 3 {
			c.waits = s.attempt(t, tenant, e, c.failing.ID, 500)
			s.attempt(t, tenant, e, c.disabled.ID, 0)
		}
	}
	c.held = s.find(t, tenant, events[5], c.disabled.ID).String()
	c.failed = s.giveUp(t, tenant, events[4], c.failing.ID)
	return c
}

// seal archives a message as a worker does.
func (s *site) seal(t testing.TB, message string) {
	t.Helper()
	id, err := hook.ParseID(message)
	require.NoError(t, err)
	worker := activities.Activities{Store: s.store, Archive: s.archive}
	_, err = worker.Seal(t.Context(), id)
	require.NoError(t, err)
}

func (s *site) find(t testing.TB, tenant hook.ID, e client.Event, webhook string) hook.ID {
	t.Helper()
	ctx := api.As(t.Context(), tenant, hook.RoleAdmin)
	got, err := s.api.DeliveryPage(ctx, client.DeliveryFilter{EventID: e.ID, WebhookID: webhook}, client.Page{})
	require.NoError(t, err)
	require.Len(t, got.Items, 1)
	id, err := hook.ParseID(got.Items[0].ID)
	require.NoError(t, err)
	return id
}

// attempt records what one attempt came to; status 0: no connection.
func (s *site) attempt(t testing.TB, tenant hook.ID, e client.Event, webhook string, status int) string {
	t.Helper()
	id := s.find(t, tenant, e, webhook)
	d, err := s.store.DeliveryToAttempt(t.Context(), id)
	require.NoError(t, err)
	a := hook.Attempt{
		DeliveryID: id, Number: d.Delivery.AttemptCount + 1, StartedAt: time.Now(), Duration: 123 * time.Millisecond, StatusCode: status,
		Generation: d.Webhook.Generation, ResponseHeader: [][2]string{{"Content-Type", "application/json"}, {"Server", "nginx"}},
	}
	policy := d.Webhook.RetryPolicy
	switch status {
	case 200:
		a.Phases = hook.Phases{FirstByte: 122 * time.Millisecond, Read: 300 * time.Microsecond, Reused: true}
		a.ResponseBody = []byte(`{"received":true}`)
	case 0:
		a.Error, a.ErrorDetail, a.ResponseHeader = hook.ErrorConnect, "dial tcp 192.0.2.1:443: connection refused", nil
		a.Phases = hook.Phases{DNS: 3 * time.Millisecond, Connect: 120 * time.Millisecond, CutOff: hook.PhaseConnect}
	default:
		a.Error, a.ResponseBody = hook.ErrorStatus, []byte(`{"error":"the ledger is closed"}`)
		a.Phases = hook.Phases{
			DNS: 4 * time.Millisecond, Connect: 12500 * time.Microsecond, TLS: 31 * time.Millisecond, FirstByte: 75 * time.Millisecond, Read: 20 * time.Microsecond,
		}
	}
	_, err = s.store.RecordAttempt(t.Context(), store.Recording{Delivery: &d.Delivery, Attempt: &a, Outcome: d.Delivery.Outcome(&a, policy)})
	require.NoError(t, err)
	return id.String()
}

// giveUp records failed attempts until the schedule is exhausted.
func (s *site) giveUp(t testing.TB, tenant hook.ID, e client.Event, webhook string) string {
	t.Helper()
	id := s.find(t, tenant, e, webhook)
	for range 3 {
		s.attempt(t, tenant, e, webhook, 503)
	}
	d, err := s.store.DeliveryToAttempt(t.Context(), id)
	require.NoError(t, err)
	a := hook.Attempt{DeliveryID: id, Number: d.Delivery.AttemptCount + 1, StartedAt: time.Now(), Duration: time.Second, StatusCode: 404, Error: hook.ErrorStatus, Generation: -1}
	_, err = s.store.RecordAttempt(t.Context(), store.Recording{Delivery: &d.Delivery, Attempt: &a, Outcome: hook.Outcome{Status: hook.DeliveryFailed}})
	require.NoError(t, err)
	return id.String()
}
