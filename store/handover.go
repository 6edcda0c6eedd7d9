package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// What is kept of deliveries that were just made, for their first attempts.
const (
	freshTime  = 100 * time.Millisecond // then it is read: it may have been changed
	freshBytes = 16 << 20
)

// arrival is a delivery that was just made, and its outbox row.
type arrival struct {
	job Job
	to  ToAttempt
}

// made are the deliveries that a transaction made.
type made struct {
	arrivals []arrival
	rest     bool // there are others, that go in order
}

func (m *made) add(more made) {
	m.arrivals, m.rest = append(m.arrivals, more.arrivals...), m.rest || more.rest
}

// handover gives what this process commits to a worker in the same process,
// which then need not read it.
type handover struct {
	taker atomic.Pointer[func([]Job) []Job]
	mu    sync.Mutex
	fresh map[hook.ID]freshDelivery
	bytes int
}

type freshDelivery struct {
	ToAttempt
	until time.Time
}

// HandOver has take be given the outbox rows that this process commits. It
// returns those that it leaves to others. What it takes may be met again when
// rows are read. nil ends it.
func (s *Store) HandOver(take func([]Job) []Job) {
	if take == nil {
		s.handover.taker.Store(nil)
		return
	}
	s.handover.taker.Store(&take)
}

// committed has those told who own what was made.
func (s *Store) committed(m made) {
	take := s.handover.taker.Load()
	if take == nil {
		s.bell.ring()
		return
	}
	s.handover.keep(m.arrivals)
	left := (*take)(convert(m.arrivals, func(a arrival) Job { return a.job }))
	if len(left) > 0 {
		s.handover.take(convert(left, func(j Job) hook.ID { return j.Ref }))
	}
	if len(left) > 0 || m.rest {
		s.bell.ring()
	}
}

// keep keeps deliveries while there is room.
func (h *handover) keep(arrivals []arrival) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fresh == nil {
		h.fresh = map[hook.ID]freshDelivery{}
	}
	for _, a := range arrivals {
		d := freshDelivery{a.to, now.Add(freshTime)}
		if h.bytes+d.size() > freshBytes {
			h.age(now)
		}
		if h.bytes+d.size() <= freshBytes {
			h.fresh[a.to.Delivery.ID] = d
			h.bytes += d.size()
		}
	}
}

// size is about what it takes in memory, in bytes.
func (d *freshDelivery) size() int { return 1024 + len(d.Event.Data) }

func (h *handover) age(now time.Time) {
	for id, d := range h.fresh {
		if !now.Before(d.until) {
			h.drop(id, d)
		}
	}
}

func (h *handover) drop(id hook.ID, d freshDelivery) {
	delete(h.fresh, id)
	h.bytes -= d.size()
}

// take returns those of some deliveries that are fresh, each once, and the
// others' ids.
func (h *handover) take(ids []hook.ID) (list map[hook.ID]ToAttempt, others []hook.ID) {
	now := time.Now()
	list = make(map[hook.ID]ToAttempt, len(ids))
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		d, ok := h.fresh[id]
		if ok {
			h.drop(id, d)
		}
		if ok && now.Before(d.until) {
			list[id] = d.ToAttempt
		} else {
			others = append(others, id)
		}
	}
	return list, others
}

// DeliveriesToAttempt loads deliveries with their events; what is gone is left
// out, and webhooks are left to the caller.
func (s *Store) DeliveriesToAttempt(ctx context.Context, ids []hook.ID) (map[hook.ID]ToAttempt, error) {
	list, ids := s.handover.take(ids)
	if len(ids) == 0 {
		return list, nil
	}
	rows, err := s.queries().DeliveriesToAttempt(ctx, ids)
	for _, row := range rows {
		list[row.Delivery.ID] = ToAttempt{Delivery: deliveryOf(row.Delivery), Event: eventOf(row.Event)}
	}
	return list, wrap(err, "delivery")
}

// arrivalOf is a new delivery of an event to a webhook, as it would be read.
func arrivalOf(e *hook.Event, w *db.InsertEventsRow, id hook.ID) arrival {
	event := *e
	event.OccurredAt, event.CreatedAt, event.Transition = e.OccurredAt.UTC().Truncate(time.Microsecond), hook.IDTime(e.ID), nil
	d := hook.Delivery{
		ID: id, TenantID: e.TenantID, EventID: e.ID, WebhookID: w.ID, Status: hook.DeliveryPending,
		Format: hook.Format(w.Format), Transform: w.Transform, Due: true, CreatedAt: hook.IDTime(id), UpdatedAt: hook.IDTime(id),
	}
	to := hook.Webhook{RateLimit: int(w.RateLimit), MaxInFlight: int(w.MaxInFlight)}
	return arrival{to: ToAttempt{Delivery: d, Event: event}, job: Job{
		Shard: Shard(w.ID), Kind: KindDelivery, Ref: id, First: true, Streamable: d.Streamable(&to),
		Generation: int(w.Generation), DisableAfter: int(w.DisableAfter), Failures: int(w.ConsecutiveFailures),
		TenantID: e.TenantID, SubjectID: w.ID, EventType: e.Type, URL: w.Url,
	}}
}
