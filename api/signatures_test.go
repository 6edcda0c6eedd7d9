package api_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// keySet is a JWK set by the keys' ids.
func (s *service) keySet(t *testing.T, webhook string) map[string]any {
	t.Helper()
	g := s.call(t, "", "GET", "/.well-known/posthorn/jwks.json?webhook_id="+webhook, nil)
	require.Equal(t, http.StatusOK, g.status, g.raw)
	require.Equal(t, "application/jwk-set+json", g.header.Get("Content-Type"))
	keys := map[string]any{}
	for _, k := range g.body["keys"].([]any) {
		key := k.(map[string]any)
		require.Equal(t, []any{"OKP", "Ed25519", "sig", "EdDSA"}, []any{key["kty"], key["crv"], key["use"], key["alg"]})
		keys[key["kid"].(string)] = key["x"]
	}
	return keys
}

func signed(signatures ...string) object {
	return object{"url": "https://example.com/", "events": []string{"*"}, "signatures": signatures}
}

func TestAWebhookSignsByTheSchemesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	plain := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}})
	require.Equal(t, []any{"v1"}, plain.data()["signatures"])
	require.Nil(t, plain.data()["public_key"])
	none := signed()
	none["signatures"] = []string{}
	unsigned := s.create(t, key, "/api/v1/webhooks", none)
	require.NotContains(t, unsigned.data(), "secret")
	require.Equal(t, []any{}, unsigned.data()["signatures"])

	both := s.create(t, key, "/api/v1/webhooks", signed("v1a", "v1"))
	require.Equal(t, []any{"v1", "v1a"}, both.data()["signatures"])
	require.NotEmpty(t, both.str("secret"))
	alone := s.create(t, key, "/api/v1/webhooks", signed("v1a"))
	require.NotContains(t, alone.data(), "secret")
	require.NotContains(t, alone.raw, "whsk_")
	text, ok := strings.CutPrefix(alone.str("public_key"), "whpk_")
	require.True(t, ok)
	raw, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	require.Equal(t, map[string]any{alone.str("key_id"): base64.RawURLEncoding.EncodeToString(raw)}, s.keySet(t, alone.str("id")))
	require.Empty(t, s.keySet(t, plain.str("id")))
	commenda := s.create(t, key, "/webhooks", object{"url": "https://example.com/", "topics": []string{"a"}, "signatures": []string{"v1a"}})
	require.Contains(t, s.keySet(t, commenda.str("id")), commenda.str("key_id"))

	for body, pointer := range map[string]string{
		`{"signatures":["v2"]}`:                                    "/signatures/0",
		`{"signatures":["v1","v1"]}`:                               "/signatures",
		`{"signatures":["v1"],"secret":""}`:                        "/signatures",
		`{"signatures":["v1a"],"secret":"a secret for no scheme"}`: "/secret",
	} {
		badSettings(t, s, key, "POST", "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}}, map[string]string{body: pointer})
	}
}

func TestSchemesAreAddedAndTakenAway(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	w := s.create(t, key, "/api/v1/webhooks", signed("v1"))
	path, id := "/api/v1/webhooks/"+w.str("id"), w.str("id")
	change := func(signatures ...string) got {
		g := s.call(t, key, "PATCH", path, object{"signatures": signatures})
		require.Equal(t, http.StatusOK, g.status, g.raw)
		return g
	}
	both := change("v1", "v1a")
	require.NotContains(t, both.data(), "secret", "it keeps the one that it has")
	require.Equal(t, both.str("key_id"), change("v1", "v1a").str("key_id"))
	require.Contains(t, s.keySet(t, id), both.str("key_id"))
	alone := change("v1a")
	require.Equal(t, []any{"v1a"}, alone.data()["signatures"])
	again := change("v1")
	require.NotEmpty(t, again.str("secret"), "a new one is shown")
	require.NotEqual(t, w.str("secret"), again.str("secret"))
	require.Empty(t, s.keySet(t, id))
}

func TestARotatedKeyStaysPublishedForItsOverlap(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	w := s.create(t, key, "/api/v1/webhooks", signed("v1a"))
	path := "/api/v1/webhooks/" + w.str("id")
	second := s.call(t, key, "POST", path+"/rotate", object{"overlap": "24h"})
	require.Equal(t, http.StatusOK, second.status, second.raw)
	require.NotContains(t, second.data(), "secret", "it has none")
	keys := s.keySet(t, w.str("id"))
	require.Len(t, keys, 2)
	require.Contains(t, keys, w.str("key_id"))
	require.Contains(t, keys, second.str("key_id"))
	require.NotEqual(t, w.str("key_id"), second.str("key_id"))

	third := s.call(t, key, "POST", path+"/rotate", nil)
	keys = s.keySet(t, w.str("id"))
	require.Len(t, keys, 1, "without an overlap the others end at once")
	require.Contains(t, keys, third.str("key_id"))
	require.Equal(t, http.StatusOK, s.call(t, key, "DELETE", path, nil).status)
	require.Empty(t, s.keySet(t, w.str("id")))
}

func TestTheKeySetIsPublicAndCached(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const path = "/.well-known/posthorn/jwks.json"
	require.JSONEq(t, `{"keys":[]}`, s.call(t, "", "GET", path+"?webhook_id=01890a5d-ac96-774b-bcce-b302099a8057", nil).raw)
	s.call(t, "", "GET", path+"?webhook_id=nonsense", nil).problem(t, 422)
	ids := map[string]bool{}
	for range 2 {
		_, key := s.tenant(t)
		ids[s.create(t, key, "/api/v1/webhooks", signed("v1a")).str("key_id")] = true
	}
	g := s.call(t, "", "GET", path, nil)
	require.Len(t, g.body["keys"], 2, "of all tenants")
	for _, k := range g.body["keys"].([]any) {
		require.True(t, ids[k.(map[string]any)["kid"].(string)])
		require.Len(t, k, 6, "it says of nobody whose it is")
	}
	require.Equal(t, "public, max-age=300", g.header.Get("Cache-Control"))
	again := s.send(t, "GET", path, nil, "If-None-Match", g.header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.status)
	require.Empty(t, again.raw)
}
