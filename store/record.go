package store

import (
	"context"
	"encoding/json"
	"time"

	"posthorn/hook"
)

// Limits of a group of attempts that are recorded together.
const (
	recordRows    = 256
	recordWriters = 2
	recordLinger  = 20 * time.Millisecond
)

// Recording is an attempt that was made, with what follows from it for its
// delivery.
type Recording struct {
	Delivery *hook.Delivery
	Attempt  *hook.Attempt
	Outcome  hook.Outcome
	Dispatch hook.ID // the dispatch run that made it; zero: the delivery's own workflow
	Job      *Job    // its outbox row, which goes where no attempt is to follow; nil: none
	Lingers  bool    // nobody waits for it: others may join its transaction for a moment
}

// Recorded is what became of it.
type Recorded struct {
	First    bool // false: it was recorded before, and this changed nothing
	Waits    bool // the delivery waits for its next attempt, and its outbox row stays
	Failures int  // of the webhook in a row, with this group; 0 where none failed
	Disabled bool // the webhook was, by one of the group
}

// recording is one that is queued.
type recording struct {
	Recording
	header []byte
	phases []byte
	done   chan struct{} // closed once result and err are set
	result Recorded
	err    error
}

// recorder records attempts in groups: those that end at the same time share
// one transaction.
type recorder struct {
	store   *Store
	queue   queue[*recording]
	writing chan struct{} // holds as many as are written
}

func (r *recorder) start(s *Store) {
	r.store = s
	r.writing = make(chan struct{}, recordWriters)
	r.queue.start(1, r.recordAll)
}

// RecordAttempt writes an attempt and what follows from it, and counts it
// against its webhook. Where ctx ends first it is open whether that is done.
func (s *Store) RecordAttempt(ctx context.Context, r Recording) (Recorded, error) {
	header, err := json.Marshal(r.Attempt.ResponseHeader)
	if err != nil {
		return Recorded{}, err
	}
	phases, err := phasesRow(r.Attempt.Phases)
	if err != nil {
		return Recorded{}, err
	}
	e := &recording{Recording: r, header: header, phases: phases, done: make(chan struct{})}
	if err := s.recorder.queue.await(ctx, e, e.done); err != nil {
		return Recorded{}, err
	}
	return e.result, e.err
}

// alone reports whether recording the attempt sets others going, which takes
// locks of its own.
func (e *recording) alone() bool { return e.Delivery.Ordered || e.Attempt.Place }

// recordAll records an attempt with what is queued behind it. A statement
// cannot meet a delivery twice: the second attempt of one begins a new group.
// So does an attempt that is recorded alone, and whatever follows it.
func (r *recorder) recordAll(e *recording) {
	for e != nil {
		var group []*recording
		group, e = r.group(e)
		r.writing <- struct{}{}
		r.queue.done.Go(func() {
			defer func() { <-r.writing }()
			r.record(group)
		})
	}
}

// group gathers what is recorded with an attempt, and returns the one that
// begins the next group, if one was met.
func (r *recorder) group(e *recording) (group []*recording, next *recording) {
	of := map[hook.ID]bool{}
	end := time.NewTimer(recordLinger)
	defer end.Stop()
	for lingers := true; e != nil; e = r.next(lingers, end.C) {
		if of[e.Delivery.ID] || len(group) > 0 && e.alone() {
			return group, e
		}
		of[e.Delivery.ID] = true
		group = append(group, e)
		if e.alone() || len(group) == recordRows {
			return group, nil
		}
		lingers = lingers && e.Lingers
	}
	return group, nil
}

// next is what is queued first; where a group lingers, what comes until its end.
func (r *recorder) next(lingers bool, end <-chan time.Time) *recording {
	e, ok := r.queue.next()
	if ok || !lingers {
		return e
	}
	select {
	case e = <-r.queue.entries:
		return e
	case <-end:
	case <-r.queue.stop:
	}
	return nil
}

// record settles every attempt of a group.
func (r *recorder) record(group []*recording) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	settle(group, true, func(part []*recording) error { return r.store.recordGroup(ctx, part) },
		func(e *recording, err error) { e.err = wrap(err, "delivery") })
	ring := false
	for _, e := range group {
		if e.err == nil && e.result.First {
			r.store.metrics.Attempt(string(e.Attempt.Error), e.Attempt.Duration)
			ring = ring || !e.Attempt.Succeeded() || e.alone()
		}
		close(e.done)
	}
	if ring {
		r.store.bell.ring() // a failure can become an event, and another one may go now
	}
}

// milliseconds fits a duration into its column.
func milliseconds(d time.Duration) int32 { return int32(min(d.Milliseconds(), 1<<31-1)) }
