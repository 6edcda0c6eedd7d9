package dashboard_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/dashboard"
	"posthorn/hook"
)

// encrypted is the dashboard over TLS, beside that of a site.
type encrypted struct {
	*site
	*httptest.Server
	mu  sync.Mutex
	saw []string // requests: path, and what they were for
}

func (e *encrypted) seen() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.saw, "\n")
}

func setupTLS(t *testing.T) *encrypted {
	t.Helper()
	var config dashboard.Config
	e := &encrypted{site: setup(t, func(c *dashboard.Config) { config = *c })}
	e.Server = httptest.NewUnstartedServer(nil)
	config.URL = "https://" + e.Listener.Addr().String()
	pages, err := dashboard.New(config)
	require.NoError(t, err)
	e.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.saw = append(e.saw, r.URL.Path+" "+r.Header.Get("Sec-Fetch-Dest"))
		e.mu.Unlock()
		pages.ServeHTTP(w, r)
	})
	e.StartTLS()
	t.Cleanup(e.Close)
	return e
}

// framedBy makes a portal link whose pages some origins may frame.
func (e *encrypted) framedBy(t *testing.T, origins ...string) string {
	t.Helper()
	made, err := e.api.CreatePortalLink(e.as(t), client.PortalLinkSettings{Path: "/portal/webhooks", Frames: origins})
	require.NoError(t, err)
	return strings.TrimPrefix(made.URL, e.site.url)
}

// ask sends one request, with cookies, as a browser would from a page.
func (e *encrypted) ask(t *testing.T, method, path string, cookies []*http.Cookie, headers ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	for _, c := range cookies {
		request.AddCookie(c)
	}
	response, err := e.Client().Transport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response
}

