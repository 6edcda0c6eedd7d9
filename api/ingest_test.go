package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// TestChecksAreMadeInTheirOrder mends one fault after the other: each time the
// next check answers, whatever is wrong behind it.
func TestChecksAreMadeInTheirOrder(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	closed := s.endpoint(t, key, object{"allowlist": []string{"192.0.2.0/24"}, "enabled": false})
	disabled := s.endpoint(t, key, object{"enabled": false})
	open := s.endpoint(t, key, object{"allowlist": []string{"127.0.0.1", "::1/128"}})
	large := strings.Repeat("{", hook.MaxBody+1)
	for _, c := range []struct {
		name, path, body, secret string
		want                     int
		kind                     string
	}{
		{name: "unknown token", path: "/webhooks/incoming/in/" + hook.NewToken(), body: large, want: 404},
		{name: "address", path: closed.path, body: large, want: 403},
		{name: "size", path: disabled.path, body: large, want: 413},
		{name: "authenticity", path: disabled.path, body: "{", want: 401},
		{name: "enabled", path: disabled.path, body: "{", secret: disabled.secret, want: 403, kind: "endpoint-disabled"},
		{name: "well-formed", path: open.path, body: "{", secret: open.secret, want: 400},
		{name: "fields", path: open.path, body: "{}", secret: open.secret, want: 422},
	} {
		g := s.send(t, "POST", c.path, strings.NewReader(c.body), "Authorization", "Bearer "+c.secret)
		g.problem(t, c.want)
		if c.kind == "" {
			c.kind = "about:blank"
		}
		require.Equal(t, c.kind, g.body["type"], c.name)
	}
	require.Equal(t, 200, s.deliver(t, open, message("1")).status)
}

func TestAcceptedMessageIsAnsweredWithItsDigest(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	before := time.Now().Add(-time.Millisecond)
	body := " " + message("ext <&> 1") + "\n"
	g := s.deliver(t, e, body)
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, true, g.body["success"])
	sum := sha256.Sum256([]byte(body))
	received, err := time.Parse(hook.TimeFormat, g.str("received_at"))
	require.NoError(t, err)
	require.WithinRange(t, received, before, time.Now())
	id, err := hook.ParseID(g.str("id"))
	require.NoError(t, err)
	require.EqualValues(t, 7, id.Version())
	require.Equal(t, object{
		"id": g.str("id"), "external_id": "ext <&> 1", "duplicate": false, "status": "accepted",
		"sha256": hex.EncodeToString(sum[:]), "received_at": g.str("received_at"),
	}, g.data())
}

func TestUnknownTokensAreAllAlike(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	gone := s.endpoint(t, key, object{})
	require.Equal(t, 200, s.call(t, key, "DELETE", "/api/v1/endpoints/"+gone.id, nil).status)
	var first object
	for _, path := range []string{
		"/webhooks/incoming/in/" + hook.NewToken(), gone.path, "/webhooks/incoming/in/%00", "/webhooks/incoming/in/%ff",
		"/webhooks/incoming/in/" + strings.Repeat("a", 5000), "/webhooks/incoming/in/a%20b", "/webhooks/incoming/in/'",
	} {
		g := s.send(t, "POST", path, strings.NewReader(message("1")), "Authorization", "Bearer "+gone.secret)
		g.problem(t, 404)
		delete(g.body, "request_id")
		if first == nil {
			first = g.body
		}
		require.Equal(t, first, g.body, path)
	}
}

func TestContentTypeDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	for _, contentType := range []string{"", "application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", ";"} {
		g := s.send(t, "POST", e.path, strings.NewReader(message("of "+contentType)), "Authorization", "Bearer "+e.secret, "Content-Type", contentType)
		require.Equal(t, 200, g.status, g.raw)
	}
}

func TestSameExternalIDIsADuplicateHoweverManyComeAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e, other := s.endpoint(t, key, object{}), s.endpoint(t, key, object{})
	answers := make([]got, 64)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = s.deliver(t, e, message("the same")) })
	}
	all.Wait()
	fresh := 0
	for _, g := range answers {
		require.Equal(t, 200, g.status, g.raw)
		require.Equal(t, answers[0].str("id"), g.str("id"))
		require.Equal(t, answers[0].str("received_at"), g.str("received_at"))
		if g.data()["duplicate"] == false {
			fresh++
		}
	}
	require.Equal(t, 1, fresh)
	require.Equal(t, false, s.deliver(t, other, message("the same")).data()["duplicate"], "ids are an endpoint's own")
	require.Len(t, s.call(t, key, "GET", "/api/v1/messages?endpoint_id="+e.id, nil).list(), 1)

	changed := s.deliver(t, e, strings.Replace(message("the same"), "hello", "bye", 1))
	require.Equal(t, true, changed.data()["duplicate"])
	require.Equal(t, answers[0].str("sha256"), changed.str("sha256"), "the first message's")
	require.Equal(t, true, s.call(t, key, "GET", "/api/v1/messages/"+changed.str("id"), nil).data()["conflicting"])
}

