package store

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posthorn/hook"
	"posthorn/store/db"
)

// maxOutboxRows is how far the outbox is counted.
const maxOutboxRows = 100_000

// How often the database is asked for its backlog, at most, and for how long.
const (
	backlogEvery   = 5 * time.Second
	backlogTimeout = 2 * time.Second
)

// Backlog is what waits in the database.
type Backlog struct {
	OutboxRows int           // at most 100,000 are counted
	OutboxAge  time.Duration // of the oldest message or delivery that no workflow was started for
	IndexLag   time.Duration // how long the oldest message that is not searchable has waited
	Messages   hook.MessageCounts
	Deliveries hook.DeliveryCounts
}

// Backlog reads what waits; it costs little, however much that is.
func (s *Store) Backlog(ctx context.Context) (b Backlog, err error) {
	rows, err := s.queries().OutboxRows(ctx, maxOutboxRows)
	if err != nil {
		return b, wrap(err, "outbox")
	}
	b.OutboxRows = int(rows)
	oldest, err := s.queries().OldestJob(ctx, Shards)
	if err != nil {
		return b, wrap(err, "outbox")
	}
	for _, id := range oldest {
		b.OutboxAge = max(time.Since(hook.IDTime(id)), 0)
	}
	if b.IndexLag, err = s.IndexLag(ctx); err != nil {
		return b, err
	}
	all, err := s.queries().LedgerOfAll(ctx)
	var l Ledger
	l.add(db.LedgerRow{
		Accepted: all.Accepted, Archived: all.Archived, Unarchived: all.Unarchived, Made: all.Made, Delivered: all.Delivered,
		Pending: all.Pending, Held: all.Held, Failed: all.Failed, Cancelled: all.Cancelled,
	})
	b.Messages, b.Deliveries = l.Messages, l.Deliveries
	return b, wrap(err, "ledger")
}

// collector tells Prometheus of the backlog and the pool.
type collector struct {
	store *Store
	mu    sync.Mutex
	known Backlog
	err   error
	until time.Time
}

func gauge(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

func states(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"state"}, nil)
}

var (
	outboxRows    = gauge("posthorn_outbox_rows", "Messages and deliveries that wait for their workflow to be started; counted up to 100000.")
	outboxAge     = gauge("posthorn_outbox_oldest_age_seconds", "Age of the oldest message or delivery that waits for its workflow to be started.")
	indexLag      = gauge("posthorn_search_index_lag_seconds", "How long the oldest message that cannot be searched for yet has waited.")
	messages      = states("posthorn_ledger_messages", "Messages that were ever accepted, and what became of them, in the whole database.")
	deliveries    = states("posthorn_ledger_deliveries", "Deliveries that were ever made, apart from tests, and what became of them, in the whole database.")
	poolMax       = gauge("posthorn_postgres_pool_max_connections", "Connections that the pool may have.")
	poolUsed      = gauge("posthorn_postgres_pool_acquired_connections", "Connections that are in use.")
	poolIdle      = gauge("posthorn_postgres_pool_idle_connections", "Connections that are open and not in use.")
	poolAcquires  = gauge("posthorn_postgres_pool_acquires_total", "Times that a connection was taken from the pool.")
	poolWaits     = gauge("posthorn_postgres_pool_waits_total", "Times that nobody could be given a connection at once.")
	poolWaited    = gauge("posthorn_postgres_pool_wait_seconds_total", "Time spent on getting connections.")
	poolCancelled = gauge("posthorn_postgres_pool_cancelled_acquires_total", "Times that somebody gave up waiting for a connection.")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		outboxRows, outboxAge, indexLag, messages, deliveries, poolMax, poolUsed, poolIdle, poolAcquires, poolWaits, poolWaited, poolCancelled,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. While the database is away nothing
// is told of the backlog.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	if b, err := c.backlog(); err == nil {
		tell(outboxRows, prometheus.GaugeValue, float64(b.OutboxRows))
		tell(outboxAge, prometheus.GaugeValue, b.OutboxAge.Seconds())
		tell(indexLag, prometheus.GaugeValue, b.IndexLag.Seconds())
		for state, n := range map[string]int64{"accepted": b.Messages.Accepted, "archived": b.Messages.Archived, "in_flight": b.Messages.InFlight} {
			tell(messages, prometheus.GaugeValue, float64(n), state)
		}
		for state, n := range map[string]int64{
			"made": b.Deliveries.Made, "delivered": b.Deliveries.Delivered, "in_flight": b.Deliveries.InFlight,
			"held": b.Deliveries.Held, "failed": b.Deliveries.Failed, "cancelled": b.Deliveries.Cancelled,
		} {
			tell(deliveries, prometheus.GaugeValue, float64(n), state)
		}
	}
	p := c.store.pool.Stat()
	tell(poolMax, prometheus.GaugeValue, float64(p.MaxConns()))
	tell(poolUsed, prometheus.GaugeValue, float64(p.AcquiredConns()))
	tell(poolIdle, prometheus.GaugeValue, float64(p.IdleConns()))
	tell(poolAcquires, prometheus.CounterValue, float64(p.AcquireCount()))
	tell(poolWaits, prometheus.CounterValue, float64(p.EmptyAcquireCount()))
	tell(poolWaited, prometheus.CounterValue, p.AcquireDuration().Seconds())
	tell(poolCancelled, prometheus.CounterValue, float64(p.CanceledAcquireCount()))
}

// backlog asks the database anew only where the last answer is old: whoever
// asks often costs nothing.
func (c *collector) backlog() (Backlog, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.After(c.until) {
		ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
		defer cancel()
		c.known, c.err = c.store.Backlog(ctx)
		c.until = now.Add(backlogEvery)
	}
	return c.known, c.err
}
