package egress

import (
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// patience is a timeout that no test waits for.
const patience = 10 * time.Second

// query stands in the URL of every request; no detail may tell it.
const query = "token=topsecret"

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// receiver is a TLS server of the other side.
type receiver struct {
	*httptest.Server
	opened atomic.Int64 // connections
}

// receive starts a receiver; its connections speak HTTP/1.1, unless http2.
func receive(t testing.TB, http2 bool, handler http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{Server: httptest.NewUnstartedServer(handler)}
	r.EnableHTTP2 = http2
	r.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	r.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			r.opened.Add(1)
		}
	}
	r.StartTLS()
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(r.Certificate())
	return pool
}

// client may reach the receiver, and trusts it.
func (r *receiver) client(t testing.TB, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{AllowCIDRs: []netip.Prefix{loopback}, RootCAs: r.roots()}
	for _, f := range change {
		f(&config)
	}
	return newClient(t, config)
}

func newClient(t testing.TB, config Config) *Client {
	t.Helper()
	client := New(config)
	t.Cleanup(client.Close)
	return client
}

// as is the receiver's URL with a name for its address.
func (r *receiver) as(name string) string {
	u, _ := url.Parse(r.URL)
	return "https://" + net.JoinHostPort(name, u.Port())
}

// send posts a small body.
func send(t *testing.T, client *Client, rawURL string, timeout time.Duration) Response {
	t.Helper()
	out, err := client.Do(t.Context(), Request{
		URL: rawURL + "/hook?" + query, Header: http.Header{"X-Test": {"yes"}}, Body: []byte(`{"a":1}`), Timeout: timeout,
	})
	require.NoError(t, err)
	require.NotContains(t, out.Detail, "topsecret")
	require.NotContains(t, out.Detail, "127.0.0.1")
	require.Equal(t, out.Error == hook.ErrorNone, out.Detail == "", out.Detail)
	require.Positive(t, out.Duration)
	return out
}

// hang reads a request and does not answer it until the other side goes away.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that it goes
	<-r.Context().Done()
}

// raw is a TLS server that answers every request with some bytes and closes.
func raw(t *testing.T, answer string) *receiver {
	t.Helper()
	return receive(t, false, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.Copy(connection, strings.NewReader(answer))
		_ = connection.Close()
	})
}

// counter counts by name.
type counter struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *counter) add(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[name]++
	return c.count[name]
}
