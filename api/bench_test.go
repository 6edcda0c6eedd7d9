package api_test

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/simulate"
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

// BenchmarkCallbacks measures 200 callbacks of a provider that come at once: an
// operation is all of them, and slowest-ms is how long the last one waited for
// its answer. Providers give up after 2 s at the earliest. The certificate of
// ses is the endpoint's, so that nothing is fetched.
func BenchmarkCallbacks(b *testing.B) {
	const atOnce = 200
	transport := &http.Transport{MaxIdleConnsPerHost: atOnce}
	b.Cleanup(transport.CloseIdleConnections)
	s := setup(b)
	_, key := s.tenant(b)
	for _, name := range simulate.Providers() {
		b.Run(name, func(b *testing.B) {
			target, err := simulate.Generate(name, "", []byte(key))
			require.NoError(b, err)
			if name == "ses" {
				certificate, err := simulate.NewCertificate()
				require.NoError(b, err)
				target.Key, target.CertificateURL = certificate.Key, certificate.URL
				target.Config.Certificates = map[string]string{certificate.URL: certificate.PEM}
			}
			e := s.endpoint(b, key, object{"provider": name, "provider_config": target.Config, "rate_limit": 1_000_000})
			target.URL = "https://hooks.example.com" + e.path
			var slowest time.Duration
			for b.Loop() {
				b.StopTimer()
				callbacks := make([]simulate.Callback, atOnce)
				for i := range callbacks {
					callbacks[i], err = simulate.Make(name, "", target)
					require.NoError(b, err)
				}
				b.StartTimer()
				slowest = max(slowest, atOneTime(b, transport, s.url, callbacks))
			}
			b.ReportMetric(float64(slowest.Milliseconds()), "slowest-ms")
		})
	}
}

// atOneTime sends all of them and says how long the last answer took.
func atOneTime(b *testing.B, transport *http.Transport, url string, callbacks []simulate.Callback) time.Duration {
	b.Helper()
	took, statuses := make([]time.Duration, len(callbacks)), make([]int, len(callbacks))
	var all sync.WaitGroup
	for i, c := range callbacks {
		all.Go(func() {
			_, path, _ := strings.Cut(c.URL, "/webhooks/")
			c.URL = url + "/webhooks/" + path
			request, err := c.Request(b.Context())
			if err != nil {
				return
			}
			began := time.Now()
			response, err := transport.RoundTrip(request)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			took[i], statuses[i] = time.Since(began), response.StatusCode
		})
	}
	all.Wait()
	for _, status := range statuses {
		require.Equal(b, http.StatusOK, status)
	}
	return slices.Max(took)
}
