package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/gateway"
)

func TestTheFirstAdminComesInByALink(t *testing.T) {
	t.Parallel()
	c := config(t, pgtest.Database(t))
	_, err := gateway.InviteAdmin(t.Context(), c, "acme", "ann@example.com")
	require.ErrorContains(t, err, "POSTHORN_URL")
	_, err = gateway.InviteAdmin(t.Context(), c, "acme", "ann")
	require.ErrorContains(t, err, "POSTHORN_ADMIN_EMAIL")

	r := run(t, gateway.API, c)
	c.URL = r.url
	link, err := gateway.InviteAdmin(t.Context(), c, "acme", "Ann@Example.com")
	require.NoError(t, err)
	path := strings.Replace(strings.TrimPrefix(link, r.url), "/link/", "/join/", 1)
	status, _, _ := r.call(t, http.MethodGet, path, "", "")
	require.Equal(t, http.StatusOK, status)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, strings.NewReader("name=Ann&password=long+enough+to+do"))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, "/portal/", answer.Header.Get("Location"))

	link, err = gateway.InviteAdmin(t.Context(), c, "acme", "ann@example.com")
	require.NoError(t, err)
	require.Empty(t, link, "the address has an account")
}
