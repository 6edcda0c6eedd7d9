package egress

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"posthorn/hook"
)

const short = 150 * time.Millisecond

func TestFailureByTimeout(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and says nothing
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/drip/hook" {
			drip(w, r)
		}
		hang(w, r)
	})
	client := r.client(t, func(c *Config) {
		c.Resolver = nameserver(t, func(string, int) reply { return reply{silent: true} })
	})
	for name, c := range map[string]struct {
		url     string
		timeout time.Duration
		status  int
	}{
		"no answer":    {r.URL, short, 0},
		"slow body":    {r.URL + "/drip", 2 * time.Second, http.StatusOK}, // long enough for a busy machine to begin
		"no handshake": {"https://" + silent.Addr().String(), short, 0},
		"no names":     {"https://silent.example", short, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := send(t, client, c.url, c.timeout)
			require.Equal(t, hook.ErrorTimeout, out.Error)
			require.Equal(t, "no complete answer within "+c.timeout.String(), out.Detail)
			require.Equal(t, c.status, out.StatusCode)
			require.GreaterOrEqual(t, out.Duration, c.timeout)
			require.Less(t, out.Duration, c.timeout+2*time.Second)
		})
	}
}

// drip sends a byte now and then: it never stands still, and never ends.
func drip(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := w.Write([]byte("."))
		if err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

func TestFailureOfTheConnection(t *testing.T) {
	t.Parallel()
	r := receive(t, false, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		plain := connection.(*tls.Conn).NetConn().(*net.TCPConn)
		_ = plain.SetLinger(0) // a reset, not an end
		_ = plain.Close()
	})
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorNetwork, out.Error)
	require.Equal(t, "the connection was reset", out.Detail)

	r = raw(t, "")
	out = send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorNetwork, out.Error)
	require.Equal(t, "the connection was closed before the answer was complete", out.Detail)

	r = raw(t, "SSH-2.0-OpenSSH_9.7\r\n\r\n")
	out = send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorNetwork, out.Error)

	client := newClient(t, Config{AllowCIDRs: []netip.Prefix{loopback}})
	out = send(t, client, closedPort(t), patience)
	require.Equal(t, hook.ErrorConnect, out.Error)
	require.Contains(t, out.Detail, "refused")
}

func TestFailureOfTLS(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = r.Config.ErrorLog
	old.StartTLS()
	t.Cleanup(old.Close)
	asking := httptest.NewUnstartedServer(http.NotFoundHandler())
	asking.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	asking.Config.ErrorLog = r.Config.ErrorLog
	asking.StartTLS()
	t.Cleanup(asking.Close)
	names := nameserver(t, func(string, int) reply { return addresses("127.0.0.1") })
	for name, c := range map[string]struct {
		url    string
		change func(*Config)
		detail string
	}{
		"unknown authority":        {r.URL, func(c *Config) { c.RootCAs = nil }, "certificate"},
		"another name":             {r.as("another.test"), func(c *Config) { c.Resolver = names }, "another.test"},
		"plain http":               {"https" + plain.URL[len("http"):], nil, "TLS"},
		"an old version":           {old.URL, nil, "version"},
		"a certificate from us":    {asking.URL, nil, "certificate"},
		"unknown root for a name":  {r.as(certified), func(c *Config) { c.RootCAs, c.Resolver = nil, names }, "certificate"},
		"an address not certified": {r.as("127.0.0.5"), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*Config) {}
			}
			if c.detail == "" {
				t.Skip("only Linux answers at every address of 127.0.0.0/8, and not for a listener on one")
			}
			out := send(t, r.client(t, change), c.url, patience)
			require.Equal(t, hook.ErrorTLS, out.Error, out.Detail)
			require.Contains(t, out.Detail, c.detail)
			require.LessOrEqual(t, len(out.Detail), maxDetail)
		})
	}
}

func TestFailureOfNames(t *testing.T) {
	t.Parallel()
	client := newClient(t, Config{Resolver: nameserver(t, func(name string, _ int) reply {
		switch name {
		case "unknown.example.":
			return reply{code: dnsmessage.RCodeNameError}
		case "broken.example.":
			return reply{code: dnsmessage.RCodeServerFailure}
		}
		return reply{} // it is there, without an address
	})})
	for name, detail := range map[string]string{
		"unknown.example": "the host's name does not resolve",
		"empty.example":   "the host's name does not resolve",
		"broken.example":  "the name servers could not resolve the host's name",
	} {
		out := send(t, client, "https://"+name, patience)
		require.Equal(t, hook.ErrorDNS, out.Error, name)
		require.Equal(t, detail, out.Detail, name)
	}
}

// Headers that cannot be sent are a fault of ours, not of the network.
func TestFailureOfOurOwn(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(http.ResponseWriter, *http.Request) { t.Error("it cannot arrive") })
	client := r.client(t)
	for _, header := range []http.Header{{"X-A": {"a\r\nX-B: topsecret"}}, {"X-A": {"topsecret\x01"}}, {"X A": {"topsecret"}}} {
		out, err := client.Do(t.Context(), Request{URL: r.URL, Header: header, Timeout: patience})
		require.NoError(t, err)
		require.Equal(t, hook.ErrorInternal, out.Error, out.Detail)
		require.NotContains(t, out.Detail, "topsecret")
	}
}

// A step that takes too long on its own is named.
func TestFailureNamesTheStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		class  hook.ErrorClass
		detail string
	}{
		{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, hook.ErrorTimeout, "no connection within 8s"},
		{&net.DNSError{IsTimeout: true}, hook.ErrorDNS, "the name servers did not answer in time"},
		{handshake{}, hook.ErrorTimeout, "no TLS handshake within 8s"},
		{io.ErrUnexpectedEOF, hook.ErrorNetwork, "the connection was closed before the answer was complete"},
	} {
		class, detail := classify(c.err)
		require.Equal(t, c.class, class)
		require.Equal(t, c.detail, detail)
	}
}

// handshake is net/http's error of that name, which it does not export.
type handshake struct{}

func (handshake) Error() string   { return "net/http: TLS handshake timeout" }
func (handshake) Timeout() bool   { return true }
func (handshake) Temporary() bool { return true }
