package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/client"
	"posthorn/hook"
)

func TestWhoCallsFromThisProcessIsHeldToTenantAndRole(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	owned := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}}).str("id")
	tenant, err := s.store.CreateTenant(t.Context(), "another")
	require.NoError(t, err)
	handler, err := api.New(s.config)
	require.NoError(t, err)
	c, err := client.New("http://within", "", client.Handler(handler))
	require.NoError(t, err)

	as := func(role hook.Role) (made client.Webhook, err error) {
		return c.CreateWebhook(api.As(t.Context(), tenant.ID, role), client.WebhookSettings{
			URL: new("https://example.com/"), Events: &[]string{"*"},
		})
	}
	made, err := as(hook.RoleOperator)
	require.NoError(t, err)
	_, err = s.store.Webhook(t.Context(), tenant.ID, mustID(t, made.ID))
	require.NoError(t, err, "it is the tenant's")
	_, err = as(hook.RoleAuditor)
	requireStatus(t, http.StatusForbidden, err)
	_, err = c.Webhook(api.As(t.Context(), tenant.ID, hook.RoleAdmin), owned)
	requireStatus(t, http.StatusNotFound, err)
	_, err = c.Webhook(t.Context(), made.ID)
	requireStatus(t, http.StatusUnauthorized, err)
	_, err = c.CreateTenant(api.As(t.Context(), tenant.ID, hook.RoleAdmin), "mine")
	requireStatus(t, http.StatusUnauthorized, err)
}

func mustID(t *testing.T, text string) hook.ID {
	t.Helper()
	id, err := hook.ParseID(text)
	require.NoError(t, err)
	return id
}

func requireStatus(t *testing.T, status int, err error) {
	t.Helper()
	var refused *client.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, status, refused.StatusCode)
}
