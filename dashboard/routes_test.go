package dashboard_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/dashboard"
	"posthorn/hook"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// address is a page's path for a thing that nobody has.
func address(r dashboard.Route) string {
	path := strings.ReplaceAll(r.Path, "{$}", "")
	return "/portal" + placeholder.ReplaceAllString(path, hook.NewID().String())
}

func visit(t *testing.T, b *browser, r dashboard.Route) got {
	t.Helper()
	var form url.Values
	if r.Method == http.MethodPost {
		form = url.Values{}
	}
	return b.send(t, r.Method, address(r), form)
}

func TestEveryPageNeedsASession(t *testing.T) {
	t.Parallel()
	s := setup(t)
	open := 0
	for _, r := range dashboard.Routes() {
		for _, cookie := range []*http.Cookie{nil, {Name: "posthorn", Value: "guess"}} {
			g := visit(t, &browser{site: s, cookie: cookie}, r)
			if r.Open {
				require.NotEqual(t, http.StatusInternalServerError, g.status, r.Path)
				continue
			}
			require.Equal(t, http.StatusSeeOther, g.status, "%s %s", r.Method, r.Path)
			require.True(t, strings.HasPrefix(g.location(), "/portal/sign-in"), r.Path)
		}
		if r.Open {
			open++
		}
	}
	require.Equal(t, 7, open, "a page without a session: signing in, single sign-on, links, invitations, and nothing else")
}

func TestPagesAreHeldToTheirRoles(t *testing.T) {
	t.Parallel()
	s := setup(t)
	browsers := map[hook.Role]*browser{}
	for _, role := range hook.Roles() {
		browsers[role] = s.signedIn(t, s.tenant, role)
	}
	link := s.session(t, hook.Session{TenantID: s.tenant, Role: hook.RoleOperator})
	for _, r := range dashboard.Routes() {
		if r.Open || strings.Contains(r.Path, "sign-out") {
			continue
		}
		for role, b := range browsers {
			g := visit(t, b, r)
			require.Equal(t, !r.Allows(role), g.status == http.StatusForbidden, "%s %s as %s: %d", r.Method, r.Path, role, g.status)
			require.Less(t, g.status, 500, "%s %s as %s: %s", r.Method, r.Path, role, s.log)
		}
		if r.People {
			require.Equal(t, http.StatusForbidden, visit(t, link, r).status, "%s by a portal link", r.Path)
		}
		if r.Method == http.MethodPost && !r.People {
			require.False(t, r.Allows(hook.RoleAuditor), "%s: an auditor changes nothing", r.Path)
		}
	}
}

func TestEveryPageIsHeldToAPolicy(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.signedIn(t, s.tenant, hook.RoleAdmin)
	for _, r := range dashboard.Routes() {
		if r.Method != http.MethodGet || strings.Contains(r.Path, "sealed") {
			continue
		}
		g := visit(t, b, r)
		require.Contains(t, g.header.Get("Content-Security-Policy"), "default-src 'none'", r.Path)
		require.NotContains(t, g.header.Get("Content-Security-Policy"), "unsafe", r.Path)
		require.Equal(t, "no-store", g.header.Get("Cache-Control"), r.Path)
		require.Equal(t, "nosniff", g.header.Get("X-Content-Type-Options"), r.Path)
		require.NotRegexp(t, `(?i)<[^>]+\s(on[a-z]+|style)\s*=`, g.body, r.Path)
		require.NotRegexp(t, `<script>|<style`, g.body, r.Path)
		require.Less(t, len(g.body), 100<<10, r.Path)
	}
	page := b.get(t, "/portal/").body
	for _, asset := range regexp.MustCompile(`/portal/assets/[a-z]+\.[0-9a-f]{12}\.[a-z]+`).FindAllString(page, -1) {
		g := b.get(t, asset)
		require.Equal(t, http.StatusOK, g.status)
		require.Contains(t, g.header.Get("Cache-Control"), "immutable")
	}
	require.Equal(t, http.StatusNotFound, b.get(t, "/portal/assets/app.css").status)
	require.Equal(t, http.StatusNotFound, b.get(t, "/portal/nothing").status)
	require.Equal(t, "/portal/", b.get(t, "/portal").location())
}
