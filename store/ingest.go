package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"posthorn/hook"
)

// Limits of a group of the ingest.
const (
	groupRows  = 256
	groupBytes = 1 << 20
	largeBody  = 256 << 10 // bytes; larger ones take a transaction of their own
	flushers   = 2
)

// flushTimeout bounds one group's transaction. It is not any caller's: one that
// goes away does not cancel the others.
const flushTimeout = 15 * time.Second

// Accepted is what became of a message that was offered.
type Accepted struct {
	ID          hook.ID // the first message's, for a duplicate
	Duplicate   bool
	Conflicting bool // a duplicate with another body
	SHA256      [32]byte
}

// Ingest makes messages durable: callers that come at the same time share one
// transaction (group commit).
type Ingest struct {
	store *Store
	queue queue[*entry]
	large chan struct{}
	done  sync.WaitGroup // of large ones
}

type entry struct {
	message *hook.Message
	window  time.Duration
	request []byte
	key     dedupKey
	digest  [32]byte      // what a duplicate is compared by
	taken   atomic.Bool   // by a flusher, or by its caller who goes away
	done    chan struct{} // closed once result and err are set
	result  Accepted
	err     error
}

// dedupKey is (endpoint, hash of external_id).
type dedupKey struct {
	endpoint hook.ID
	hash     [32]byte
}

func (k dedupKey) compare(other dedupKey) int {
	if c := bytes.Compare(k.endpoint[:], other.endpoint[:]); c != 0 {
		return c
	}
	return bytes.Compare(k.hash[:], other.hash[:])
}

// NewIngest starts the flushers.
func (s *Store) NewIngest() *Ingest {
	i := &Ingest{store: s, large: make(chan struct{}, 4)}
	i.queue.start(flushers, i.commitAll)
	return i
}

// Close commits what is queued and ends. Accept must not be called any more.
func (i *Ingest) Close() {
	i.queue.close()
	i.done.Wait()
}

// Accept stores a message with its dedup key and outbox row, or finds the one
// that was accepted under the same external_id within the window. When it
// returns without an error the message is committed. An error of
// hook.CodeUnavailable leaves open whether it is: the caller may send it again.
func (i *Ingest) Accept(ctx context.Context, m *hook.Message, window time.Duration) (Accepted, error) {
	e, err := newEntry(m, window)
	if err != nil {
		return Accepted{}, err
	}
	if len(m.Raw) > largeBody {
		i.done.Go(func() { i.alone(ctx, e) })
	} else {
		select {
		case i.queue.entries <- e:
		case <-ctx.Done():
			return Accepted{}, hook.Unavailable(ctx.Err())
		}
	}
	select {
	case <-e.done:
		return e.result, e.err
	case <-ctx.Done():
		if e.taken.CompareAndSwap(false, true) {
			e.message, e.request = nil, nil // it stays queued for a while, without its body
		}
		return Accepted{}, hook.Unavailable(ctx.Err())
	}
}

// newEntry tells a message apart by its external id, or by its nonce where it
// has one.
func newEntry(m *hook.Message, window time.Duration) (*entry, error) {
	request, err := json.Marshal(stored{Request: m.Request, Verdict: m.Verdict, Origin: m.Origin, Mapping: m.Mapping})
	e := &entry{
		message: m, window: window, request: request, done: make(chan struct{}),
		key: dedupKey{m.EndpointID, sha256.Sum256([]byte(m.Payload.ExternalID))}, digest: m.SHA256,
	}
	if n := m.Nonce; n != nil {
		e.key.hash, e.digest, e.window = sha256.Sum256([]byte("nonce\x00"+n.Key)), n.Digest, forever
		if !n.Until.IsZero() {
			e.window = time.Until(n.Until)
		}
	}
	return e, err
}

// forever is how long a nonce is remembered that nothing makes stale.
const forever = 10 * 365 * 24 * time.Hour

// stored is the form of message_bodies.request.
type stored struct {
	Request hook.Request  `json:"request"`
	Verdict hook.Verdict  `json:"verdict"`
	Origin  hook.Origin   `json:"origin,omitzero"`
	Mapping *hook.Mapping `json:"mapping,omitempty"`
}

// alone commits a large message by itself, a few at a time.
func (i *Ingest) alone(ctx context.Context, e *entry) {
	select {
	case i.large <- struct{}{}:
		defer func() { <-i.large }()
		if e.taken.CompareAndSwap(false, true) {
			i.commit([]*entry{e})
		}
	case <-ctx.Done():
		e.err = hook.Unavailable(ctx.Err())
		close(e.done)
	}
}

// commitAll commits an entry with what is queued behind it. Those whose
// callers went away are left out.
func (i *Ingest) commitAll(first *entry) {
	var group []*entry
	size := 0
	for e := first; e != nil; e, _ = i.queue.next() {
		if !e.taken.CompareAndSwap(false, true) {
			continue
		}
		group = append(group, e)
		if size += len(e.message.Raw); len(group) == groupRows || size >= groupBytes {
			break
		}
	}
	if len(group) > 0 {
		i.commit(group)
	}
}

// commit settles every entry of a group.
func (i *Ingest) commit(group []*entry) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	settle(group, true, func(part []*entry) error { return i.store.insertGroup(ctx, i.store.pool, part) },
		func(e *entry, err error) { e.err = wrap(err, "message") })
	for _, e := range group {
		close(e.done)
	}
	i.store.bell.ring()
}
