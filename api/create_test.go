package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// createAs posts something under an Idempotency-Key.
func (s *service) createAs(t *testing.T, key, idempotencyKey, path, body string) got {
	t.Helper()
	return s.send(t, "POST", path, strings.NewReader(body),
		"Content-Type", "application/json", "Authorization", "Bearer "+key, "Idempotency-Key", idempotencyKey)
}

// creations are the calls that create, each with a body.
func creations() map[string]string {
	return map[string]string{
		"/api/v1/endpoints": `{"name":"an endpoint"}`,
		"/api/v1/webhooks":  `{"url":"https://example.com/","events":["*"],"headers":{"Authorization":"Bearer hunter2"}}`,
		"/api/v1/events":    `{"type":"a.b","data":{"<a>":12345678901234567890,"z":1.0}}`,
		"/api/v1/keys":      `{"name":"a key","role":"producer"}`,
		"/api/v1/tenants":   `{"name":"a tenant"}`,
	}
}

func TestARepeatUnderAnIdempotencyKeyGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, admin := s.tenant(t)
	s.create(t, admin, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}}) // which the event goes to
	for path, body := range creations() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			key := admin
			if path == "/api/v1/tenants" {
				key = rootKey
			}
			first := s.createAs(t, key, "once: "+path, path, body)
			require.Equal(t, http.StatusCreated, first.status, first.raw)
			require.Empty(t, first.header.Get("Idempotent-Replayed"))
			before := len(s.call(t, key, "GET", path, nil).list())
			for range 2 {
				again := s.createAs(t, key, "once: "+path, path, body)
				require.Equal(t, first.status, again.status)
				require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
				require.Equal(t, "application/json", again.header.Get("Content-Type"))
				want := first.data()
				for _, secret := range []string{"secret", "key"} {
					require.Empty(t, again.str(secret))
					delete(want, secret)
				}
				require.Equal(t, want, again.data())
				require.Equal(t, true, again.body["success"])
			}
			require.Len(t, s.call(t, key, "GET", path, nil).list(), before)

			another := s.createAs(t, key, "once: "+path, path, strings.Replace(body, "{", "{ ", 1))
			another.problem(t, 422)
			require.Equal(t, []string{"header.Idempotency-Key"}, another.pointers())
			other := s.createAs(t, key, "twice: "+path, path, body)
			require.Equal(t, http.StatusCreated, other.status)
			require.NotEqual(t, first.str("id"), other.str("id"))
		})
	}
}

func TestKeptAnswersHoldTheEventAsItWas(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	first := s.createAs(t, key, "k", "/api/v1/events", creations()["/api/v1/events"])
	again := s.createAs(t, key, "k", "/api/v1/events", creations()["/api/v1/events"])
	require.Equal(t, strings.TrimSpace(first.raw), strings.TrimSpace(again.raw), "byte for byte: it has no secret")
	require.Contains(t, again.raw, `"<a>":12345678901234567890`)
}

func TestIdempotencyKeysAreATenantsOwn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, one := s.tenant(t)
	_, two := s.tenant(t)
	auditor := s.create(t, one, "/api/v1/keys", object{"name": "a key", "role": "auditor"}).str("key")
	body := creations()["/api/v1/webhooks"]
	first := s.createAs(t, one, "k", "/api/v1/webhooks", body)
	second := s.createAs(t, two, "k", "/api/v1/webhooks", body)
	require.Equal(t, 201, second.status)
	require.NotEqual(t, first.str("id"), second.str("id"))
	s.createAs(t, auditor, "k", "/api/v1/webhooks", body).problem(t, 403)
	s.createAs(t, one, "k", "/api/v1/endpoints", creations()["/api/v1/endpoints"]).problem(t, 422)
}

func TestRepeatsAtTheSameInstantCreateOne(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	var group sync.WaitGroup
	answers := make([]got, 20) // more than the pool has connections
	for i := range answers {
		group.Go(func() { answers[i] = s.createAs(t, key, "k", "/api/v1/endpoints", `{"name":"an endpoint"}`) })
	}
	group.Wait()
	firsts := 0
	for _, a := range answers {
		require.Equal(t, 201, a.status, a.raw)
		require.Equal(t, answers[0].str("id"), a.str("id"))
		if a.header.Get("Idempotent-Replayed") == "" {
			firsts++
			require.NotEmpty(t, a.str("secret"))
		}
	}
	require.Equal(t, 1, firsts)
	require.Len(t, s.call(t, key, "GET", "/api/v1/endpoints", nil).list(), 1)
}

func TestARefusedRequestLeavesItsIdempotencyKeyFree(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	s.createAs(t, key, "k", "/api/v1/webhooks", `{"url":"http://localhost/","events":["*"]}`).problem(t, 422)
	g := s.createAs(t, key, "k", "/api/v1/webhooks", `{"url":"https://example.com/","events":["*"]}`)
	require.Equal(t, 201, g.status, g.raw)
}

func TestIdempotencyKeysHaveAForm(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, bad := range []string{strings.Repeat("k", 256), "ключ", "a\tb", "\u0080"} {
		g := s.createAs(t, key, bad, "/api/v1/endpoints", `{"name":"an endpoint"}`)
		g.problem(t, 422)
		require.Equal(t, []string{"header.Idempotency-Key"}, g.pointers())
	}
	for _, good := range []string{strings.Repeat("k", 255), "a b", "~", ""} {
		require.Equal(t, 201, s.createAs(t, key, good, "/api/v1/endpoints", `{"name":"an endpoint"}`).status, good)
	}
}

func TestOpenAPIDescribesIdempotency(t *testing.T) {
	t.Parallel()
	s := setup(t)
	paths := s.call(t, "", "GET", "/openapi.json", nil).body["paths"].(map[string]any)
	for path := range creations() {
		post := paths[path].(map[string]any)["post"].(map[string]any)
		require.Len(t, post["requestBody"].(map[string]any)["content"], 1, "JSON alone")
		require.Equal(t, "Idempotency-Key", post["parameters"].([]any)[0].(map[string]any)["name"])
		answer := post["responses"].(map[string]any)["201"].(map[string]any)
		require.Contains(t, answer["headers"], "Idempotent-Replayed")
		schema := answer["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)
		require.Regexp(t, "^#/components/schemas/", schema["$ref"])
	}
}
