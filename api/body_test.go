package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
)

func trustLoopback(c *api.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// TestRefusalReachesAClientThatReadsOnlyOnceItHasSent is what most producers
// are: they write the whole body and then look for the answer.
func TestRefusalReachesAClientThatReadsOnlyOnceItHasSent(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	closed := s.endpoint(t, key, object{"allowlist": []string{"192.0.2.0/24"}})
	const size = 50 << 20
	for name, c := range map[string]struct {
		path string
		key  string
		want int
	}{
		"too large":                  {e.path, e.secret, 413},
		"unknown token":              {"/webhooks/incoming/in/x", "", 404},
		"address":                    {closed.path, "", 403},
		"no such path":               {"/nothing", "", 404},
		"management, no key":         {"/api/v1/events", "", 401},
		"management, too large":      {"/api/v1/events", key, 413},
		"management, wrong tenant":   {"/api/v1/endpoints/x/rotate", key, 413},
		"management, other method":   {"/healthz", "", 405},
		"management, reads no body":  {"/api/v1/webhooks/x/enable", key, 404},
		"management, no such object": {"/api/v1/webhooks/" + hook.NewID().String() + "/enable", key, 404},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunked %v", name, chunked), func(t *testing.T) {
				conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
				require.NoError(t, err)
				defer conn.Close()
				require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
				sendBody(t, conn, c.path, c.key, size, chunked)
				reader := bufio.NewReader(conn)
				response, err := http.ReadResponse(reader, nil)
				require.NoError(t, err)
				body, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.Equal(t, c.want, response.StatusCode, "%s", body)
				var problem object
				require.NoError(t, json.Unmarshal(body, &problem))
				require.EqualValues(t, c.want, problem["status"])
			})
		}
	}
}

func sendBody(t *testing.T, conn net.Conn, path, key string, size int, chunked bool) {
	t.Helper()
	framing := fmt.Sprintf("Content-Length: %d", size)
	if chunked {
		framing = "Transfer-Encoding: chunked"
	}
	_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: posthorn\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n", path, key, framing)
	require.NoError(t, err)
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range size / len(block) {
		if chunked {
			_, err = fmt.Fprintf(conn, "%x\r\n%s\r\n", len(block), block)
		} else {
			_, err = conn.Write(block)
		}
		require.NoError(t, err)
	}
	if chunked {
		_, err = io.WriteString(conn, "0\r\n\r\n")
		require.NoError(t, err)
	}
}

func TestBodyBeyondTheDrainEndsTheConnection(t *testing.T) {
	t.Parallel()
	s := setup(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, "POST /webhooks/incoming/in/x HTTP/1.1\r\nHost: posthorn\r\nContent-Length: 1000000000000\r\n\r\n")
	require.NoError(t, err)
	block := bytes.Repeat([]byte(" "), 1<<20)
	sent := 0
	for err == nil {
		var n int
		n, err = conn.Write(block)
		sent += n
	}
	require.NotErrorIs(t, err, net.ErrClosed)
	require.Less(t, sent, 128<<20, "more than what is drained and what the buffers of a connection hold")
}

func TestBodyMayBeAsLargeAsTheLimit(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	padded := func(id string, size int) string {
		m := message(id)
		return m + strings.Repeat(" ", size-len(m))
	}
	for name, c := range map[string]struct {
		size, want int
		chunked    bool
	}{
		"limit":               {hook.MaxBody, 200, false},
		"limit, chunked":      {hook.MaxBody, 200, true},
		"one more":            {hook.MaxBody + 1, 413, false},
		"one more, chunked":   {hook.MaxBody + 1, 413, true},
		"odd, chunked":        {3<<20 + 7, 200, true},
		"one block":           {64 << 10, 200, true},
		"one block, and one":  {64<<10 + 1, 200, true},
		"one block, less one": {64<<10 - 1, 200, false},
	} {
		var body io.Reader = strings.NewReader(padded(name, c.size))
		if c.chunked {
			body = io.MultiReader(body) // hides the length
		}
		g := s.send(t, "POST", e.path, body, "Authorization", "Bearer "+e.secret)
		require.Equal(t, c.want, g.status, "%s: %s", name, g.raw)
		if c.want == 413 {
			g.problem(t, 413)
			continue
		}
		stored := s.call(t, key, "GET", "/api/v1/messages/"+g.str("id")+"/raw", nil)
		require.Equal(t, padded(name, c.size), stored.raw)
	}
}

func TestBodyThatBreaksOffIsNotAccepted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	body := message("broken")
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: posthorn\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		e.path, e.secret, len(body)+1, body)
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 400, response.StatusCode)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/messages", nil).list())
}

func TestClientThatWaitsForContinueIsRefusedBeforeItSends(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	for path, want := range map[string]int{e.path: 413, "/webhooks/incoming/in/x": 404, "/api/v1/events": 401} {
		t.Run(path, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: posthorn\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", path, 50<<20)
			require.NoError(t, err)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer response.Body.Close()
			require.Equal(t, want, response.StatusCode)
		})
	}
}
