package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// What the gateway does with calls is tested in test/, with the gateway
// itself. Here are answers that it gives seldom, or somebody else does.

func serve(t *testing.T, handle http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL+"/", "phk_test", client.UserAgent("test/1"))
	require.NoError(t, err)
	return c
}

func TestNewRefusesWhatIsNoBaseURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "hooks.example.com", "ftp://hooks.example.com", "https://", "https://a:b@c.example", "https://c.example?x", "https://c.example#x", "http://[::1"} {
		_, err := client.New(base, "phk_test")
		require.Error(t, err, base)
	}
}

func TestCallsCarryKeyAndAgent(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer phk_test" || r.UserAgent() != "test/1" || r.RequestURI != "/api/v1/webhooks/a%2F..%3Fb" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, `{"success":true,"data":{"id":"w","timeout":0.1,"disabled_reason":null,"created_at":"2026-01-02T03:04:05.006Z"}}`)
	})
	w, err := c.Webhook(t.Context(), "a/..?b")
	require.NoError(t, err, "an id stays one segment of the path")
	require.Equal(t, client.Duration(100*time.Millisecond), w.Timeout)
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), w.CreatedAt)
}

func TestRefusalsAreErrors(t *testing.T) {
	t.Parallel()
	const problem = `{"type":"endpoint-disabled","title":"Forbidden","status":403,"detail":"this endpoint is disabled","success":false,
		"errors":[{"pointer":"/a","message":"bad"},{"pointer":"/b","message":"worse"}],"request_id":"r1"}`
	for name, c := range map[string]struct {
		status            int
		kind, body, after string
		want              client.Error
		temporary         bool
	}{
		"problem": {
			403, "application/problem+json; charset=utf-8", problem, "",
			client.Error{
				StatusCode: 403, Type: "endpoint-disabled", Title: "Forbidden", Detail: "this endpoint is disabled", RequestID: "r1",
				Fields: []client.FieldError{{Pointer: "/a", Message: "bad"}, {Pointer: "/b", Message: "worse"}},
			}, false,
		},
		"unavailable": {
			503, "application/problem+json", `{"type":"about:blank","detail":"retry"}`, "2",
			client.Error{StatusCode: 503, Type: "about:blank", Title: "Service Unavailable", Detail: "retry", RequestID: "h", RetryAfter: 2 * time.Second}, true,
		},
		"proxy's page":             {502, "text/html", "<h1>Bad gateway</h1>", "", client.Error{StatusCode: 502, Title: "Bad Gateway", RequestID: "h"}, true},
		"broken problem":           {500, "application/problem+json", `{"detail":`, "-1", client.Error{StatusCode: 500, Title: "Internal Server Error", RequestID: "h"}, false},
		"redirect":                 {302, "", "", "", client.Error{StatusCode: 302, Title: "Found", RequestID: "h"}, false},
		"date that is in the past": {429, "", "", "Mon, 02 Jan 2006 15:04:05 GMT", client.Error{StatusCode: 429, Title: "Too Many Requests", RequestID: "h"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.Header().Set("X-Request-Id", "h")
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", c.after)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := api.Tenant(t.Context())
			got, ok := errors.AsType[*client.Error](err)
			require.True(t, ok, err)
			require.Equal(t, c.want, *got)
			require.Equal(t, c.temporary, got.Temporary())
			require.NotContains(t, err.Error(), "phk_test")
		})
	}
}

func TestErrorNamesTheBadFields(t *testing.T) {
	t.Parallel()
	err := client.Error{StatusCode: 422, Detail: "not valid", Fields: []client.FieldError{{"/a", "bad"}, {"/b", "worse"}}, RequestID: "r1"}
	require.EqualError(t, &err, "posthorn answered 422: not valid (/a: bad; /b: worse) [request r1]")
}

