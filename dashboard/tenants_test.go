package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/dashboard"
	"posthorn/hook"
)

func TestNoTenantSeesOrChangesAnothers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.fill(t, s.tenant)
	owner, stranger := s.signedIn(t, s.tenant, hook.RoleAdmin), s.signedIn(t, s.addTenant(t, "Other"), hook.RoleAdmin)
	member := s.addUser(t, s.tenant, "member@example.com", hook.RoleAuditor).ID
	search, err := s.store.SaveSearch(t.Context(), s.tenant, member, hook.SavedSearch{Name: "late", Query: "invoice"})
	require.NoError(t, err)
	invitation, err := s.store.Invite(t.Context(), s.tenant, "new@example.com", hook.RoleAuditor, 1e12)
	require.NoError(t, err)
	key, err := s.api.CreateKey(s.as(t), "a key", "auditor")
	require.NoError(t, err)
	things := map[string]string{
		"/webhooks": c.failing.ID, "/deliveries": c.failed, "/events": c.event.ID, "/messages": c.messages[0],
		"/settings/webhooks/endpoints": c.endpoint.ID, "/settings/members": member.String(), "/settings/invitations": invitation.ID.String(), "/settings/keys": key.ID,
		"/messages/searches": search.String(), "/settings/retention": c.endpoint.ID,
	}
	refused := s.refused(t, c.endpoint, 1)[0].ID
	seen := 0
	for _, r := range dashboard.Routes() {
		list, _, ok := strings.Cut(r.Path, "/{id}")
		if !ok {
			continue
		}
		require.NotEmpty(t, things[list], "%s: the test has nothing of this kind", r.Path)
		path := "/portal" + strings.NewReplacer("{id}", things[list], "{n}", "0", "{rid}", refused).Replace(r.Path)
		var form url.Values
		if r.Method == http.MethodPost {
			form = url.Values{"role": {"admin"}, "since": {"2026-01-02T03:04"}, "url": {"https://example.com"}, "events": {"a.b"}, "name": {"x"}, "auth": {"bearer"}}
		}
		g := stranger.send(t, r.Method, path, form)
		require.Equal(t, http.StatusNotFound, g.status, "%s %s: %s", r.Method, path, g.body)
		if r.Method == http.MethodGet {
			require.Equal(t, http.StatusOK, owner.get(t, path).status, path)
			seen++
		}
	}
	require.Positive(t, seen)
	for _, page := range []string{"/", "/webhooks", "/deliveries", "/events", "/messages", "/messages?q=invoice", "/archive", "/settings/retention", "/settings/webhooks/endpoints", "/settings/members", "/settings/keys"} {
		g := stranger.get(t, "/portal"+page)
		require.Equal(t, http.StatusOK, g.status, page)
		for _, trace := range []string{"ledger", "CRM", "invoice for May", "member@example.com", "order.placed", c.failed} {
			require.NotContains(t, g.body, trace, page)
		}
	}
	require.Equal(t, http.StatusNotFound, stranger.get(t, "/portal/deliveries?webhook="+c.failing.ID).status)
	require.Contains(t, owner.get(t, "/portal/webhooks").body, "ledger", "nothing was changed")
}
