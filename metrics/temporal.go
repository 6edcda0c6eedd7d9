package metrics

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// tags are those of Temporal's SDK that become labels, of every metric alike:
// Prometheus wants one set a name. Others may have many values, as task queues
// that are a worker's own.
func tags() []string {
	return []string{"operation", "workflow_type", "activity_type", "worker_type", "poller_type", "failure_reason", "status_code"}
}

// temporal makes an instrument for each name that the SDK comes with.
type temporal struct {
	registry *prometheus.Registry
	mu       sync.Mutex
	counters map[string]*prometheus.CounterVec
	gauges   map[string]*prometheus.GaugeVec
	timers   map[string]*prometheus.HistogramVec
}

// Temporal is what the SDK measures with. Its names are the SDK's, all of which
// begin with temporal_; units are added to them.
func (m *Metrics) Temporal() client.MetricsHandler {
	return handler{labels: make([]string, len(tags())), to: &temporal{
		registry: m.registry, counters: map[string]*prometheus.CounterVec{},
		gauges: map[string]*prometheus.GaugeVec{}, timers: map[string]*prometheus.HistogramVec{},
	}}
}

// handler is a set of values for the labels.
type handler struct {
	labels []string
	to     *temporal
}

// WithTags implements client.MetricsHandler.
func (h handler) WithTags(values map[string]string) client.MetricsHandler {
	labels := make([]string, len(h.labels))
	for i, tag := range tags() {
		labels[i] = h.labels[i]
		if value, ok := values[tag]; ok {
			labels[i] = value
		}
	}
	return handler{labels: labels, to: h.to}
}

// Counter implements client.MetricsHandler.
func (h handler) Counter(name string) client.MetricsCounter {
	c := instrument(h.to, h.to.counters, name, func() *prometheus.CounterVec {
		return counters(strings.TrimSuffix(name, "_total")+"_total", "A counter of Temporal's SDK.", tags()...)
	}).WithLabelValues(h.labels...)
	return count(func(n int64) { c.Add(float64(n)) })
}

// Gauge implements client.MetricsHandler.
func (h handler) Gauge(name string) client.MetricsGauge {
	g := instrument(h.to, h.to.gauges, name, func() *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: "A gauge of Temporal's SDK."}, tags())
	}).WithLabelValues(h.labels...)
	return update(g.Set)
}

// Timer implements client.MetricsHandler.
func (h handler) Timer(name string) client.MetricsTimer {
	t := instrument(h.to, h.to.timers, name, func() *prometheus.HistogramVec {
		return histograms(name+"_seconds", "A timer of Temporal's SDK.", long, tags()...)
	}).WithLabelValues(h.labels...)
	return record(func(d time.Duration) { t.Observe(d.Seconds()) })
}

// instrument finds or makes what has a name.
func instrument[T prometheus.Collector](t *temporal, known map[string]T, name string, create func() T) T {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := known[name]
	if !ok {
		found = create()
		known[name] = found
		_ = t.registry.Register(found) // better a metric less than a worker less
	}
	return found
}

type (
	count  func(int64)
	update func(float64)
	record func(time.Duration)
)

func (f count) Inc(n int64)             { f(n) }
func (f update) Update(value float64)   { f(value) }
func (f record) Record(d time.Duration) { f(d) }
