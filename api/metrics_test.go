package api_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
	"posthorn/metrics"
)

// measured gives the API the instruments of its store, and their page.
func measured(c *api.Config) { c.MetricsPage = true }

// value is one of the page's, "" where it is not there.
func (s *service) value(t *testing.T, name string) float64 {
	t.Helper()
	g := s.call(t, "", "GET", "/metrics", nil)
	require.Equal(t, 200, g.status)
	require.Contains(t, g.header.Get("Content-Type"), "text/plain")
	for line := range strings.Lines(g.raw) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			require.NoError(t, err)
			return value
		}
	}
	return 0
}

func TestMetricsMoveWithWhatHappens(t *testing.T) {
	t.Parallel()
	s := setup(t, measured)
	tenant, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1, "burst": 4})
	s.deliver(t, e, message("1"))
	s.deliver(t, e, message("1"))
	s.deliver(t, e, "{")
	s.deliver(t, e, "{}")
	require.Eventually(t, func() bool { return s.deliver(t, e, message("2")).status == 429 }, patience, time.Millisecond)
	s.deliver(t, endpoint{path: e.path, secret: "wrong"}, message("3"))
	s.deliver(t, endpoint{path: e.path + "x"}, message("3"))
	s.call(t, key, "GET", "/api/v1/messages/"+hook.NewID().String(), nil)
	s.call(t, key, "GET", "/nothing/here", nil)
	s.call(t, key, "PROPFIND", "/healthz", nil)

	for name, least := range map[string]float64{
		`posthorn_messages_total{result="accepted"}`:                                                                    1,
		`posthorn_messages_total{result="duplicate"}`:                                                                   1,
		`posthorn_messages_refused_total{reason="malformed"}`:                                                           1,
		`posthorn_messages_refused_total{reason="invalid"}`:                                                             1,
		`posthorn_messages_refused_total{reason="rate"}`:                                                                1,
		`posthorn_messages_refused_total{reason="not-found"}`:                                                           1,
		`posthorn_messages_refused_total{reason="credential-mismatch"}`:                                                 1,
		`posthorn_ingest_group_messages_count`:                                                                          2,
		`posthorn_ingest_commit_duration_seconds_count`:                                                                 2,
		`posthorn_outbox_rows`:                                                                                          1,
		`posthorn_postgres_pool_acquires_total`:                                                                         10,
		`posthorn_http_request_duration_seconds_count{method="GET",route="/api/v1/messages/:id",status="4xx"}`:          1,
		`posthorn_http_request_duration_seconds_count{method="POST",route="/webhooks/incoming/in/:token",status="2xx"}`: 2,
		`posthorn_http_request_duration_seconds_count{method="GET",route="none",status="4xx"}`:                          1,
		`posthorn_http_request_duration_seconds_count{method="other",route="none",status="4xx"}`:                        1,
		`go_goroutines`: 1,
	} {
		require.GreaterOrEqual(t, s.value(t, name), least, name)
	}
	page := s.call(t, "", "GET", "/metrics", nil).raw
	for _, own := range []string{tenant, e.id, strings.TrimPrefix(e.path, "/webhooks/incoming/in/"), "/nothing", "PROPFIND"} {
		require.NotContains(t, page, own)
	}
}

func TestMetricsCanBeOff(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.Metrics = metrics.New() })
	s.call(t, "", "GET", "/metrics", nil).problem(t, 404)
}
