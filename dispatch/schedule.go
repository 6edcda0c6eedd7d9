// Package dispatch decides which delivery is attempted next, and which one has
// to wait: webhooks take turns, and one that hangs or fails is kept from holding
// up the others. It does nothing by itself: what is to be attempted is put in,
// and taken out by those who make the attempts.
package dispatch

import (
	"sync"
	"time"

	"posthorn/hook"
)

// The limits of one worker.
const (
	Slots     = 256         // first attempts at once, of webhooks that answer
	SlowSlots = Slots / 4   // attempts at once of webhooks that hang
	Slow      = time.Second // an attempt that takes longer hangs

	queueRows  = 256 // first attempts of one webhook that wait in memory
	refillRows = 64  // where fewer are left, and more wait in the outbox, they are read
	firstRoom  = 4   // attempts at once of a webhook that did not answer yet
	slowRoom   = 2   // of one that hangs, at least
	gatherRoom = 512 // of one whose are done together

	claimTime = 10 * time.Second // what was handed to a workflow has begun by then, or runs elsewhere
	proof     = 250 * time.Millisecond
	streamAt  = 20               // deliveries/s, above which first attempts are streamed
	openTime  = 10 * time.Second // for a run to begin: where Temporal is slow, a workflow each would be slower still
)

// Path is how an attempt is made.
type Path int

// In a dispatch run, or by a workflow of the delivery's own.
const (
	Stream Path = iota
	Workflow
)

// Schedule is what one worker has to attempt. It is safe for use by many at
// once. Times are given to it.
type Schedule struct {
	mu     sync.Mutex
	alone  bool // nothing is streamed
	lanes  map[hook.ID]*lane
	turns  []*lane // those with a queue, in turn
	fast   int     // attempts under way that do not hang
	slow   int     // and that do
	paced  window  // how many arrive
	queued int     // in all lanes
	open   int     // dispatch runs that take
	aged   time.Time

	ready map[Path]chan struct{}
	more  chan struct{}
}

// New returns an empty schedule. With alone set every delivery is attempted by
// a workflow of its own.
func New(alone bool) *Schedule {
	return &Schedule{
		alone: alone, lanes: map[hook.ID]*lane{}, more: make(chan struct{}, 1),
		ready: map[Path]chan struct{}{Stream: make(chan struct{}, 1), Workflow: make(chan struct{}, 1)},
	}
}

// Ready is signalled when there may be something to take on a path.
func (s *Schedule) Ready(p Path) <-chan struct{} { return s.ready[p] }

// More is signalled when a webhook has room for rows that wait in the outbox.
func (s *Schedule) More() <-chan struct{} { return s.more }

// Add queues a first attempt. It answers false where its webhook has enough in
// memory: the row stays in the outbox, to be read when there is room.
func (s *Schedule) Add(now time.Time, j hook.Job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lane(now, j.SubjectID)
	l.knows(j.Generation, j.DisableAfter, j.Failures)
	if len(l.queue) >= queueRows {
		l.behind = true
		return false
	}
	s.paced.add(now, 1)
	l.queue = append(l.queue, waiting{j, now})
	s.queued++
	if len(l.queue) == 1 {
		s.turns = append(s.turns, l)
	}
	s.wake()
	return true
}

// Full reports whether a webhook has enough in memory.
func (s *Schedule) Full(webhook hook.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[webhook]
	return l != nil && len(l.queue) >= refillRows
}

// Streaming reports whether so much arrives, or waits, that it is to be
// streamed.
func (s *Schedule) Streaming(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streaming(now)
}

func (s *Schedule) streaming(now time.Time) bool {
	if s.alone {
		return false
	}
	at := streamAt
	if s.open > 0 {
		at /= 2 // it does not begin and end with every swing
	}
	return max(s.paced.rate(now), s.queued) > at
}

// Open tells that a dispatch run begins to take, Close that it takes no more.
func (s *Schedule) Open() { s.opened(1) }

// Close undoes Open.
func (s *Schedule) Close() { s.opened(-1) }

func (s *Schedule) opened(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += n
	s.wake()
}

// Take takes the next first attempts for a path, at most limit: a webhook after
// the other, one of each in a turn. Each is under way until Done. Where more
// are queued, wait is the time after which to look again at the latest; 0: when
// Ready says so.
func (s *Schedule) Take(now time.Time, p Path, limit int) (jobs []hook.Job, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age(now)
	streaming := s.streaming(now)
	for passed := 0; len(jobs) < limit && passed < len(s.turns); {
		l := s.turns[0]
		s.turns = s.turns[1:]
		if !s.may(l, now, p, streaming) {
			s.turns = append(s.turns, l)
			passed++
			continue
		}
		passed = 0
		j := l.queue[0].Job
		l.queue = l.queue[1:]
		s.queued--
		a := &attempt{since: now, claimed: p == Workflow, slow: l.slow, gathers: l.gathers}
		l.underWay[j.Ref] = a
		s.count(a, 1)
		jobs = append(jobs, j)
		if len(l.queue) > 0 {
			s.turns = append(s.turns, l)
		}
		if l.behind && len(l.queue) < refillRows {
			l.behind = false
			signal(s.more)
		}
	}
	if len(s.turns) > 0 {
		wait = 50 * time.Millisecond
	}
	return jobs, wait
}

// may reports whether a webhook's next attempt may be made on a path now.
func (s *Schedule) may(l *lane, now time.Time, p Path, streaming bool) bool {
	if l.room(now) == 0 || !l.gathers && (l.slow && s.slow >= SlowSlots || !l.slow && s.fast >= Slots) {
		return false
	}
	next := l.queue[0]
	alone := s.alone || l.slow || !next.Streamable || s.open == 0 && (!streaming || now.Sub(next.since) > openTime)
	return alone == (p == Workflow)
}

func (s *Schedule) count(a *attempt, n int) {
	switch {
	case a.gathers:
	case a.slow:
		s.slow += n
	default:
		s.fast += n
	}
}

// Gather says whether what comes of a subject is done together: so much of it is
// under way at once that a group comes together, and that it takes long says
// nothing of the subject.
func (s *Schedule) Gather(now time.Time, subject hook.ID, gathers bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lane(now, subject)
	if l.gathers == gathers {
		return
	}
	if l.gathers = gathers; gathers {
		l.slow = false
	}
	s.wake()
}

func (s *Schedule) lane(now time.Time, webhook hook.ID) *lane {
	l := s.lanes[webhook]
	if l == nil {
		l = newLane()
		s.lanes[webhook] = l
	}
	l.used = now
	return l
}

// wake tells those who take that there may be something.
func (s *Schedule) wake() {
	if len(s.turns) > 0 {
		signal(s.ready[Stream])
		signal(s.ready[Workflow])
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Drop empties the queue, where others may read its rows now, and returns what
// was in it. What is under way goes on.
func (s *Schedule) Drop() (jobs []hook.Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.turns {
		for _, w := range l.queue {
			jobs = append(jobs, w.Job)
		}
		l.queue, l.behind = nil, false
	}
	s.turns, s.queued = nil, 0
	return jobs
}