func TestDedupEndsWithItsWindow(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"dedup_window": "1s"})
	first := s.deliver(t, e, message("again"))
	require.Eventually(t, func() bool {
		g := s.deliver(t, e, message("again"))
		return g.data()["duplicate"] == false && g.str("id") != first.str("id")
	}, patience, 100*time.Millisecond)
}

func TestAddressBehindTrustedProxies(t *testing.T) {
	t.Parallel()
	direct, proxied := setup(t), setup(t, trustLoopback)
	for _, c := range []struct {
		service *service
		headers []string
		want    int
	}{
		{direct, []string{"X-Forwarded-For", "192.0.2.7"}, 403},
		{proxied, []string{"X-Forwarded-For", "192.0.2.7"}, 200},
		{proxied, []string{"X-Forwarded-For", "192.0.2.7, 198.51.100.1"}, 403},
		{proxied, []string{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-For", "198.51.100.1"}, 403},
		{proxied, []string{"X-Forwarded-For", "::ffff:192.0.2.7"}, 200},
		{proxied, []string{"X-Real-Ip", "192.0.2.7"}, 403},
		{proxied, []string{"X-Forwarded-For", "nonsense", "X-Real-Ip", "192.0.2.7"}, 403},
		{proxied, nil, 403},
	} {
		_, key := c.service.tenant(t)
		e := c.service.endpoint(t, key, object{"allowlist": []string{"192.0.2.0/24"}})
		g := c.service.send(t, "POST", e.path, strings.NewReader(message("1")), append(c.headers, "Authorization", "Bearer "+e.secret)...)
		require.Equal(t, c.want, g.status, "%v: %s", c.headers, g.raw)
	}
}

func TestChangesOfAnEndpointComeIntoForce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	require.Equal(t, 200, s.deliver(t, e, message("1")).status)
	becomes := func(e endpoint, want int) {
		t.Helper()
		require.Eventually(t, func() bool { return s.deliver(t, e, message("1")).status == want }, patience, 20*time.Millisecond)
	}
	path := "/api/v1/endpoints/" + e.id
	require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"enabled": false}).status)
	becomes(e, http.StatusForbidden)
	require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"enabled": true}).status)
	becomes(e, http.StatusOK)

	old := e
	e.secret = s.call(t, key, "POST", path+"/rotate", nil).str("secret")
	becomes(old, http.StatusUnauthorized)
	becomes(e, http.StatusOK)
	older := e
	e.secret = s.call(t, key, "POST", path+"/rotate", object{"overlap": "1h"}).str("secret")
	becomes(e, http.StatusOK)
	require.Equal(t, http.StatusOK, s.deliver(t, older, message("1")).status, "the old secret is in force as long as asked for")
	require.Equal(t, http.StatusUnauthorized, s.deliver(t, old, message("1")).status)

	require.Equal(t, 200, s.call(t, key, "DELETE", path, nil).status)
	becomes(e, http.StatusNotFound)
}

func TestOtherMethodsAndPaths(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, c := range []struct {
		method, path string
		want         int
		allow        string
	}{
		{"GET", "/nothing", 404, ""},
		{"POST", "/webhooks/incoming/in/", 404, ""},
		{"POST", "/webhooks/incoming/in/x/", 404, ""},
		{"GET", "/api/v1/endpoints/", 404, ""},
		{"GET", "/webhooks/incoming/in/x", 405, "POST"},
		{"PUT", "/api/v1/endpoints", 405, "GET, POST"},
		{"DELETE", "/healthz", 405, "GET"},
	} {
		g := s.send(t, c.method, c.path, io.MultiReader(strings.NewReader("{}")))
		g.problem(t, c.want)
		require.ElementsMatch(t, strings.Split(c.allow, ", "), strings.Split(g.header.Get("Allow"), ", "), c.path)
	}
}
