package dispatch

import (
	"time"

	"posthorn/hook"
)

// lane is what is known of one webhook.
type lane struct {
	queue    []waiting
	behind   bool // more of it waits in the outbox
	underWay map[hook.ID]*attempt

	answered bool // at least once
	latency  time.Duration
	limit    int // attempts at once: it grows with each answer that comes fast
	slow     bool
	gathers  bool // many of it are done together: see Gather

	generation, disableAfter int
	failures                 int // in a row
	failed                   time.Time
	promised                 time.Time // until when others were sent away for want of room
	used                     time.Time
}

// waiting is a first attempt in the queue.
type waiting struct {
	hook.Job
	since time.Time
}

// attempt is one under way.
type attempt struct {
	since   time.Time
	claimed bool // by a workflow that has not begun it
	slow    bool // counted among those that hang
	gathers bool // not counted
}

func newLane() *lane {
	return &lane{underWay: map[hook.ID]*attempt{}, limit: firstRoom, disableAfter: hook.MaxInFlight + 1}
}

// room is how many attempts may begin beside those under way: fewer as the
// webhook gets slower, and never so many that they disable it together. The one
// that could disable it comes alone, and not at once after a failure: an outage
// of some milliseconds is over by then.
func (l *lane) room(now time.Time) int {
	if l.gathers {
		return max(0, gatherRoom-len(l.underWay))
	}
	limit := min(l.limit, hook.MaxInFlight)
	if l.slow {
		limit = min(max(slowRoom, int(hook.MaxInFlight*Slow/max(l.latency, Slow))), limit)
	}
	spare := l.disableAfter - 1 - l.failures
	if spare < 1 {
		spare = 1
		if l.failures > 0 && now.Sub(l.failed) < proof {
			return 0
		}
	}
	return max(0, min(limit, spare)-len(l.underWay))
}

// learn takes from an attempt how fast the webhook answers.
func (l *lane) learn(took time.Duration) {
	switch {
	case !l.answered:
		l.answered, l.latency = true, took
	case took < Slow/2 && l.slow:
		l.latency = took // it has recovered
	default:
		l.latency += (took - l.latency) / 8
	}
	if took >= Slow {
		l.latency = max(l.latency, Slow)
	}
	if l.slow = l.latency >= Slow && !l.gathers; l.slow {
		l.limit = hook.MaxInFlight
		return
	}
	if took < Slow/2 {
		l.limit = min(l.limit*2, hook.MaxInFlight)
	}
}

// hang notes that an attempt hangs.
func (l *lane) hang(now time.Time, since time.Time) {
	l.slow, l.latency, l.limit = true, max(l.latency, now.Sub(since)), hook.MaxInFlight
}

// knows takes the webhook's settings, and its count of failures where no
// attempt is under way that may change it.
func (l *lane) knows(generation, disableAfter, failures int) {
	l.disableAfter = disableAfter
	if l.generation != generation || len(l.underWay) == 0 {
		l.generation, l.failures = generation, failures
	}
}

// window counts what arrives within a second.
type window struct {
	begun     time.Time
	now, last int
}

func (w *window) turn(now time.Time) {
	switch past := now.Sub(w.begun); {
	case past >= 2*time.Second:
		w.begun, w.now, w.last = now, 0, 0
	case past >= time.Second:
		w.begun, w.now, w.last = w.begun.Add(time.Second), 0, w.now
	}
}

func (w *window) add(now time.Time, n int) {
	w.turn(now)
	w.now += n
}

// rate is how many came within the last second, about.
func (w *window) rate(now time.Time) int {
	w.turn(now)
	left := max(0, time.Second-now.Sub(w.begun))
	return w.now + int(int64(w.last)*int64(left)/int64(time.Second))
}
