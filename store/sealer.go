package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"posthorn/hook"
	"posthorn/store/db"
)

// Limits of a group of messages that are marked as archived together.
const (
	sealRows     = 256
	sealBytes    = 4 << 20
	sealFlushers = 2
)

// Sealing is a message that lies in WORM storage, and what follows from that.
type Sealing struct {
	*hook.Message
	Attachments []Attached
	Content     []byte // what was made of the body, JSON
	Events      []hook.Event
	Dispatch    hook.ID // the run that sealed it; zero: the message's own workflow
}

// sealing is one that is queued.
type sealing struct {
	Sealing
	first bool
	done  chan struct{} // closed once first and err are set
	err   error
}

// sealer marks messages in groups: those that are sealed at the same time share
// one transaction.
type sealer struct {
	store *Store
	queue queue[*sealing]
}

func (r *sealer) start(s *Store) {
	r.store = s
	r.queue.start(sealFlushers, r.sealAll)
}

// Archived records where a message lies in WORM storage and publishes the
// events that it became, in one transaction. It reports false where that was
// done before. Where ctx ends first it is open whether it is done.
func (s *Store) Archived(ctx context.Context, of Sealing) (first bool, err error) {
	e := &sealing{Sealing: of, done: make(chan struct{})}
	if err := s.sealer.queue.await(ctx, e, e.done); err != nil {
		return false, err
	}
	return e.first, e.err
}

// ArchivedTogether does as Archived for several at once. Where some cannot be
// recorded the error is of one of them; the others are.
func (s *Store) ArchivedTogether(ctx context.Context, list []Sealing) (err error) {
	entries := convert(list, func(of Sealing) *sealing { return &sealing{Sealing: of, done: make(chan struct{})} })
	for _, e := range entries {
		if err := s.sealer.queue.put(ctx, e); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if waitErr := wait(ctx, e.done); waitErr != nil {
			return waitErr
		}
		err = cmp.Or(err, e.err)
	}
	return err
}

// alone reports whether a message tells transitions: which of them are new is
// found by locks that a group would take in any order.
func (e *sealing) alone() bool {
	return slices.ContainsFunc(e.Events, func(e hook.Event) bool { return e.Transition != nil })
}

// sealAll marks a message with what is queued behind it. A statement cannot
// meet a message twice: the second time begins a new group. So does a message
// that is alone, and whatever follows it.
func (r *sealer) sealAll(first *sealing) {
	for e := first; e != nil; {
		var group []*sealing
		of, size := map[hook.ID]bool{}, 0
		for e != nil && len(group) < sealRows && size < sealBytes && !of[e.ID] && (len(group) == 0 || !e.alone() && !group[0].alone()) {
			of[e.ID] = true
			group = append(group, e)
			size += e.size()
			e, _ = r.queue.next()
		}
		r.seal(group)
	}
}

// size is about how large the statement gets, in bytes.
func (e *sealing) size() int {
	n := len(e.Content)
	for i := range e.Events {
		n += len(e.Events[i].Data)
	}
	return n
}

// seal settles every message of a group.
func (r *sealer) seal(group []*sealing) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	var all made
	settle(group, true, func(part []*sealing) error {
		m, err := r.store.sealGroup(ctx, part)
		if err == nil {
			all.add(m)
		}
		return err
	}, func(e *sealing, err error) { e.err = wrap(err, "message") })
	for _, e := range group {
		if e.first && e.err == nil {
			r.store.metrics.Sealed()
		}
		close(e.done)
	}
	r.store.committed(all)
}

func (s *Store) sealGroup(ctx context.Context, group []*sealing) (m made, err error) {
	group = slices.Clone(group)
	slices.SortFunc(group, func(a, b *sealing) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	err = s.tx(ctx, func(q *db.Queries) error {
		firsts, err := setArchived(ctx, q, group)
		if err != nil {
			return err
		}
		var events []*hook.Event
		for _, e := range group {
			if e.first = slices.Contains(firsts, e.ID); !e.first {
				continue
			}
			for _, a := range e.Attachments {
				if err := q.UpsertAttachment(ctx, attachmentRow(e.Message, a)); err != nil {
					return err
				}
			}
			fresh, err := unseen(ctx, q, e.Message, e.Events)
			if err != nil {
				return err
			}
			events = append(events, fresh...)
		}
		if m, err = publish(ctx, q, events...); err != nil {
			return err
		}
		return q.DeleteBodies(ctx, firsts)
	})
	return m, err
}

func setArchived(ctx context.Context, q *db.Queries, group []*sealing) ([]hook.ID, error) {
	var p db.SetArchivedParams
	for _, e := range group {
		at := e.Location
		p.Ids, p.Payloads, p.Retain = append(p.Ids, e.ID), append(p.Payloads, e.Content), append(p.Retain, e.RetainUntil)
		p.ObjectKeys, p.VersionIds = append(p.ObjectKeys, at.Key), append(p.VersionIds, at.VersionID)
		p.Offsets, p.Lengths = append(p.Offsets, at.Offset), append(p.Lengths, at.Length)
		p.Dispatches = append(p.Dispatches, e.Dispatch)
	}
	return q.SetArchived(ctx, p)
}
