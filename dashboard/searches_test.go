package dashboard_test

import (
	"html"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestASearchIsSavedUnderANameAndDeleted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.fill(t, s.tenant)
	b, other := s.signedIn(t, s.tenant, hook.RoleAuditor), s.signedIn(t, s.tenant, hook.RoleAdmin)
	require.NotContains(t, b.get(t, "/portal/messages").body, "Save this search", "there is none yet")
	const search = `endpoint:"CRM" is:archived`
	require.Contains(t, b.get(t, "/portal/messages?q=is:archived").body, "Save this search")

	g := b.post(t, "/portal/messages/searches", "name", " ", "q", search)
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	require.Contains(t, g.body, "must have 1 to 60 characters")
	require.Contains(t, g.body, "invoice for May", "the list is still there")
	g = b.post(t, "/portal/messages/searches", "name", "Alice's <invoices>", "q", search)
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	page := b.get(t, g.location()).body
	require.Contains(t, page, "The search is saved.")
	require.Contains(t, page, "invoice for May")
	require.NotContains(t, page, "Save this search", "it is saved")
	require.Contains(t, html.UnescapeString(page), "Alice's <invoices>")
	require.NotContains(t, other.get(t, "/portal/messages").body, "invoices&gt;", "it is its user's alone")

	remove := regexp.MustCompile(`/portal/messages/searches/[^/]+/delete`).FindString(page)
	require.Equal(t, http.StatusNotFound, other.post(t, remove).status)
	require.Equal(t, http.StatusSeeOther, b.post(t, remove).status)
	require.NotContains(t, b.get(t, "/portal/messages").body, "Saved searches")
}

func TestAPortalLinkSavesNoSearches(t *testing.T) {
	t.Parallel()
	s := setup(t)
	link := s.session(t, hook.Session{TenantID: s.tenant, Role: hook.RoleOperator})
	require.NotContains(t, link.get(t, "/portal/messages?q=invoice").body, "Save this search")
	require.Equal(t, http.StatusForbidden, link.post(t, "/portal/messages/searches", "name", "x", "q", "y").status)
}
