package store

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// Limits of what is kept of refused requests.
const (
	keptRefusals  = 100    // of an endpoint
	refusalDays   = 30     // how long
	waitingRows   = 2000   // that wait to be written, over all endpoints
	waitingCounts = 10_000 // likewise, (endpoint, reason)
	refusalEvery  = 500 * time.Millisecond
)

// Refusal is a request that an endpoint refused: never what was tried as a
// secret, nor anything of the body.
type Refusal struct {
	ID         hook.ID // carries the time
	TenantID   hook.ID
	EndpointID hook.ID
	Remote     string // the client's address
	Status     int    // of the answer
	Reason     string // in a word, for counting
	Detail     string // for people
	Fields     []hook.FieldError
}

type refusalKey struct {
	tenant, endpoint hook.ID
	reason           string
	status           int
}

// Refusals writes refused requests down, aside and a few at a time: a flood of
// them costs the database little, and what is too much is dropped and counted.
type Refusals struct {
	store *Store
	log   *slog.Logger
	pull  chan struct{}
	stop  chan struct{}
	done  sync.WaitGroup

	mu      sync.Mutex
	counts  map[refusalKey]int64
	rows    map[hook.ID][]Refusal // by endpoint, the newest
	waiting int                   // rows in all
	dropped int64                 // since the last write
}

// NewRefusals starts the writer.
func (s *Store) NewRefusals(log *slog.Logger) *Refusals {
	r := &Refusals{store: s, log: log, pull: make(chan struct{}, 1), stop: make(chan struct{})}
	r.clear()
	r.done.Go(r.run)
	return r
}

// Close writes what waits and ends. Nothing may be added any more.
func (r *Refusals) Close() {
	close(r.stop)
	r.done.Wait()
}

// Add counts a refusal and, with listed, keeps it for the list of the last
// ones. It returns at once.
func (r *Refusals) Add(f Refusal, listed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := refusalKey{f.TenantID, f.EndpointID, f.Reason, f.Status}
	if _, known := r.counts[key]; !known && len(r.counts) >= waitingCounts {
		r.dropped++
		return
	}
	r.counts[key]++
	if listed {
		r.list(f)
	}
	select {
	case r.pull <- struct{}{}:
	default: // it will be written anyway
	}
}

func (r *Refusals) list(f Refusal) {
	rows := r.rows[f.EndpointID]
	switch {
	case len(rows) == keptRefusals: // older ones would be trimmed as soon as written
		copy(rows, rows[1:])
		rows[keptRefusals-1] = f
	case r.waiting == waitingRows:
		r.dropped++
	default:
		r.rows[f.EndpointID] = append(rows, f)
		r.waiting++
	}
}

func (r *Refusals) clear() {
	r.counts, r.rows, r.waiting, r.dropped = map[refusalKey]int64{}, map[hook.ID][]Refusal{}, 0, 0
}

func (r *Refusals) run() {
	for {
		select {
		case <-r.pull:
		case <-r.stop:
			r.flush()
			return
		}
		select { // more come soon
		case <-time.After(refusalEvery):
		case <-r.stop:
		}
		r.flush()
	}
}

// flush writes what waits. What cannot be written is dropped: the database has
// more important things to do.
func (r *Refusals) flush() {
	r.mu.Lock()
	counts, rows, dropped := r.counts, r.rows, r.dropped
	r.clear()
	r.mu.Unlock()
	if len(counts) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := r.store.writeRefusals(ctx, counts, rows); err != nil {
		r.log.Warn("refused requests could not be written down", "error", err)
		return
	}
	if dropped > 0 {
		r.log.Warn("there were too many refused requests to write down all", "dropped", dropped)
	}
}

func (s *Store) writeRefusals(ctx context.Context, counts map[refusalKey]int64, rows map[hook.ID][]Refusal) error {
	var c db.CountRefusalsParams
	for key, n := range counts {
		c.EndpointIds, c.TenantIds = append(c.EndpointIds, key.endpoint), append(c.TenantIds, key.tenant)
		c.Reasons, c.Statuses, c.Counts = append(c.Reasons, key.reason), append(c.Statuses, int32(key.status)), append(c.Counts, n)
	}
	var p db.InsertRefusalsParams
	trim := db.TrimRefusalsParams{Kept: keptRefusals}
	for endpoint, list := range rows {
		trim.EndpointIds = append(trim.EndpointIds, endpoint)
		for _, f := range list {
			fields, err := json.Marshal(f.Fields)
			if err != nil {
				return err
			}
			p.Ids, p.TenantIds, p.EndpointIds = append(p.Ids, f.ID), append(p.TenantIds, f.TenantID), append(p.EndpointIds, f.EndpointID)
			p.Remotes, p.Statuses = append(p.Remotes, f.Remote), append(p.Statuses, int32(f.Status))
			p.Reasons, p.Details, p.Fields = append(p.Reasons, f.Reason), append(p.Details, text(f.Detail)), append(p.Fields, fields)
		}
	}
	return s.tx(ctx, func(q *db.Queries) error {
		if err := q.NoSync(ctx); err != nil {
			return err
		}
		if err := q.CountRefusals(ctx, c); err != nil || len(rows) == 0 {
			return err
		}
		if err := q.InsertRefusals(ctx, p); err != nil {
			return err
		}
		return q.TrimRefusals(ctx, trim)
	})
}
