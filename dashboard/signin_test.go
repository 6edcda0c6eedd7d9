package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/hook"
)

func TestSomebodySignsInAndOut(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	b := &browser{site: s}
	g := b.get(t, "/portal/account?x=1")
	require.Equal(t, http.StatusSeeOther, g.status)
	require.Equal(t, "/portal/sign-in?to=%2Fportal%2Faccount%3Fx%3D1", g.location())
	require.Contains(t, b.get(t, g.location()).body, `value="/portal/account?x=1"`)

	g = b.post(t, "/portal/sign-in", "email", " Ann@Example.com ", "password", password, "to", "/portal/account?x=1")
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.Equal(t, "/portal/account?x=1", g.location())
	require.True(t, b.cookie.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, b.cookie.SameSite)
	require.Contains(t, b.get(t, "/portal/account").body, "ann@example.com")

	token := *b.cookie
	require.Equal(t, "/portal/sign-in?done=out", b.post(t, "/portal/sign-out").location())
	require.Nil(t, b.cookie)
	b.cookie = &token
	require.Equal(t, http.StatusSeeOther, b.get(t, "/portal/account").status, "the session is over, whoever kept its token")
}

func TestSigningInTellsNotWhetherAnAccountExists(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	b := &browser{site: s}
	wrong := b.post(t, "/portal/sign-in", "email", "ann@example.com", "password", "not this one")
	unknown := b.post(t, "/portal/sign-in", "email", "bob@example.com", "password", "not this one")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Equal(t, wrong.status, unknown.status)
	require.Equal(t, strings.ReplaceAll(wrong.body, "ann@", "bob@"), unknown.body)
	require.NotContains(t, wrong.body, "not this one")
	require.Nil(t, b.cookie)
}

func TestGuessingLocksAnAccountForAWhile(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	s.addUser(t, s.tenant, "bob@example.com", hook.RoleAdmin)
	b := &browser{site: s}
	for range 10 {
		require.Equal(t, http.StatusUnprocessableEntity, b.post(t, "/portal/sign-in", "email", "ann@example.com", "password", "x").status)
	}
	g := b.post(t, "/portal/sign-in", "email", "ANN@example.com", "password", password)
	require.Equal(t, http.StatusTooManyRequests, g.status, "also with the right one")
	require.NotEmpty(t, g.header.Get("Retry-After"))
	require.Contains(t, g.body, "Try again in 15 minutes")
	require.Equal(t, http.StatusSeeOther, b.post(t, "/portal/sign-in", "email", "bob@example.com", "password", password).status)
}

func TestANewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	u := s.addUser(t, s.tenant, "ann@example.com", hook.RoleAuditor)
	here, there := s.session(t, hook.Session{TenantID: s.tenant, UserID: u.ID}), s.session(t, hook.Session{TenantID: s.tenant, UserID: u.ID})
	g := here.post(t, "/portal/account/password", "current", "wrong", "password", "short")
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	require.Contains(t, g.body, "is not your password")
	require.Contains(t, g.body, "must have 12 to 200 characters")
	g = here.post(t, "/portal/account/password", "current", password, "password", "a quite new password")
	require.Equal(t, http.StatusSeeOther, g.status, g.body)
	require.Equal(t, http.StatusOK, here.get(t, "/portal/account").status)
	require.Equal(t, http.StatusSeeOther, there.get(t, "/portal/account").status)
	anew := &browser{site: s}
	require.Equal(t, http.StatusSeeOther, anew.post(t, "/portal/sign-in", "email", "ann@example.com", "password", "a quite new password").status)
	require.Equal(t, "/portal/sign-in?done=everywhere", here.post(t, "/portal/account/sign-out-everywhere").location())
	require.Equal(t, http.StatusSeeOther, anew.get(t, "/portal/account").status)
}

// invite invites new@example.com as an auditor, and returns the link's path.
func (s *site) invite(t testing.TB) string {
	t.Helper()
	i, err := s.store.Invite(t.Context(), s.tenant, "new@example.com", hook.RoleAuditor, time.Hour)
	require.NoError(t, err)
	sealed, err := s.store.SealLink(hook.Link{TenantID: s.tenant, Invitation: i.ID, ExpiresAt: i.ExpiresAt})
	require.NoError(t, err)
	return "/portal/link/" + sealed
}

func TestAnInvitationMakesAnAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := &browser{site: s}
	join := b.get(t, s.invite(t)).location()
	require.Contains(t, b.get(t, join).body, "new@example.com")
	require.Equal(t, http.StatusUnprocessableEntity, b.post(t, join, "name", "", "password", "short").status)
	require.Equal(t, "/portal/", b.post(t, join, "name", "New", "password", password).location())
	require.Contains(t, b.get(t, "/portal/account").body, "auditor")
	require.Equal(t, http.StatusNotFound, (&browser{site: s}).get(t, join).status, "it is good once")
	require.Equal(t, http.StatusSeeOther, (&browser{site: s}).post(t, "/portal/sign-in", "email", "new@example.com", "password", password).status)
}

func TestAPortalLinkOpensOneTenantWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	made, err := s.api.CreatePortalLink(s.as(t), client.PortalLinkSettings{Role: client.RoleAuditor, Path: "/portal/webhooks"})
	require.NoError(t, err)
	b := &browser{site: s}
	g := b.get(t, strings.TrimPrefix(made.URL, s.url))
	require.Equal(t, "/portal/webhooks", g.location())
	require.Contains(t, b.get(t, "/portal/").body, "By a link, auditor")
	require.Equal(t, http.StatusForbidden, b.get(t, "/portal/account").status)
	require.Equal(t, http.StatusNotFound, b.get(t, "/portal/link/nonsense").status)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.signedIn(t, s.tenant, hook.RoleAdmin)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		g := b.send(t, http.MethodPost, "/portal/sign-out", url.Values{}, header...)
		require.Equal(t, http.StatusForbidden, g.status, header)
		require.Contains(t, g.body, "sent from another site")
	}
	require.Equal(t, http.StatusOK, b.get(t, "/portal/").status)
	require.Equal(t, http.StatusSeeOther, b.send(t, http.MethodPost, "/portal/sign-out", url.Values{}, "Sec-Fetch-Site", "", "Origin", s.url).status)
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	for _, to := range []string{"https://evil.example/", "//evil.example/portal/", "/portal/\\evil", "javascript:alert(1)", "/api/v1/keys", "/portal/link/x"} {
		g := (&browser{site: s}).post(t, "/portal/sign-in", "email", "ann@example.com", "password", password, "to", to)
		require.Equal(t, "/portal/", g.location(), to)
	}
}