func TestAnswersThatAreNoneAreErrors(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<html>`) }))
	defer server.Close()
	c, err := client.New(server.URL, "phk_test")
	require.NoError(t, err)
	_, err = c.Tenant(t.Context())
	require.ErrorContains(t, err, "GET /api/v1/tenant")
	for _, err := range c.Keys(t.Context()) {
		require.Error(t, err)
	}
	_, err = client.NewSender(server.URL, "s").SendRaw(t.Context(), []byte(`{}`))
	require.Error(t, err)
}

func TestContextEndsACall(t *testing.T) {
	t.Parallel()
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Tenant(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestListsFetchPagesAsTheyAreNeeded(t *testing.T) {
	t.Parallel()
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		switch r.URL.Query().Get("cursor") {
		case "":
			_, _ = io.WriteString(w, `{"data":[{"id":"3"},{"id":"2"}],"next_cursor":"two"}`)
		case "two":
			_, _ = io.WriteString(w, `{"data":[{"id":"1"}],"next_cursor":"three"}`)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	list := c.Deliveries(t.Context(), client.DeliveryFilter{Status: client.DeliveryHeld})
	for d, err := range list {
		require.NoError(t, err)
		require.Equal(t, "3", d.ID)
		break
	}
	require.Equal(t, []string{"limit=100&status=held"}, asked, "the second page was not needed")

	asked = nil
	var ids []string
	var last error
	for d, err := range list { // a list can be read again
		ids, last = append(ids, d.ID), err
	}
	require.Equal(t, []string{"3", "2", "1", ""}, ids)
	var refused *client.Error
	require.ErrorAs(t, last, &refused)
	require.Equal(t, []string{"limit=100&status=held", "cursor=two&limit=100&status=held", "cursor=three&limit=100&status=held"}, asked)
}

func TestDurationsAreReadInBothForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{`90`: 90 * time.Second, `0.25`: 250 * time.Millisecond, `"24h"`: 24 * time.Hour} {
		var d client.Duration
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		require.Equal(t, want, time.Duration(d))
		written, err := json.Marshal(d)
		require.NoError(t, err)
		var again client.Duration
		require.NoError(t, json.Unmarshal(written, &again))
		require.Equal(t, d, again)
	}
	for _, text := range []string{`"soon"`, `[]`, `{}`} {
		var d client.Duration
		require.Error(t, json.Unmarshal([]byte(text), &d), text)
	}
}

func TestFiltersOfMessagesBecomeTheQuery(t *testing.T) {
	t.Parallel()
	asked := make(chan url.Values, 1)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Query()
		_, _ = io.WriteString(w, `{"data":[],"next_cursor":null}`)
	})
	for _, err := range c.Messages(t.Context(), client.MessageFilter{
		Query: `-a "b"*`, EndpointID: "e", From: "+1555", To: "a@b", Fields: map[string]string{"ticket.status": "open & new", "empty": ""},
		After: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC),
	}) {
		require.Fail(t, "there is none", err)
	}
	require.Equal(t, url.Values{
		"limit": {"100"}, "q": {`-a "b"*`}, "endpoint_id": {"e"}, "from": {"+1555"}, "to": {"a@b"},
		"field.ticket.status": {"open & new"}, "field.empty": {""}, "after": {"2026-01-02T03:04:05.006Z"},
	}, <-asked)
}

func TestCallsThatCreateCarryTheirIdempotencyKey(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") != "once" || r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, `{"data":{}}`)
	})
	once := client.IdempotencyKey("once")
	for name, create := range map[string]func() error{
		"endpoint": func() error { _, err := c.CreateEndpoint(t.Context(), client.EndpointSettings{}, once); return err },
		"webhook":  func() error { _, err := c.CreateWebhook(t.Context(), client.WebhookSettings{}, once); return err },
		"webhook with secret": func() error {
			_, err := c.CreateWebhookWithSecret(t.Context(), client.WebhookSettings{}, "", once)
			return err
		},
		"event":  func() error { _, err := c.Publish(t.Context(), client.NewEvent{}, once); return err },
		"key":    func() error { _, err := c.CreateKey(t.Context(), "a", client.RoleAuditor, once); return err },
		"tenant": func() error { _, err := c.CreateTenant(t.Context(), "a", once); return err },
	} {
		require.NoError(t, create(), name)
	}
}
