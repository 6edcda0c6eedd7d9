package test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// example003 is what the document shows of message.received; of message.sent it
// differs in is_sent.
const example003 = `{"conversation_id":"0195f0b1-5f4c-7bbe-8826-de31472446d0","id":"0195f17d-0031-7b10-ac8b-454e0f57a85d",
"modified_at":1743513255,"date":1743513245,"type":"whatsapp","metadata":[],"attachments":[],"is_sent":false,"is_hidden":false,
"is_event":false,"event_type":null,"account_id":"01951e90-1435-7169-8388-37827397b7a2","inline_attachments":[],"body":"test",
"from":[{"name":"Micheal Scott","profilePicture":"example.com/picture.jpg"}],"snippet":"test","is_supported":true,"reactions":[],
"quote":null,"deleted":false,"provider_id":"rhfds2435rasdd","custom":[]}`

func TestSeed003InboxComponentsRetriesDisablesAndIsEnabledAgain(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t, 500, 404, 301, 503, 500)
	const events = `"events":["message.sent","message.received"],"format":"inboxcomponents"`
	defaults := g.made(t, "/api/v1/webhooks", `{"url":"`+receiver.url+`",`+events+`,"active":false}`)
	require.Equal(t, []any{5.0, 10.0, 20.0, 40.0, 80.0}, defaults["retry_policy"], "5 retries with exponential backoff")
	require.EqualValues(t, 5, defaults["disable_after"])
	w := g.made(t, "/api/v1/webhooks", `{"url":"`+receiver.url+`",`+events+`,"retry_policy":[0,0,0,0,0]}`)
	const id = "0195f17d-0031-7b10-ac8b-454e0f57a85d"
	g.made(t, "/api/v1/events", `{"type":"message.received","id":"`+id+`","data":`+example003+`}`)
	disabled := await(t, func() (client.Webhook, error) { return g.client.Webhook(t.Context(), w["id"].(string)) },
		func(w client.Webhook) bool { return !w.Active }, "it is disabled after 5 errors in a row")
	require.Equal(t, 5, disabled.ConsecutiveFailures)
	g.awaitStatus(t, disabled.ID, client.DeliveryHeld, 1)
	g.manage(t, "POST", "/api/v1/webhooks/"+disabled.ID+"/enable", "", http.StatusOK)
	g.awaitStatus(t, disabled.ID, client.DeliveryDelivered, 1)

	var key string
	for range 6 {
		got := receiver.next(t)
		var body struct {
			ID             string          `json:"id"`
			Event          string          `json:"event"`
			Data           json.RawMessage `json:"data"`
			IdempotencyKey string          `json:"idempotency_key"`
		}
		require.NoError(t, json.Unmarshal(got.body, &body))
		require.Equal(t, []string{"data", "event", "id", "idempotency_key"}, fields(t, got.body))
		require.Equal(t, []string{id, "message.received"}, []string{body.ID, body.Event})
		require.JSONEq(t, example003, string(body.Data), "field for field")
		require.Regexp(t, "^[0-9a-f]{64}$", body.IdempotencyKey)
		if key == "" {
			key = body.IdempotencyKey
		}
		require.Equal(t, key, body.IdempotencyKey, "duplicates are told by it")
	}

	// A message that came in by an endpoint has the same fields.
	_, sender := g.endpoint(t)
	_, err := sender.Send(t.Context(), plain("1"))
	require.NoError(t, err)
	var body struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal(receiver.next(t).body, &body))
	require.Equal(t, fields(t, []byte(example003)), fields(t, body.Data))
}

func TestSeed004PlatformNotifiesSignsRetriesAndDisables(t *testing.T) {
	t.Parallel()
	box, mail := openMailbox(t)
	g := start(t, mail)
	g.manage(t, "PATCH", "/api/v1/tenant", `{"notify_emails":["admin@example.com"]}`, http.StatusOK)
	receiver := receive(t)
	ticket := g.made(t, "/api/v1/webhooks", `{"url":"`+receiver.url+`","events":["ticket.created","message.created"],"format":"platform",
		"secret":"a secret that is shared","headers":{"X-Custom":"yes"}}`)
	require.Equal(t, []any{1.0, 5.0, 30.0, 300.0, 1800.0, 7200.0}, ticket["retry_policy"])
	require.Equal(t, []any{10.0, 10.0}, []any{ticket["timeout"], ticket["disable_after"]})
	survey := g.made(t, "/api/v1/webhooks", `{"url":"`+receiver.url+`","events":["survey.response_completed"],"format":"platform","survey_id":"s-1","secret":""}`)

	check := func(w object, eventType string, signed bool, names ...string) {
		got := receiver.next(t)
		require.Equal(t, []string{"application/json", eventType}, []string{got.header.Get("Content-Type"), got.header.Get("X-Webhook-Event")})
		require.Equal(t, g.delivery(t, w["id"].(string), hasStatus(client.DeliveryDelivered), "it is delivered").ID, got.delivery())
		require.Equal(t, names, fields(t, got.body))
		if signed {
			require.Equal(t, "sha256="+hexHMAC("a secret that is shared", got.body), got.header.Get("X-Webhook-Signature"))
			require.Equal(t, "yes", got.header.Get("X-Custom"))
		} else {
			require.NotContains(t, got.header, "X-Webhook-Signature", "only if a secret is configured")
		}
	}
	g.made(t, "/api/v1/events", `{"type":"ticket.created","data":{"subject":"Help"}}`)
	check(ticket, "ticket.created", true, "data", "eventId", "eventType", "organizationId", "timestamp")
	g.made(t, "/api/v1/events", `{"type":"survey.response_completed","data":{"surveyId":"other"}}`)
	g.made(t, "/api/v1/events", `{"type":"survey.response_completed","data":{"surveyId":"s-1"}}`)
	check(survey, "survey.response_completed", false, "data", "eventId", "eventType", "surveyId", "timestamp")

	for _, url := range []string{
		"http://example.com/", "https://localhost/", "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/",
		"https://db.internal/", "https://printer.local/", "https://api.prod.svc/",
	} {
		g.manage(t, "POST", "/api/v1/webhooks", `{"url":"`+url+`","events":["*"]}`, http.StatusUnprocessableEntity)
	}

	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 5000))
	}))
	t.Cleanup(down.Close)
	failing := g.made(t, "/api/v1/webhooks", `{"url":"`+down.URL+`","events":["ticket.updated"],"format":"platform","name":"down","retry_policy":[0,0,0,0,0,0,0,0,0,0]}`)
	g.made(t, "/api/v1/events", `{"type":"ticket.updated","data":{}}`)
	held := g.awaitStatus(t, failing["id"].(string), client.DeliveryHeld, 1)[0]
	require.Len(t, held.Attempts, 10, "after 10 consecutive failures it is disabled")
	require.Equal(t, strings.Repeat("x", 4096), held.Attempts[0].ResponseBody)
	require.Equal(t, "failures", g.manage(t, "GET", "/api/v1/webhooks/"+failing["id"].(string), "", http.StatusOK).(object)["disabled_reason"])
	await(t, func() (bool, error) {
		for _, m := range box.mails(t) {
			if bytes.Contains(m, []byte("Webhook disabled: down")) && bytes.Contains(m, []byte("admin@example.com")) {
				return true, nil
			}
		}
		return false, nil
	}, func(told bool) bool { return told }, "an admin is notified")
	require.WithinDuration(t, held.CreatedAt, time.Now(), time.Minute)
}
