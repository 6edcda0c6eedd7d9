package api_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestEndpointHasTheDefaultsOfTheContract(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	g := s.create(t, key, "/api/v1/endpoints", object{"name": "n"})
	want := object{
		"id": g.str("id"), "name": "n", "url": "https://hooks.example.com/webhooks/incoming/in/" + g.str("token"), "token": g.str("token"),
		"auth": "bearer", "signature": nil, "enabled": true, "rate_limit": 100.0, "burst": 1000.0, "dedup_window": 604800.0,
		"retention": 220752000.0, "allowlist": []any{}, "archive_segments": false, "secret": g.str("secret"),
		"created_at": g.str("created_at"), "updated_at": g.str("updated_at"),
	}
	for name, value := range want {
		require.Equal(t, value, g.data()[name], name)
	}
	require.GreaterOrEqual(t, len(g.str("token")), 22, "128 bits in base64")
	_, err := time.Parse(hook.TimeFormat, g.str("created_at"))
	require.NoError(t, err)

	path := "/api/v1/endpoints/" + g.str("id")
	shown := s.call(t, key, "GET", path, nil)
	delete(want, "secret")
	for name, value := range want {
		require.Equal(t, value, shown.data()[name], name)
	}
	require.NotContains(t, shown.data(), "secret")
	require.Equal(t, shown.data(), s.call(t, key, "GET", "/api/v1/endpoints", nil).list()[0])
	require.EqualValues(t, 250, s.create(t, key, "/api/v1/endpoints", object{"name": "n", "rate_limit": 25}).data()["burst"])
}

func TestEndpointChangesInWhatIsSent(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	before := s.create(t, key, "/api/v1/endpoints", object{
		"name": "n", "auth": "hmac", "signature": object{"header": "X-S", "prefix": "v1=", "encoding": "base64"},
		"allowlist": []string{"192.0.2.1", "2001:db8::1/32", "::ffff:198.51.100.0/120"}, "dedup_window": "90s", "retention": 86400,
	}).data()
	require.Equal(t, []any{"192.0.2.1/32", "2001:db8::/32", "198.51.100.0/24"}, before["allowlist"])
	path := "/api/v1/endpoints/" + before["id"].(string)
	delete(before, "secret")
	for _, c := range []struct {
		change string
		want   object
	}{
		{`{}`, nil},
		{`{"name":"m"}`, object{"name": "m"}},
		{`{"signature":{"prefix":""}}`, object{"signature": map[string]any{"header": "X-S", "prefix": "", "encoding": "base64"}}},
		{`{"allowlist":[]}`, object{"allowlist": []any{}}},
		{`{"enabled":false,"rate_limit":7,"burst":9}`, object{"enabled": false, "rate_limit": 7.0, "burst": 9.0}},
		{`{"dedup_window":"1h30m","retention":"48h"}`, object{"dedup_window": 5400.0, "retention": 172800.0}},
		{`{"archive_segments":true}`, object{"archive_segments": true}},
		{`{"auth":"bearer"}`, object{"auth": "bearer", "signature": nil}},
		{`{"auth":"hmac"}`, object{"auth": "hmac", "signature": map[string]any{"header": "X-S", "prefix": "", "encoding": "base64"}}},
	} {
		g := s.call(t, key, "PATCH", path, c.change)
		require.Equal(t, 200, g.status, g.raw)
		maps.Copy(before, c.want)
		before["updated_at"] = g.str("updated_at")
		require.Equal(t, before, g.data(), c.change)
		require.Equal(t, g.data(), s.call(t, key, "GET", path, nil).data())
	}
}

// badSettings are refused wherever they stand, each with its pointer.
func badSettings(t *testing.T, s *service, key, method, path string, with object, cases map[string]string) {
	t.Helper()
	for change, pointer := range cases {
		body := object{}
		maps.Copy(body, with)
		require.NoError(t, unmarshal(change, &body))
		g := s.call(t, key, method, path, body)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), "%s %s %s: %s", method, path, change, g.raw)
	}
}

func TestBadSettingsOfAnEndpointAreNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"retention": "48h"})
	cases := map[string]string{
		`{"name":""}`: "/name",
		`{"name":"` + strings.Repeat("x", 201) + `"}`:    "/name",
		`{"name":"a\u0000"}`:                             "/name",
		`{"name":7}`:                                     "/name",
		`{"auth":"basic"}`:                               "/auth",
		`{"rate_limit":0}`:                               "/rate_limit",
		`{"rate_limit":1e30}`:                            "/rate_limit",
		`{"rate_limit":1.5}`:                             "/rate_limit",
		`{"burst":-1}`:                                   "/burst",
		`{"dedup_window":-5}`:                            "/dedup_window",
		`{"dedup_window":1.5}`:                           "/dedup_window",
		`{"dedup_window":0}`:                             "/dedup_window",
		`{"dedup_window":"soon"}`:                        "/dedup_window",
		`{"dedup_window":"-1h"}`:                         "/dedup_window",
		`{"dedup_window":"99999999999h"}`:                "/dedup_window",
		`{"dedup_window":1e300}`:                         "/dedup_window",
		`{"retention":"1m"}`:                             "/retention",
		`{"allowlist":["10.0.0.0/8","ten"]}`:             "/allowlist/1",
		`{"allowlist":"10.0.0.0/8"}`:                     "/allowlist",
		`{"allowlist":["10.0.0.0/33"]}`:                  "/allowlist/0",
		`{"auth":"hmac","signature":{"header":"X Y"}}`:   "/signature/header",
		`{"auth":"hmac","signature":{"encoding":"rot"}}`: "/signature/encoding",
		`{"signature":{"prefix":"\u0000"}}`:              "/signature/prefix",
		`{"signature":{"header":"\u0000"}}`:              "/signature/header",
		`{"unknown":1}`:                                  "/unknown",
		`{"id":"x"}`:                                     "/id",
	}
	badSettings(t, s, key, "POST", "/api/v1/endpoints", object{"name": "n"}, cases)
	cases[`{"retention":"47h"}`] = "/retention"
	badSettings(t, s, key, "PATCH", "/api/v1/endpoints/"+e.id, nil, cases)
	require.Len(t, s.call(t, key, "GET", "/api/v1/endpoints", nil).list(), 1)

	g := s.call(t, key, "POST", "/api/v1/endpoints", object{})
	g.problem(t, 422)
	require.Equal(t, []string{"/name"}, g.pointers())
	g = s.call(t, key, "POST", "/api/v1/endpoints/"+e.id+"/rotate", object{"overlap": "721h"})
	g.problem(t, 422)
	require.Equal(t, []string{"/overlap"}, g.pointers())
}

func TestDeletedEndpointIsGoneAndItsMessagesStay(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	m := s.deliver(t, e, message("1"))
	path := "/api/v1/endpoints/" + e.id
	g := s.call(t, key, "DELETE", path, nil)
	require.Equal(t, object{"id": e.id, "deleted": true}, g.data())
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		s.call(t, key, method, path, "{}").problem(t, 404)
	}
	s.call(t, key, "POST", path+"/rotate", nil).problem(t, 404)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/endpoints", nil).list())
	require.Equal(t, 200, s.call(t, key, "GET", "/api/v1/messages/"+m.str("id"), nil).status)
}
