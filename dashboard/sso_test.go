package dashboard_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// verified are the claims of somebody whose address was verified.
func verified(email string) map[string]any {
	return map[string]any{"email": email, "email_verified": true, "name": "Ann Example"}
}

func TestSomebodySignsInBySingleSignOn(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	s := setup(t, i.trusted)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAuditor)
	b := &browser{site: s}
	require.Contains(t, b.get(t, "/portal/sign-in?to=%2Fportal%2Faccount").body, `href="/portal/sign-in/sso?to=%2fportal%2faccount"`)
	i.claims = verified("Ann@Example.com")
	back := b.sso(t, "?to=%2Fportal%2Faccount")
	require.True(t, b.signIn.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, b.signIn.SameSite)
	begun := *b.signIn
	g := b.get(t, back)
	require.Equal(t, "/portal/account", g.location(), g.body)
	require.Nil(t, b.signIn, "a sign-in is done once")
	require.Contains(t, b.get(t, "/portal/account").body, "ann@example.com")

	b.signIn = &begun
	require.Equal(t, http.StatusForbidden, b.get(t, back).status, "a code is good once")
	i.claims = nil
	i.info = map[string]any{"sub": "1", "email": "ann@example.com", "email_verified": "true"}
	b = &browser{site: s}
	require.Equal(t, "/portal/", b.get(t, b.sso(t, "?to=https%3A%2F%2Fevil.example")).location(), "the address is userinfo's")
}

func TestSingleSignOnIsRefused(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	s := setup(t, i.trusted)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	gone := s.addUser(t, s.tenant, "gone@example.com", hook.RoleAuditor)
	require.NoError(t, s.store.DeleteUser(t.Context(), s.tenant, gone.ID))
	with := func(name string, value any) map[string]any {
		c := verified("ann@example.com")
		c[name] = value
		return c
	}
	same := func(back string) string { return back }
	for name, c := range map[string]struct {
		claims map[string]any
		back   func(string) string
		status int
		says   string
	}{
		"another state":         {verified("ann@example.com"), func(string) string { return "/portal/sign-in/sso/callback?code=x&state=y" }, 400, "begun in another window"},
		"no state":              {verified("ann@example.com"), func(string) string { return "/portal/sign-in/sso/callback?code=x" }, 400, "begun in another window"},
		"another code":          {verified("ann@example.com"), func(b string) string { return strings.Replace(b, "code=", "code=x", 1) }, 403, "cannot be used"},
		"the provider's no":     {verified("ann@example.com"), func(b string) string { return b + "&error=access_denied" }, 403, "did not sign you in"},
		"another nonce":         {with("nonce", "guess"), same, 403, "cannot be used"},
		"another client's":      {with("aud", "other"), same, 403, "cannot be used"},
		"another issuer's":      {with("iss", "https://evil.example"), same, 403, "cannot be used"},
		"expired":               {with("exp", time.Now().Add(-time.Hour).Unix()), same, 403, "cannot be used"},
		"an unverified address": {with("email_verified", false), same, 403, "has not verified"},
		"nothing of the kind":   {map[string]any{"email": "ann@example.com"}, same, 403, "has not verified"},
		"nobody known":          {verified("new@example.com"), same, 403, "no account here for new@example.com"},
		"a removed member":      {verified("gone@example.com"), same, 403, "no account here for gone@example.com"},
	} {
		b := &browser{site: s}
		i.claims = c.claims
		g := b.get(t, c.back(b.sso(t, "")))
		require.Equal(t, c.status, g.status, name)
		require.Contains(t, g.body, c.says, name)
		require.Contains(t, g.body, "Try single sign-on again", name)
		require.Nil(t, b.cookie, name)
	}
	b := &browser{site: s}
	back := b.sso(t, "")
	b.signIn = nil
	require.Equal(t, http.StatusBadRequest, b.get(t, back).status, "in a browser that did not begin it")
	require.NotContains(t, s.log.String(), clientSecret)
}

func TestALockedPasswordDoesNotLockSingleSignOn(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	s := setup(t, i.trusted)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	b := &browser{site: s}
	for range 11 {
		b.post(t, "/portal/sign-in", "email", "ann@example.com", "password", "x")
	}
	i.claims = verified("ann@example.com")
	require.Equal(t, "/portal/", b.get(t, b.sso(t, "")).location(), "or anybody could keep her out")
	g := (&browser{site: s}).post(t, "/portal/sign-in", "email", "ann@example.com", "password", password)
	require.Equal(t, http.StatusTooManyRequests, g.status, "her password stays locked")
}

func TestAnIssuerThatIsAwayIsToldOfAndAskedAgain(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	s := setup(t, i.trusted)
	s.addUser(t, s.tenant, "ann@example.com", hook.RoleAdmin)
	whole := i.Config.Handler
	i.Config.Handler = http.NotFoundHandler()
	b := &browser{site: s}
	g := b.get(t, "/portal/sign-in/sso?to=%2Fportal%2Faccount")
	require.Equal(t, http.StatusServiceUnavailable, g.status)
	require.NotEmpty(t, g.header.Get("Retry-After"))
	require.Contains(t, g.body, "Single sign-on is away")
	require.Contains(t, g.body, `href="/portal/sign-in/sso?to=%2fportal%2faccount"`, "to try again")
	i.Config.Handler = whole
	i.claims = verified("ann@example.com")
	back := b.sso(t, "")
	i.Close()
	g = b.get(t, back)
	require.Equal(t, http.StatusServiceUnavailable, g.status)
	require.Equal(t, http.StatusSeeOther, b.post(t, "/portal/sign-in", "email", "ann@example.com", "password", password).status, "passwords work")
}

func TestAnInvitationIsAcceptedBySingleSignOn(t *testing.T) {
	t.Parallel()
	issuer := openIssuer(t)
	s := setup(t, issuer.trusted)
	i, err := s.store.Invite(t.Context(), s.tenant, "new@example.com", hook.RoleOperator, time.Hour)
	require.NoError(t, err)
	sealed, err := s.store.SealLink(hook.Link{TenantID: i.TenantID, Invitation: i.ID, ExpiresAt: i.ExpiresAt})
	require.NoError(t, err)
	query := "?" + url.Values{"invitation": {sealed}}.Encode()
	b := &browser{site: s}
	require.Contains(t, html.UnescapeString(b.get(t, "/portal/join/"+sealed).body), "/portal/sign-in/sso"+query)

	issuer.claims = verified("other@example.com")
	g := b.get(t, b.sso(t, query))
	require.Equal(t, http.StatusForbidden, g.status)
	require.Contains(t, g.body, "The invitation is for new@example.com")
	issuer.claims = verified("new@example.com")
	require.Equal(t, "/portal/", b.get(t, b.sso(t, query)).location())
	page := b.get(t, "/portal/account").body
	require.Contains(t, page, "operator")
	require.Contains(t, page, "You joined by single sign-on")
	require.Equal(t, http.StatusNotFound, (&browser{site: s}).get(t, "/portal/sign-in/sso"+query).status, "it is good once")
	require.Equal(t, http.StatusUnprocessableEntity, (&browser{site: s}).post(t, "/portal/sign-in", "email", "new@example.com", "password", "").status)
}

func TestWithoutAnIssuerThereIsNoSingleSignOn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := &browser{site: s}
	require.NotContains(t, b.get(t, "/portal/sign-in").body, "single sign-on")
	require.Equal(t, http.StatusNotFound, b.get(t, "/portal/sign-in/sso").status)
	require.Equal(t, http.StatusNotFound, b.get(t, "/portal/sign-in/sso/callback?code=x&state=y").status)
}
