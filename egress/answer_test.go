package egress

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestAnswerBodyIsCutExactly(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		_, _ = w.Write(pattern(n))
	})
	client := r.client(t)
	for _, n := range []int{0, 1, 4095, 4096, 4097, 100_000} {
		out := send(t, client, fmt.Sprintf("%s/%d", r.URL, n), patience)
		require.Equal(t, hook.ErrorNone, out.Error, out.Detail)
		require.True(t, bytes.Equal(pattern(n)[:min(n, 4096)], out.Body), "%d: %d bytes", n, len(out.Body))
	}
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func TestAnswerBodyWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		gone := make(chan struct{})
		r := receive(t, http2, func(w http.ResponseWriter, _ *http.Request) {
			defer close(gone)
			chunk := make([]byte, 32<<10)
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		out := send(t, r.client(t), r.URL, patience)
		require.Equal(t, hook.ErrorNone, out.Error, out.Detail)
		require.Len(t, out.Body, hook.MaxResponseBody)
		require.Less(t, out.Duration, patience/2)
		<-gone // it is told to stop
	}
}

// The record is complete after 4096 bytes: that the rest never comes is no
// reason to call the attempt a failure, nor to wait for its timeout.
func TestAnswerBodyThatStopsAfterTheRecord(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(make([]byte, hook.MaxResponseBody))
		_ = http.NewResponseController(w).Flush()
		hang(w, r)
	})
	started := time.Now()
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorNone, out.Error, out.Detail)
	require.Less(t, time.Since(started), patience/2)
	require.Less(t, out.Duration, restTimeout, "what is not recorded does not count")
}

func TestAnswerBombIsNotUnpacked(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 8 {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	r := receive(t, true, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	out := send(t, r.client(t), r.URL, patience)
	require.True(t, bytes.Equal(packed.Bytes()[:hook.MaxResponseBody], out.Body))
	require.Contains(t, out.Header, [2]string{"Content-Encoding", "gzip"})
}

func TestAnswerHeadersAreBounded(t *testing.T) {
	t.Parallel()
	r := receive(t, true, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 150 {
			w.Header().Set(fmt.Sprintf("X-%03d", i), strings.Repeat("é", 100))
		}
		w.Header().Set("A-Long", strings.Repeat("é", 600)) // 1200 bytes
	})
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorNone, out.Error, out.Detail)
	require.Len(t, out.Header, maxHeaders)
	require.Equal(t, [2]string{"A-Long", strings.Repeat("é", 512)}, out.Header[0])
	for i := 1; i < len(out.Header); i++ {
		require.Less(t, out.Header[i-1][0], out.Header[i][0], "sorted by name")
	}
}

func TestAnswerHeaderFlood(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		r := receive(t, http2, func(w http.ResponseWriter, _ *http.Request) {
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100))
			}
		})
		out := send(t, r.client(t), r.URL, patience)
		require.Equal(t, hook.ErrorNetwork, out.Error, "http2=%t: %s", http2, out.Detail)
		require.Zero(t, out.StatusCode)
	}
}

// What the other side writes is stored and shown: it must be text.
func TestAnswerOfHostileText(t *testing.T) {
	t.Parallel()
	r := raw(t, "HTTP/1.1 503 a\x00b\x1b[31m"+strings.Repeat("x", 5000)+"\r\n"+
		"X-Latin: caf\xe9\r\nX-Control: \u0085.\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, http.StatusServiceUnavailable, out.StatusCode)
	require.Equal(t, "the answer is 503 Service Unavailable", out.Detail)
	require.Equal(t, 7*time.Second, out.RetryAfter)
	require.Equal(t, [][2]string{
		{"Content-Length", "0"}, {"Retry-After", "7"}, {"X-Control", " ."}, {"X-Latin", "caf?"},
	}, out.Header)
}

func TestCleanKeepsItsBound(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", strings.Repeat("a\xff", 600), strings.Repeat("é", 600), "é", "\xc3", "a\x80\x80\x80\x80", "日本"} {
		for limit := range 12 {
			got := clean(s, limit)
			require.LessOrEqual(t, len(got), limit, "%q", s)
			require.True(t, utf8.ValidString(got), "%q", s)
		}
	}
	require.Equal(t, "日", clean("日本", 5))
	require.Equal(t, "日本", clean("日本", 6))
}

// An answer other than 2xx is what it says, however its body ends.
func TestAnswerThatBreaksOffAfterItsStatus(t *testing.T) {
	t.Parallel()
	r := raw(t, "HTTP/1.1 429 Slow Down\r\nRetry-After: 30\r\nContent-Length: 100\r\n\r\npart")
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorStatus, out.Error)
	require.Equal(t, 30*time.Second, out.RetryAfter)
	require.Equal(t, "part", string(out.Body))

	r = raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
	out = send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorNetwork, out.Error)
	require.Equal(t, http.StatusOK, out.StatusCode)
	require.Equal(t, "part", string(out.Body))
}

func TestAnswerThatSwitchesProtocols(t *testing.T) {
	t.Parallel()
	r := raw(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nendless")
	out := send(t, r.client(t), r.URL, patience)
	require.Equal(t, hook.ErrorStatus, out.Error, out.Detail)
	require.Equal(t, http.StatusSwitchingProtocols, out.StatusCode)
	require.Less(t, out.Duration, patience/2)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 28, 14, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		code  int
		value string
		want  time.Duration
	}{
		{429, "120", 2 * time.Minute},
		{503, "120", 2 * time.Minute},
		{503, " 120 ", 2 * time.Minute},
		{503, "0", 0},
		{503, "007", 7 * time.Second},
		{503, "Thu, 28 May 2026 14:31:30 GMT", 90 * time.Second},
		{503, "Thursday, 28-May-26 14:31:30 GMT", 90 * time.Second},
		{503, "Thu May 28 14:31:30 2026", 90 * time.Second},
		{503, "Thu, 28 May 2026 14:29:00 GMT", 0},
		{503, "Thu, 28 May 2099 14:29:00 GMT", hook.MaxRetryAfter},
		{503, "86401", hook.MaxRetryAfter},
		{503, "99999999999999999999999999", hook.MaxRetryAfter},
		{503, "", 0},
		{503, "-5", 0},
		{503, "1.5", 0},
		{503, "1e3", 0},
		{503, "soon", 0},
		{503, "5s", 0},
		{503, "٣", 0},
		// Elsewhere it means something else, or nothing.
		{200, "120", 0},
		{301, "120", 0},
		{500, "120", 0},
	} {
		answer := &http.Response{StatusCode: c.code, Header: http.Header{"Retry-After": {c.value}}}
		require.Equal(t, c.want, retryAfter(answer, now), "%d %q", c.code, c.value)
	}
	require.Zero(t, retryAfter(&http.Response{StatusCode: http.StatusServiceUnavailable}, now))
}
