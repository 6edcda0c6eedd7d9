package api_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/devstack/port"
	"posthorn/devstack/postgres"
	"posthorn/store"
)

// ownServer is a PostgreSQL that only this test uses, and may kill.
func ownServer(t *testing.T) (url string, kill, restart func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "posthorn-api-postgres-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) // the server runs as another user when this process is root
	p, err := port.Free()
	require.NoError(t, err)
	var server *postgres.Server
	restart = func() {
		server, err = postgres.Start(context.WithoutCancel(t.Context()), postgres.Config{Dir: dir, Port: p, Password: "away"})
		require.NoError(t, err)
	}
	restart()
	t.Cleanup(func() { server.Kill() })
	url = server.URL("postgres")
	require.NoError(t, store.Migrate(t.Context(), url))
	return url, func() { server.Kill() }, restart
}

func TestNothingAcknowledgedIsLostWhenTheDatabaseDies(t *testing.T) {
	t.Parallel()
	url, kill, restart := ownServer(t)
	s := start(t, url)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1_000_000})
	var mu sync.Mutex
	acknowledged := map[string]string{}
	refused := 0
	stop := make(chan struct{})
	var producers sync.WaitGroup
	for p := range 8 {
		producers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				name := fmt.Sprintf("%d-%d", p, n)
				g := s.deliver(t, e, message(name))
				mu.Lock()
				if g.status == http.StatusOK {
					acknowledged[name] = g.str("id")
				} else {
					g.problem(t, http.StatusServiceUnavailable)
					refused++
				}
				mu.Unlock()
			}
		})
	}
	counts := func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged), refused
	}
	require.Eventually(t, func() bool { a, _ := counts(); return a > 200 }, patience, time.Millisecond)
	kill()
	require.Eventually(t, func() bool { _, r := counts(); return r > 20 }, patience, time.Millisecond)
	close(stop)
	producers.Wait()

	for _, path := range []string{"/readyz", "/api/v1/endpoints", "/api/v1/tenant"} {
		s.call(t, key, "GET", path, nil).problem(t, http.StatusServiceUnavailable)
	}
	s.call(t, "", "POST", "/webhooks/incoming/in/"+strings.Repeat("a", 27), "{}").problem(t, http.StatusServiceUnavailable)
	require.Equal(t, 200, s.call(t, "", "GET", "/healthz", nil).status, "the process lives")

	restart()
	require.Eventually(t, func() bool { return s.call(t, "", "GET", "/readyz", nil).status == 200 }, patience, 10*time.Millisecond)
	for name, id := range acknowledged {
		g := s.deliver(t, e, message(name))
		require.Equal(t, 200, g.status, g.raw)
		require.Equal(t, true, g.data()["duplicate"], "%s was acknowledged and is gone", name)
		require.Equal(t, id, g.str("id"))
	}
}

func TestPanicIsAnsweredAndTellsNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) {
		c.CheckTemporal = func(context.Context) error { panic("the inside story") }
		c.CheckURL = func(string) error { panic("the inside story") }
	})
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	withLink := strings.Replace(message("1"), "[]}", `[{"url":"https://example.com/"}]}`, 1)
	for _, g := range []got{
		s.call(t, "", "GET", "/readyz", nil),
		s.call(t, key, "POST", "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}}),
		s.deliver(t, e, withLink),
	} {
		g.problem(t, http.StatusInternalServerError)
		require.NotContains(t, g.raw, "inside story")
		require.Contains(t, s.log.String(), g.body["request_id"])
	}
	require.Equal(t, 200, s.deliver(t, e, message("1")).status)
}

func TestRequestIDIsTheProxysOrOurs(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, path := range []string{"/healthz", "/nothing", "/api/v1/endpoints", "/api/v1/tenants", "/webhooks/incoming/in/x"} {
		for given, kept := range map[string]bool{
			"abc-123": true, "": false, "with space": false, "ünï": false, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false,
		} {
			g := s.send(t, "POST", path, nil, "X-Request-Id", given)
			require.Equal(t, kept, g.header.Get("X-Request-Id") == given, path)
			require.Equal(t, g.header.Get("X-Request-Id"), g.body["request_id"])
			require.NotEmpty(t, g.body["request_id"])
		}
	}
	_, key := s.tenant(t)
	for _, path := range []string{"/api/v1/endpoints/x", "/api/v1/messages?limit=0", "/api/v1/events?cursor=x"} {
		g := s.send(t, "GET", path, nil, "Authorization", "Bearer "+key, "X-Request-Id", "mine")
		require.Equal(t, "mine", g.body["request_id"], path)
	}
}
