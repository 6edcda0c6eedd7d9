// Package metrics is what Prometheus is told of a process: its instruments, on
// a registry of their own, and the page that shows them. Their labels have few
// values: routes, classes and reasons, never a tenant, an endpoint or a
// webhook. Who measures, and what is read from the database, is decided
// elsewhere.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is the instruments of one process. It is safe for use by many at once.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.HistogramVec
	messages    *prometheus.CounterVec
	refusals    *prometheus.CounterVec
	groupSize   prometheus.Histogram
	groupCommit prometheus.Histogram
	attempts    *prometheus.HistogramVec
	records     prometheus.Counter
	attachments *prometheus.CounterVec
}

// Buckets, in seconds: from a commit to a held answer, and to a slow receiver.
var (
	short = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	long  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
)

// New returns instruments that have measured nothing.
func New() *Metrics {
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		requests:    histograms("posthorn_http_request_duration_seconds", "How long requests took, to the answer's last byte.", short, "route", "method", "status"),
		messages:    counters("posthorn_messages_total", "Messages that were accepted: stored, or found to be duplicates.", "result"),
		refusals:    counters("posthorn_messages_refused_total", "Messages, or requests, that inbound endpoints did not accept.", "reason"),
		groupSize:   histogram("posthorn_ingest_group_messages", "Messages in one transaction of the ingest.", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}),
		groupCommit: histogram("posthorn_ingest_commit_duration_seconds", "How long one transaction of the ingest took.", short),
		attempts:    histograms("posthorn_delivery_attempt_duration_seconds", "How long attempts to deliver took.", long, "outcome"),
		records:     counter("posthorn_archive_records_total", "Messages whose record was sealed in WORM storage."),
		attachments: counters("posthorn_archive_fetches_total", "Attachments given by URL that were settled.", "result"),
	}
	m.registry.MustRegister(m.requests, m.messages, m.refusals, m.groupSize, m.groupCommit, m.attempts, m.records, m.attachments,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{"accepted", "duplicate"} {
		m.messages.WithLabelValues(result)
	}
	return m
}

// Register adds what is measured when it is asked for.
func (m *Metrics) Register(c prometheus.Collector) { m.registry.MustRegister(c) }

// Handler serves the page.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// Request counts a request that was answered. The route is a pattern; "" is
// one that nothing is served at.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// Accepted counts a message that is durable.
func (m *Metrics) Accepted(duplicate bool) {
	result := "accepted"
	if duplicate {
		result = "duplicate"
	}
	m.messages.WithLabelValues(result).Inc()
}

// Refused counts a message, or all of a request, that an inbound endpoint did
// not accept. Reasons are few; "" is a fault of ours.
func (m *Metrics) Refused(reason string) {
	if reason == "" {
		reason = "internal"
	}
	m.refusals.WithLabelValues(reason).Inc()
}

// Group counts a transaction of the ingest that was committed.
func (m *Metrics) Group(messages int, took time.Duration) {
	m.groupSize.Observe(float64(messages))
	m.groupCommit.Observe(took.Seconds())
}

// Attempt counts an attempt to deliver, by its class of failure; "" is success.
func (m *Metrics) Attempt(failure string, took time.Duration) {
	if failure == "" {
		failure = "delivered"
	}
	m.attempts.WithLabelValues(failure).Observe(took.Seconds())
}

// Sealed counts a message that is in WORM storage.
func (m *Metrics) Sealed() { m.records.Inc() }

// Fetched counts an attachment that is stored, or has failed for good.
func (m *Metrics) Fetched(failed bool) {
	result := "stored"
	if failed {
		result = "failed"
	}
	m.attachments.WithLabelValues(result).Inc()
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}
