package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestTenantAndItsKeys(t *testing.T) {
	t.Parallel()
	s := setup(t)
	id, admin := s.tenant(t)
	shown := s.call(t, admin, "GET", "/api/v1/tenant", nil)
	require.Equal(t, object{"id": id, "name": "a tenant", "notify_emails": []any{}, "created_at": shown.str("created_at")}, shown.data())

	g := s.call(t, admin, "PATCH", "/api/v1/tenant", object{"notify_emails": []string{"ops@example.com"}})
	require.Equal(t, []any{"ops@example.com"}, g.data()["notify_emails"])
	require.Equal(t, "a tenant", g.str("name"))
	g = s.call(t, admin, "PATCH", "/api/v1/tenant", object{"name": "renamed"})
	require.Equal(t, []any{"ops@example.com"}, g.data()["notify_emails"])
	require.Equal(t, g.data(), s.call(t, admin, "GET", "/api/v1/tenant", nil).data())

	made := s.create(t, admin, "/api/v1/keys", object{"name": "ci", "role": "producer"})
	secret, keyID := made.str("key"), made.str("id")
	require.Equal(t, secret[:8], made.str("prefix"))
	listed := s.call(t, admin, "GET", "/api/v1/keys", nil).list()
	require.Len(t, listed, 2)
	delete(made.data(), "key")
	require.Equal(t, made.data(), listed[0])
	require.Equal(t, 201, s.call(t, secret, "POST", "/api/v1/events", object{"type": "a", "data": 1}).status)
	require.Equal(t, 200, s.call(t, admin, "DELETE", "/api/v1/keys/"+keyID, nil).status)
	s.call(t, secret, "POST", "/api/v1/events", object{"type": "a", "data": 1}).problem(t, 401)
	s.call(t, admin, "DELETE", "/api/v1/keys/"+keyID, nil).problem(t, 404)
}

func TestEveryRoleSeesItsTenant(t *testing.T) {
	t.Parallel()
	s := setup(t)
	id, admin := s.tenant(t)
	for _, role := range hook.Roles() {
		key := s.create(t, admin, "/api/v1/keys", object{"name": "k", "role": role}).str("key")
		require.Equal(t, id, s.call(t, key, "GET", "/api/v1/tenant", nil).str("id"))
	}
}

func TestBadTenantsAndKeysAreNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, admin := s.tenant(t)
	names := map[string]string{
		`{"name":""}`: "/name", `{"name":"` + strings.Repeat("x", 201) + `"}`: "/name", `{"name":"\u0000"}`: "/name", `{"x":1}`: "/x",
	}
	badSettings(t, s, rootKey, "POST", "/api/v1/tenants", object{"name": "n"}, names)
	names[`{"notify_emails":["ops@example.com","ops"]}`] = "/notify_emails/1"
	names[`{"notify_emails":["Ops <ops@example.com>"]}`] = "/notify_emails/0"
	names[`{"notify_emails":["\"\u0000\"@example.com"]}`] = "/notify_emails/0"
	badSettings(t, s, admin, "PATCH", "/api/v1/tenant", nil, names)
	badSettings(t, s, admin, "POST", "/api/v1/keys", object{"name": "n", "role": "auditor"}, map[string]string{
		`{"name":""}`: "/name", `{"name":"\u0000"}`: "/name", `{"role":"root"}`: "/role", `{"role":""}`: "/role", `{"role":null}`: "/role",
	})
}
