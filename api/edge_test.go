package api_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// http2 is a client that begins with HTTP/2, without TLS.
func http2(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func TestMessagesComeByHTTP2(t *testing.T) {
	t.Parallel()
	s := setup(t, trustLoopback)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"allowlist": []string{"192.0.2.0/24"}})
	transport := http2(t)
	post := func(path, body, remote string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+e.secret)
		request.Header.Set("X-Forwarded-For", remote)
		response, err := transport.RoundTrip(request)
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, 2, response.ProtoMajor)
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(answer)
	}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			status, answer := post(e.path, message(strconv.Itoa(i)), "192.0.2.1")
			require.Equal(t, 200, status, answer)
		})
	}
	all.Wait()
	status, _ := post(e.path+"/batch", message("a")+"\n"+message("b"), "192.0.2.1")
	require.Equal(t, 200, status)
	require.Len(t, s.call(t, key, "GET", "/api/v1/messages?limit=100", nil).list(), 52)

	// Refused early, and readable by a client that still sends.
	for path, want := range map[string]int{e.path: 413, "/webhooks/incoming/in/x": 404} {
		status, answer := post(path, strings.Repeat(" ", 12<<20), "192.0.2.1")
		require.Equal(t, want, status, answer)
	}
	status, _ = post(e.path, strings.Repeat(" ", 12<<20), "198.51.100.1")
	require.Equal(t, 403, status)
}

func TestHeadersThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: posthorn\r\nX-Large: %s\r\n\r\n", strings.Repeat("x", 70<<10))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/healthz", nil)
	require.NoError(t, err)
	request.Header.Set("X-Large", rand.Text()+strings.Repeat("x", 70<<10))
	response, err = http2(t).RoundTrip(request)
	if err == nil { // or the client looks at what the server announced, and does not send it
		defer response.Body.Close()
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
	}
}

func TestWhoNeverEndsItsHeadersIsCutOff(t *testing.T) {
	t.Parallel()
	s := setup(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(3*patience)))
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\n")
	require.NoError(t, err)
	go func() {
		for {
			<-time.After(200 * time.Millisecond)
			if _, err := io.WriteString(conn, "X: y\r\n"); err != nil {
				return
			}
		}
	}()
	_, err = io.Copy(new(bytes.Buffer), conn)
	require.NotErrorIs(t, err, net.ErrClosed)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server ends it before our own patience does")
}