func TestAPortalLinkIsFramedByItsOriginsAlone(t *testing.T) {
	t.Parallel()
	e := setupTLS(t)
	link := e.framedBy(t, "https://app.example.com", "http://localhost:3000")
	opened := e.ask(t, "GET", link, nil, "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "cross-site").Cookies()
	require.Len(t, opened, 1)
	require.Equal(t, "__Host-posthorn-frame", opened[0].Name)
	require.True(t, opened[0].Secure && opened[0].HttpOnly && opened[0].Partitioned)
	require.Equal(t, http.SameSiteNoneMode, opened[0].SameSite)
	for _, path := range []string{"/portal/webhooks", "/portal/nothing"} {
		page := e.ask(t, "GET", path, opened, "Sec-Fetch-Dest", "iframe")
		require.Contains(t, page.Header.Get("Content-Security-Policy"), "; frame-ancestors https://app.example.com http://localhost:3000;", path)
		require.Empty(t, page.Header.Get("X-Frame-Options"), "it cannot say so")
	}
	from := func(where string) int {
		return e.ask(t, "POST", "/portal/webhooks/"+hook.NewID().String()+"/delete", opened, "Sec-Fetch-Site", where, "Sec-Fetch-Dest", "iframe").StatusCode
	}
	require.Equal(t, http.StatusForbidden, from("cross-site"), "who may frame may not send forms")
	require.Equal(t, http.StatusForbidden, from("same-site"))
	require.Equal(t, http.StatusNotFound, from("same-origin"), "the page's own forms are carried out")

	above := e.ask(t, "GET", link, nil, "Sec-Fetch-Dest", "document").Cookies()
	require.Equal(t, "__Host-posthorn", above[0].Name)
	require.Equal(t, http.SameSiteLaxMode, above[0].SameSite)
	require.False(t, above[0].Partitioned)
}

func TestAFramedSessionMeetsNobodysOwn(t *testing.T) {
	t.Parallel()
	e := setupTLS(t)
	u := e.addUser(t, e.tenant, "ann@example.com", hook.RoleAdmin)
	token, err := e.store.StartSession(t.Context(), hook.Session{TenantID: e.tenant, UserID: u.ID})
	require.NoError(t, err)
	own := &http.Cookie{Name: "__Host-posthorn", Value: token.Reveal()}
	framed := e.ask(t, "GET", e.framedBy(t, "https://app.example.com"), []*http.Cookie{own}, "Sec-Fetch-Dest", "iframe").Cookies()[0]
	both := []*http.Cookie{own, framed}
	require.Equal(t, http.StatusForbidden, e.ask(t, "GET", "/portal/account", both, "Sec-Fetch-Dest", "iframe").StatusCode, "the frame is the link's")
	require.Equal(t, http.StatusForbidden, e.ask(t, "GET", "/portal/account", both, "Sec-Fetch-Dest", "empty", "X-Framed", "1").StatusCode)
	page := e.ask(t, "GET", "/portal/account", both, "Sec-Fetch-Dest", "document")
	require.Equal(t, http.StatusOK, page.StatusCode, "the window is Ann's, and her session goes on")
	for _, cookies := range [][]*http.Cookie{{own}, nil} {
		page = e.ask(t, "GET", "/portal/account", cookies, "Sec-Fetch-Dest", "iframe")
		require.Contains(t, page.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.Equal(t, "DENY", page.Header.Get("X-Frame-Options"))
	}
}

func TestAFrameSaysThatItsSessionHasEnded(t *testing.T) {
	t.Parallel()
	e := setupTLS(t)
	link := e.framedBy(t, "https://app.example.com")
	cookies := e.ask(t, "GET", link, nil, "Sec-Fetch-Dest", "iframe").Cookies()
	e.exec(t, "UPDATE sessions SET seen_at = now() - interval '25 hours'")
	for _, headers := range [][]string{{"Sec-Fetch-Dest", "iframe"}, {"Sec-Fetch-Dest", "empty", "X-Framed", "1"}} {
		page := e.ask(t, "GET", "/portal/webhooks", cookies, headers...)
		require.Equal(t, http.StatusUnauthorized, page.StatusCode)
		require.Contains(t, page.Header.Get("Content-Security-Policy"), "; frame-ancestors https://app.example.com;")
		require.Empty(t, page.Header.Get("X-Frame-Options"))
	}
	window := e.ask(t, "GET", "/portal/webhooks", cookies, "Sec-Fetch-Dest", "document")
	require.Equal(t, http.StatusSeeOther, window.StatusCode, "a window may sign in")

	sealed, err := e.store.SealLink(hook.Link{TenantID: e.tenant, Frames: []string{"https://app.example.com"}, ExpiresAt: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	old := e.ask(t, "GET", "/portal/link/"+sealed, nil, "Sec-Fetch-Dest", "iframe")
	require.Equal(t, http.StatusNotFound, old.StatusCode)
	require.Contains(t, old.Header.Get("Content-Security-Policy"), "; frame-ancestors https://app.example.com;", "so does an old link")
}

func TestInABrowserALinkIsShownInTheFrameOfItsOriginAndOfNoOther(t *testing.T) {
	t.Parallel()
	e := setupTLS(t)
	var links sync.Map
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		link, _ := links.Load(r.URL.Path)
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>Another product</title><main><h1>Another product</h1><iframe src="%s%s" width="900" height="600" title="Webhooks" onload="window.loaded = true"></iframe></main>`, e.URL, link)
	}))
	other.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	other.StartTLS()
	t.Cleanup(other.Close)
	at, err := url.Parse(other.URL)
	require.NoError(t, err)
	origin := "https://localhost:" + at.Port() // another site than 127.0.0.1
	links.Store("/refused", e.framedBy(t, "https://app.example.com"))
	links.Store("/allowed", e.framedBy(t, origin))
	w := e.open(t, nil)
	show := func(path string) {
		w.do(chromedp.Navigate(origin + path))
		w.until("window.loaded === true")
	}
	show("/refused")
	require.Contains(t, e.seen(), "/portal/link/")
	require.NotContains(t, e.seen(), ".css", "nothing of the page is shown")
	show("/allowed")
	require.Contains(t, e.seen(), "/portal/webhooks iframe")
	require.Contains(t, e.seen(), ".css style", "the page is shown")
	require.NotContains(t, e.seen(), "/portal/sign-in", "with its session")
	w.snap("framed")
	e.exec(t, "DELETE FROM sessions")
	links.Store("/later", "/portal/deliveries")
	show("/later")
	require.Contains(t, e.seen(), "/portal/deliveries iframe")
	require.NotContains(t, e.seen(), "/portal/sign-in", "it says that the session has ended")
	w.snap("framed-ended")
}
