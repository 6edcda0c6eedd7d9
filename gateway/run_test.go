package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/gateway"
)

func TestAPIIsReadyAsLongAsTheDatabaseAnswers(t *testing.T) {
	t.Parallel()
	database, stop, restart := ownServer(t)
	stop() // it may start before its database does
	api := run(t, gateway.API, config(t, database))
	ready := func(want int) {
		t.Helper()
		require.Eventually(t, func() bool {
			status, header, _ := api.call(t, "GET", "/readyz", "", "")
			return status == want && (header.Get("Retry-After") != "") == (want == 503)
		}, patience, 10*time.Millisecond)
		status, _, _ := api.call(t, "GET", "/healthz", "", "")
		require.Equal(t, 200, status)
	}
	ready(503)
	restart()
	ready(200)
	_, _, data := api.call(t, "GET", "/readyz", "", "")
	require.Equal(t, map[string]any{"status": "ok", "database": "ok", "object_store": "away", "temporal": "away"}, data)
	stop()
	ready(503)
	restart()
	ready(200)
	require.NoError(t, api.stop())
}

func TestWorkerSaysWhetherItIsReady(t *testing.T) {
	t.Parallel()
	worker := run(t, gateway.Worker, config(t, pgtest.Database(t)))
	status, _, _ := worker.call(t, "GET", "/healthz", "", "")
	require.Equal(t, 200, status)
	status, header, _ := worker.call(t, "GET", "/readyz", "", "")
	require.Equal(t, 503, status, "Temporal is away")
	require.NotEmpty(t, header.Get("Retry-After"))
	status, _, _ = worker.call(t, "POST", "/api/v1/events", "", "")
	require.Equal(t, 404, status, "a worker serves no API")
	require.NoError(t, worker.stop())
}

// endpoint makes a tenant with an inbound endpoint.
func endpoint(t *testing.T, r running) (path, secret, key string) {
	t.Helper()
	status, _, tenant := r.call(t, "POST", "/api/v1/tenants", rootKey, `{"name":"t"}`)
	require.Equal(t, 201, status)
	key, _ = tenant["key"].(string)
	status, _, made := r.call(t, "POST", "/api/v1/endpoints", key, `{"name":"e"}`)
	require.Equal(t, 201, status)
	url, _ := made["url"].(string)
	path, ok := strings.CutPrefix(url, r.url)
	require.True(t, ok, "the base of URLs is where it listens, if nothing else is given: %s", url)
	secret, _ = made["secret"].(string)
	return path, secret, key
}

const message = `{"external_id":"1","occurred_at":"2026-05-28T14:30:00Z","from":"a","to":"b","body":"c","attachments":[]}`

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	for name, as := range map[string]role{"api": gateway.API, "serve": serve} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, pgtest.Database(t))
			first := run(t, as, c)
			path, secret, key := endpoint(t, first)
			conn, err := net.Dial("tcp", strings.TrimPrefix(first.url, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
				path, secret, len(message))
			require.NoError(t, err)
			reader := bufio.NewReader(conn)
			line, err := reader.ReadString('\n') // the handler reads the body
			require.NoError(t, err)
			require.Contains(t, line, "100 Continue")
			_, err = reader.ReadString('\n')
			require.NoError(t, err)

			stopped := make(chan error, 1)
			go func() { stopped <- first.stop() }()
			require.Eventually(t, func() bool {
				other, err := net.Dial("tcp", strings.TrimPrefix(first.url, "http://"))
				if err == nil {
					other.Close()
				}
				return err != nil
			}, patience, time.Millisecond, "nothing new is taken")
			_, err = io.WriteString(conn, message)
			require.NoError(t, err)
			response, err := http.ReadResponse(reader, nil)
			require.NoError(t, err)
			defer response.Body.Close()
			require.Equal(t, 200, response.StatusCode)
			require.NoError(t, <-stopped)

			second := run(t, as, c)
			status, _, shown := second.call(t, "POST", path, secret, message)
			require.Equal(t, 200, status)
			require.Equal(t, true, shown["duplicate"], "what was acknowledged is there")
			status, _, _ = second.call(t, "GET", "/api/v1/tenant", key, "")
			require.Equal(t, 200, status)
		})
	}
}

func TestStopDoesNotWaitForAClientThatHangs(t *testing.T) {
	t.Parallel()
	api := run(t, gateway.API, config(t, pgtest.Database(t)))
	path, secret, _ := endpoint(t, api)
	conn, err := net.Dial("tcp", strings.TrimPrefix(api.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 9\r\n\r\n{", path, secret)
	require.NoError(t, err)
	status, _, _ := api.call(t, "GET", "/healthz", "", "")
	require.Equal(t, 200, status)
	require.NoError(t, api.stop())
}

func TestBaseOfURLsIsTheConfigured(t *testing.T) {
	t.Parallel()
	c := config(t, pgtest.Database(t))
	c.URL, c.PublicURL, c.TemporalUIURL = "http://localhost:8080", "https://hooks.example.com/in/", "https://temporal.example.com/"
	api := run(t, gateway.API, c)
	_, _, tenant := api.call(t, "POST", "/api/v1/tenants", rootKey, `{"name":"t"}`)
	key, _ := tenant["key"].(string)
	_, _, made := api.call(t, "POST", "/api/v1/endpoints", key, `{"name":"e"}`)
	require.Regexp(t, `^https://hooks\.example\.com/in/webhooks/incoming/in/`, made["url"])
	secret, _ := made["secret"].(string)
	token, _ := made["token"].(string)
	_, _, accepted := api.call(t, "POST", "/webhooks/incoming/in/"+token, secret, message)
	_, _, shown := api.call(t, "GET", fmt.Sprint("/api/v1/messages/", accepted["id"]), key, "")
	require.Regexp(t, `^https://temporal\.example\.com/namespaces/posthorn/workflows/message%2F`, shown["workflow_url"])
}
