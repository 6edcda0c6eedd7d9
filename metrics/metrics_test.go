package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/metrics"
)

func page(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 200, w.Code)
	return w.Body.String()
}

func TestWhatIsMeasuredIsOnThePage(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	require.Contains(t, page(t, m), `posthorn_messages_total{result="accepted"} 0`, "a rate can be had from the first one on")
	m.Request("/a/:id", "GET", 204, time.Second)
	m.Request("", "BREW", 418, time.Second)
	m.Accepted(false)
	m.Accepted(true)
	m.Refused("rate")
	m.Refused("")
	m.Group(7, 20*time.Millisecond)
	m.Attempt("", time.Second)
	m.Attempt("timeout", 10*time.Second)
	m.Sealed()
	m.Fetched(false)
	m.Fetched(true)
	text := page(t, m)
	for _, line := range []string{
		`posthorn_http_request_duration_seconds_sum{method="GET",route="/a/:id",status="2xx"} 1`,
		`posthorn_http_request_duration_seconds_count{method="other",route="none",status="4xx"} 1`,
		`posthorn_messages_total{result="accepted"} 1`,
		`posthorn_messages_total{result="duplicate"} 1`,
		`posthorn_messages_refused_total{reason="rate"} 1`,
		`posthorn_messages_refused_total{reason="internal"} 1`,
		`posthorn_ingest_group_messages_sum 7`,
		`posthorn_ingest_commit_duration_seconds_sum 0.02`,
		`posthorn_delivery_attempt_duration_seconds_sum{outcome="delivered"} 1`,
		`posthorn_delivery_attempt_duration_seconds_bucket{outcome="timeout",le="10"} 1`,
		`posthorn_archive_records_total 1`,
		`posthorn_archive_fetches_total{result="stored"} 1`,
		`posthorn_archive_fetches_total{result="failed"} 1`,
	} {
		require.Contains(t, text, line+"\n")
	}
}

func TestProcessesOfOneProgramDoNotMeet(t *testing.T) {
	t.Parallel()
	one, two := metrics.New(), metrics.New()
	one.Sealed()
	require.Contains(t, page(t, one), "posthorn_archive_records_total 1")
	require.Contains(t, page(t, two), "posthorn_archive_records_total 0")
}

func TestTemporalsMetricsHaveOneSetOfLabels(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	h := m.Temporal()
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			h.WithTags(map[string]string{"operation": "Poll", "task_queue": "of-one-worker"}).Counter("temporal_request").Inc(2)
			h.WithTags(map[string]string{"operation": "Poll"}).WithTags(map[string]string{"status_code": "5"}).Counter("temporal_request").Inc(1)
			h.Gauge("temporal_num_pollers").Update(3)
			h.Timer("temporal_request_latency").Record(time.Second)
		})
	}
	group.Wait()
	text := page(t, m)
	require.NotContains(t, text, "of-one-worker")
	labels := func(operation, status string) string {
		return `{activity_type="",failure_reason="",operation="` + operation + `",poller_type="",status_code="` + status + `",worker_type="",workflow_type=""}`
	}
	for _, line := range []string{
		"temporal_request_total" + labels("Poll", "") + " 20",
		"temporal_request_total" + labels("Poll", "5") + " 10",
		"temporal_num_pollers" + labels("", "") + " 3",
		"temporal_request_latency_seconds_count" + labels("", "") + " 10",
	} {
		require.Contains(t, strings.Split(text, "\n"), line)
	}
}
