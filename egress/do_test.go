package egress

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestDo(t *testing.T) {
	t.Parallel()
	type request struct {
		method, proto, target, body string
		header                      http.Header
	}
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2=%t", http2), func(t *testing.T) {
			t.Parallel()
			got := make(chan request, 1)
			r := receive(t, http2, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got <- request{r.Method, r.Proto, r.RequestURI, string(body), r.Header}
				w.Header()["X-B"] = []string{"2", "1"}
				w.Header().Set("X-A", "first")
				w.Header().Set("Date", "")
				w.WriteHeader(http.StatusAccepted)
				_, _ = io.WriteString(w, "thanks")
			})
			out := send(t, r.client(t), r.URL, patience)

			in := <-got
			require.Equal(t, http.MethodPost, in.method)
			require.Equal(t, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[http2], in.proto)
			require.Equal(t, "/hook?"+query, in.target)
			require.JSONEq(t, `{"a":1}`, in.body)
			require.Equal(t, http.Header{
				"X-Test": {"yes"}, "Content-Length": {"7"}, "User-Agent": in.header["User-Agent"],
			}, in.header, "nothing is added: no Accept-Encoding, no Idempotency-Key")

			require.Equal(t, http.StatusAccepted, out.StatusCode)
			require.Equal(t, "thanks", string(out.Body))
			require.Equal(t, hook.ErrorNone, out.Error)
			require.Zero(t, out.RetryAfter)
			require.Less(t, out.Duration, patience)
			require.Subset(t, out.Header, [][2]string{{"Content-Length", "6"}, {"X-A", "first"}, {"X-B", "2"}, {"X-B", "1"}})
		})
	}
}

func TestDoTellsSuccessByTheStatus(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		var code int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &code)
		w.Header().Set("Location", "https://example.com/elsewhere")
		w.WriteHeader(code)
	})
	client := r.client(t)
	for code, want := range map[int]hook.ErrorClass{
		200: hook.ErrorNone, 201: hook.ErrorNone, 202: hook.ErrorNone, 204: hook.ErrorNone, 299: hook.ErrorNone,
		300: hook.ErrorRedirect, 301: hook.ErrorRedirect, 302: hook.ErrorRedirect, 303: hook.ErrorRedirect,
		304: hook.ErrorRedirect, 307: hook.ErrorRedirect, 308: hook.ErrorRedirect,
		400: hook.ErrorStatus, 401: hook.ErrorStatus, 404: hook.ErrorStatus, 410: hook.ErrorStatus, 429: hook.ErrorStatus,
		500: hook.ErrorStatus, 503: hook.ErrorStatus, 599: hook.ErrorStatus, 999: hook.ErrorStatus,
	} {
		out := send(t, client, fmt.Sprintf("%s/%d", r.URL, code), patience)
		require.Equal(t, code, out.StatusCode)
		require.Equal(t, want, out.Error, code)
	}
}

func TestDoFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var asked counter
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.URL.Path)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorRedirect, out.Error)
	require.Equal(t, http.StatusTemporaryRedirect, out.StatusCode)
	require.Contains(t, out.Header, [2]string{"Location", "/elsewhere"})
	require.Equal(t, map[string]int{"/hook": 1}, asked.count)
}

func TestDoUsesConnectionsAgain(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		r := receive(t, http2, func(w http.ResponseWriter, _ *http.Request) {
			// More than is recorded, and not so much that it is left unread.
			_, _ = w.Write(make([]byte, hook.MaxResponseBody+maxRest/2))
		})
		client := r.client(t)
		for range 20 {
			require.Equal(t, http.StatusOK, send(t, client, r.URL, patience).StatusCode)
		}
		require.EqualValues(t, 1, r.opened.Load(), "http2=%t", http2)
	}
}

// A receiver that restarts closes the connections that were kept. That is no
// failure of the next attempt.
func TestDoSurvivesTheEndOfAKeptConnection(t *testing.T) {
	t.Parallel()
	var asked counter
	r := receive(t, false, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.add("request") == 2 {
			// The second comes over the connection that was kept, and finds it closing.
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = connection.Close()
			}
		}
	})
	client := r.client(t)
	for range 3 {
		out := send(t, client, r.URL, patience)
		require.Equal(t, http.StatusOK, out.StatusCode, out.Detail)
	}
	require.EqualValues(t, 2, r.opened.Load())

	r.CloseClientConnections()
	require.Equal(t, http.StatusOK, send(t, client, r.URL, patience).StatusCode)
}

func TestDoOfACancelledContext(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		hang(w, r)
	})
	client := r.client(t)
	cancelled, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	for range 2 { // while it waits for the answer, and before it begins
		out, err := client.Do(cancelled, Request{URL: r.URL, Timeout: patience})
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, out)
	}
	// Also where there is nothing to send.
	_, err := client.Do(cancelled, Request{URL: "https://localhost", Timeout: patience})
	require.ErrorIs(t, err, context.Canceled)
	// A deadline of the caller's is no timeout of the attempt.
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	out, err := client.Do(short, Request{URL: r.URL, Timeout: patience})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Zero(t, out)
}

// With the zero value of what may be left out: POST, no header, no body, and a
// timeout that is not zero.
func TestDoOfABareRequest(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 1)
	r := receive(t, false, func(_ http.ResponseWriter, r *http.Request) { got <- r })
	out, err := r.client(t).Do(t.Context(), Request{URL: r.URL})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, out.StatusCode, out.Detail)
	in := <-got
	require.Equal(t, http.MethodPost, in.Method)
	require.Zero(t, in.ContentLength)
}

func TestDoLeavesTheHeaderAlone(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(http.ResponseWriter, *http.Request) {})
	header := http.Header{"X-Test": {"yes"}}
	_, err := r.client(t).Do(t.Context(), Request{URL: r.URL, Header: header, Body: []byte("{}")})
	require.NoError(t, err)
	require.Equal(t, http.Header{"X-Test": {"yes"}}, header)
}

// Not parallel: it sets the environment. The receiver has a name, because no
// environment's proxy is ever asked for loopback.
func TestDoIgnoresProxiesOfTheEnvironment(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the proxy was asked for %s", r.RequestURI)
	}))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	r := receive(t, true, func(http.ResponseWriter, *http.Request) {})
	resolver := nameserver(t, func(string, int) reply { return addresses("127.0.0.1") })
	client := r.client(t, func(c *Config) { c.Resolver = resolver })
	out := send(t, client, r.as(certified), patience)
	require.Equal(t, http.StatusOK, out.StatusCode, out.Detail)
	download, err := client.Get(t.Context(), r.as(certified), nil, 1)
	require.NoError(t, err)
	require.NoError(t, download.Body.Close())

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+net.JoinHostPort(certified, "443"), http.NoBody)
	require.NoError(t, err)
	asked, err := http.ProxyFromEnvironment(request)
	require.NoError(t, err)
	require.NotNil(t, asked, "the environment does name a proxy for it")
}
