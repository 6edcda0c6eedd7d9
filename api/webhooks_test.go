package api_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWebhookHasTheDefaultsOfTheContract(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	g := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com:8443/in?x=1", "events": []string{"ticket", "message.*"}})
	want := object{
		"name": "example.com:8443", "url": "https://example.com:8443/in?x=1", "events": []any{"ticket", "message.*"}, "format": "standard",
		"active": true, "retry_policy": []any{1.0, 5.0, 30.0, 300.0, 1800.0, 7200.0}, "disable_after": 10.0, "timeout": 10.0,
		"headers": map[string]any{}, "consecutive_failures": 0.0, "disabled_reason": nil,
	}
	for name, value := range want {
		require.Equal(t, value, g.data()[name], name)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(g.str("secret"), "whsec_"))
	require.NoError(t, err)
	require.Len(t, raw, 32)
	shown := s.call(t, key, "GET", "/api/v1/webhooks/"+g.str("id"), nil)
	require.NotContains(t, shown.data(), "secret")
	require.Equal(t, shown.data(), s.call(t, key, "GET", "/api/v1/webhooks", nil).list()[0])
}

func TestWebhookSecretIsGivenGeneratedOrNone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	made := func(secret any) got {
		return s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}, "secret": secret})
	}
	require.Equal(t, "sixteen letters!", made("sixteen letters!").str("secret"))
	require.NotContains(t, made("").data(), "secret")
	require.NotContains(t, made(nil).data(), "secret")
	for _, secret := range []string{"fifteen letters", strings.Repeat("x", 501)} {
		g := s.call(t, key, "POST", "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}, "secret": secret})
		g.problem(t, 422)
		require.Equal(t, []string{"/secret"}, g.pointers())
		require.NotContains(t, g.raw, secret)
	}
	unsigned := made(nil).str("id")
	require.NotEmpty(t, s.call(t, key, "POST", "/api/v1/webhooks/"+unsigned+"/rotate", nil).str("secret"))
}

func TestBadSettingsOfAWebhookAreNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	whole := object{"url": "https://example.com/", "events": []string{"*"}}
	id := s.create(t, key, "/api/v1/webhooks", whole).str("id")
	cases := map[string]string{
		`{"name":"` + strings.Repeat("x", 201) + `"}`:                     "/name",
		`{"name":"\u0000"}`:                                               "/name",
		`{"url":"http://example.com/"}`:                                   "/url",
		`{"url":"https://localhost/"}`:                                    "/url",
		`{"url":"https://10.1.2.3/"}`:                                     "/url",
		`{"url":"https://user:hunter2@example.com/"}`:                     "/url",
		`{"url":"https://example.com/\u0000"}`:                            "/url",
		`{"url":"https://example.com/` + strings.Repeat("x", 2000) + `"}`: "/url",
		`{"events":[]}`:                                                   "/events",
		`{"events":["a","b..c"]}`:                                         "/events/1",
		`{"events":["a.*.b"]}`:                                            "/events/0",
		`{"events":["a*"]}`:                                               "/events/0",
		`{"events":[` + strings.Repeat(`"a",`, 50) + `"a"]}`:              "/events",
		`{"format":"morse"}`:                                              "/format",
		`{"active":"yes"}`:                                                "/active",
		`{"retry_policy":[1,-1]}`:                                         "/retry_policy/1",
		`{"retry_policy":[1,2,3,4,5,6,7,8,9,10,11]}`:                      "/retry_policy",
		`{"disable_after":0}`:                                             "/disable_after",
		`{"timeout":"61s"}`:                                               "/timeout",
		`{"timeout":"1ms"}`:                                               "/timeout",
		`{"headers":{"Host":"x"}}`:                                        "/headers/Host",
		`{"headers":{"webhook-ID":"x"}}`:                                  "/headers/webhook-ID",
		`{"headers":{"X-A":"a\r\nB: c"}}`:                                 "/headers/X-A",
		`{"headers":{"X/~":"a\u0000"}}`:                                   "/headers/X~1~0",
		`{"unknown":1}`:                                                   "/unknown",
	}
	badSettings(t, s, key, "POST", "/api/v1/webhooks", whole, cases)
	cases[`{"name":""}`] = "/name"
	cases[`{"secret":"a secret is rotated"}`] = "/secret"
	badSettings(t, s, key, "PATCH", "/api/v1/webhooks/"+id, nil, cases)
	g := s.call(t, key, "POST", "/api/v1/webhooks", object{})
	g.problem(t, 422)
	require.ElementsMatch(t, []string{"/url", "/events"}, g.pointers())
}

func TestWebhookIsHeldAndResumed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	id := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}}).str("id")
	path := "/api/v1/webhooks/" + id
	s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": 1})
	status := func() any {
		list := s.call(t, key, "GET", "/api/v1/deliveries?webhook_id="+id, nil).list()
		require.Len(t, list, 1)
		return list[0]["status"]
	}
	require.Equal(t, "pending", status())
	g := s.call(t, key, "PATCH", path, object{"active": false, "timeout": "1500ms", "headers": object{"X-A": "b"}})
	require.Equal(t, false, g.data()["active"])
	require.Equal(t, "manual", g.data()["disabled_reason"])
	require.Equal(t, "1.5s", g.data()["timeout"], "durations are integers or strings")
	require.Equal(t, "held", status())
	s.create(t, key, "/api/v1/events", object{"type": "a.c", "data": 1})
	require.Equal(t, "held", status(), "what is published meanwhile makes no delivery")
	g = s.call(t, key, "POST", path+"/enable", nil)
	require.Equal(t, true, g.data()["active"])
	require.Nil(t, g.data()["disabled_reason"])
	operations := s.call(t, key, "GET", "/api/v1/operations?webhook_id="+id, nil).list()
	require.Len(t, operations, 1)
	require.Equal(t, "resume", operations[0]["kind"])
	require.Equal(t, "running", operations[0]["status"])
	require.EqualValues(t, 1, operations[0]["total"])
	require.Equal(t, "held", status(), "a worker resumes it")
	require.Equal(t, 200, s.call(t, key, "DELETE", "/api/v1/webhooks?id="+id, nil).status)
	require.Equal(t, "cancelled", status())
	s.call(t, key, "GET", path, nil).problem(t, 404)
	s.call(t, key, "POST", path+"/enable", nil).problem(t, 404)
	s.call(t, key, "DELETE", path, nil).problem(t, 404)
	g = s.call(t, key, "DELETE", "/api/v1/webhooks", nil)
	g.problem(t, 422)
	require.Equal(t, []string{"query.id"}, g.pointers())
}
