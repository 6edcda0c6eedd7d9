package test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// TestAPortalLinkLeadsToAWebhookAndItsAnswer goes by pages alone, as somebody
// does whom another product has sent here.
func TestAPortalLinkLeadsToAWebhookAndItsAnswer(t *testing.T) {
	t.Parallel()
	g := start(t)
	w := g.webhook(t, receive(t))
	link, err := g.client.CreatePortalLink(t.Context(), client.PortalLinkSettings{Path: "/portal/webhooks"})
	require.NoError(t, err)
	browser := connection(t)
	browser.CheckRedirect = nil
	browser.Jar, err = cookiejar.New(nil)
	require.NoError(t, err)

	answer, err := browser.Get(link.URL)
	require.NoError(t, err)
	require.Equal(t, g.config.URL+"/portal/webhooks", answer.Request.URL.String())
	require.Contains(t, bodyOf(t, answer), w.ID)
	answer, err = browser.PostForm(g.config.URL+"/portal/webhooks/"+w.ID+"/test", url.Values{})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, bodyOf(t, answer), "Answered 200")
}

func bodyOf(t *testing.T, answer *http.Response) string {
	t.Helper()
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(raw)
}
