package store

import (
	"bytes"
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
	keptRefusals  = 100      // of an endpoint and kind
	refusalDays   = 30       // how long
	waitingRows   = 2000     // that wait to be written, over all endpoints
	waitingBytes  = 16 << 20 // of their bodies
	waitingCounts = 10_000   // likewise, (endpoint, reason)
	refusalEvery  = 500 * time.Millisecond
)

// keptLimits bounds what an endpoint keeps of each kind, in rows and bytes of
// bodies. What anybody can send must not push out what an endpoint's own
// producer sent.
var keptLimits = map[hook.KeptKind]struct{ rows, bytes int32 }{
	"":                  {keptRefusals, 1}, // no bodies
	hook.KeptPayload:    {keptRefusals, 16 << 20},
	hook.KeptUnverified: {20, 1 << 20},
}

// Refusal is a request that an endpoint refused: never what was tried as a
// secret.
type Refusal struct {
	ID         hook.ID // carries the time
	TenantID   hook.ID
	EndpointID hook.ID
	Remote     string // the client's address
	Status     int    // of the answer
	Reason     string // in a word, for counting
	Detail     string // for people
	Fields     []hook.FieldError
	// Explanation says, of a provider's callback, how it was checked.
	Explanation *Explanation
	// Kept is the request, nil where it is not kept, and in lists, which have
	// its Kind and Size.
	Kept *hook.Kept
	Kind hook.KeptKind
	Size int // of the body as received, bytes

	ReadmittedAt time.Time // zero until then
	MessageID    hook.ID   // that it became, or that it is a duplicate of
}

// Explanation is why a provider's callback was found not to be authentic. It
// holds no secret.
type Explanation struct {
	Provider string `json:"provider"`
	Scheme   string `json:"scheme,omitempty"`
	Reason   string `json:"reason"`
	Message  string `json:"message"`
	Signed   string `json:"signed,omitempty"` // the string to sign as it was seen, or its beginning
	URL      string `json:"url"`              // that the check used
	Cause    string `json:"cause,omitempty"`  // the likely one, and what to do
}

type refusalKey struct {
	tenant, endpoint hook.ID
	reason           string
	status           int
}

type rowsKey struct {
	endpoint hook.ID
	kind     hook.KeptKind
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
	rows    map[rowsKey][]Refusal // the newest
	waiting int                   // rows in all
	bytes   int                   // of their bodies
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
	f.Kind, f.Size = "", 0
	if k := f.Kept; k != nil && len(k.Raw) <= k.Kind.MaxSize() && r.bytes+len(k.Raw) <= waitingBytes {
		own := *k
		own.Raw = bytes.Clone(k.Raw) // its memory is the request's
		f.Kind, f.Size, f.Kept = own.Kind, len(own.Raw), &own
	} else {
		f.Kept = nil
	}
	key := rowsKey{f.EndpointID, f.Kind}
	rows := r.rows[key]
	switch {
	case len(rows) == int(keptLimits[f.Kind].rows): // older ones would be trimmed as soon as written
		r.bytes -= rows[0].Size
		copy(rows, rows[1:])
		rows[len(rows)-1] = f
	case r.waiting == waitingRows:
		r.dropped++
		return
	default:
		r.rows[key] = append(rows, f)
		r.waiting++
	}
	r.bytes += f.Size
}

func (r *Refusals) clear() {
	r.counts, r.rows, r.waiting, r.bytes, r.dropped = map[refusalKey]int64{}, map[rowsKey][]Refusal{}, 0, 0, 0
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

func (s *Store) writeRefusals(ctx context.Context, counts map[refusalKey]int64, rows map[rowsKey][]Refusal) error {
	var c db.CountRefusalsParams
	for key, n := range counts {
		c.EndpointIds, c.TenantIds = append(c.EndpointIds, key.endpoint), append(c.TenantIds, key.tenant)
		c.Reasons, c.Statuses, c.Counts = append(c.Reasons, key.reason), append(c.Statuses, int32(key.status)), append(c.Counts, n)
	}
	var p db.InsertRefusalsParams
	var trim db.TrimRefusalsParams
	for kind, limit := range keptLimits {
		trim.Kinds, trim.MaxRows, trim.MaxBytes = append(trim.Kinds, string(kind)), append(trim.MaxRows, limit.rows), append(trim.MaxBytes, limit.bytes)
	}
	for key, list := range rows {
		trim.EndpointIds = append(trim.EndpointIds, key.endpoint)
		for _, f := range list {
			if err := s.addRefusal(&p, f); err != nil {
				return err
			}
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

func (s *Store) addRefusal(p *db.InsertRefusalsParams, f Refusal) error {
	fields, err := json.Marshal(f.Fields)
	if err != nil {
		return err
	}
	var kept []byte
	if f.Kept != nil {
		if kept, err = s.seal(f.Kept, refusalPlace(f)); err != nil {
			return err
		}
	}
	var explanation []byte
	if f.Explanation != nil {
		explanation = hook.EncodeJSON(f.Explanation)
	}
	p.Explanations = append(p.Explanations, explanation)
	p.Ids, p.TenantIds, p.EndpointIds = append(p.Ids, f.ID), append(p.TenantIds, f.TenantID), append(p.EndpointIds, f.EndpointID)
	p.Remotes, p.Statuses = append(p.Remotes, f.Remote), append(p.Statuses, int32(f.Status))
	p.Reasons, p.Details, p.Fields = append(p.Reasons, f.Reason), append(p.Details, text(f.Detail)), append(p.Fields, fields)
	p.Kinds, p.Sizes, p.Kept = append(p.Kinds, string(f.Kind)), append(p.Sizes, int32(f.Size)), append(p.Kept, kept)
	return nil
}

func refusalPlace(f Refusal) string { return place("refusals", f.TenantID, f.ID, "kept") }
