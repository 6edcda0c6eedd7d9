package api_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkIngest measures messages of 1 KB from many clients over HTTP; the
// clients' share is in it. PostgreSQL does not sync here: a real one takes a
// group's fsync longer.
func BenchmarkIngest(b *testing.B) {
	s := setup(b)
	_, key := s.tenant(b)
	e := s.endpoint(b, key, object{"rate_limit": 1_000_000})
	text := strings.Replace(message("ID"), "hello", strings.Repeat("x", 900), 1)
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	b.Cleanup(transport.CloseIdleConnections)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			body := strings.NewReader(strings.Replace(text, "ID", strconv.FormatInt(n.Add(1), 10), 1))
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.url+e.path, body)
			require.NoError(b, err)
			request.Header.Set("Authorization", "Bearer "+e.secret)
			response, err := transport.RoundTrip(request)
			require.NoError(b, err)
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			require.Equal(b, http.StatusOK, response.StatusCode)
		}
	})
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkIngestBatch measures batches of 1,000 messages.
func BenchmarkIngestBatch(b *testing.B) {
	s := setup(b)
	_, key := s.tenant(b)
	e := s.endpoint(b, key, object{"rate_limit": 1_000_000})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		var body strings.Builder
		for range 1000 {
			n++
			body.WriteString(message(strconv.Itoa(n)) + "\n")
		}
		g, results := s.batch(b, e, body.String())
		require.Equal(b, 200, g.status)
		require.Len(b, results, 1000)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}
