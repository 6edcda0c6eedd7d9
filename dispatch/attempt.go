package dispatch

import (
	"time"

	"posthorn/hook"
)

// idleTime is how long a webhook is remembered that has nothing to attempt.
const idleTime = 10 * time.Minute

// ageEvery is how often it is looked for what hangs.
const ageEvery = 50 * time.Millisecond

// Pass says whether an attempt may be made now.
type Pass struct {
	Admitted bool
	Slow     bool          // not here: among those that hang
	Wait     time.Duration // else: ask again then
}

// Enter asks for a workflow, which may have been given the attempt by Take,
// whether it may be made. slowLane says that it is asked among those that hang.
// What is admitted is under way until Done.
func (s *Schedule) Enter(now time.Time, delivery hook.ID, w *hook.Webhook, slowLane bool) Pass {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age(now)
	l := s.lane(now, w.ID)
	a := l.underWay[delivery]
	if a != nil {
		a.since = now
	} else {
		l.knows(w.Generation, w.DisableAfter, w.ConsecutiveFailures)
	}
	switch {
	case l.slow && !slowLane:
		return Pass{Slow: true}
	case a != nil:
		a.claimed = false
		return Pass{Admitted: true}
	case l.room(now) == 0:
		return Pass{Wait: l.promise(now)}
	}
	a = &attempt{since: now, slow: l.slow, gathers: l.gathers}
	l.underWay[delivery] = a
	s.count(a, 1)
	return Pass{Admitted: true}
}

// promise spreads those who find no room over the time that it takes.
func (l *lane) promise(now time.Time) time.Duration {
	each := max(l.latency, 5*time.Millisecond) / time.Duration(max(1, min(l.limit, l.disableAfter-1-l.failures)))
	if l.promised.Before(now.Add(proof)) {
		l.promised = now.Add(proof)
	}
	l.promised = l.promised.Add(each)
	return min(l.promised.Sub(now), time.Minute)
}

// Result is how an attempt ended.
type Result struct {
	Made     bool // false: it was given up before it was made
	Took     time.Duration
	Failures int // of the webhook in a row, with it; 0 where it succeeded
	Failed   bool
}

// Done ends what Take or Enter began, once it is recorded.
func (s *Schedule) Done(now time.Time, webhook, delivery hook.ID, r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lane(now, webhook)
	if a := l.underWay[delivery]; a != nil {
		delete(l.underWay, delivery)
		s.count(a, -1)
	}
	if r.Made {
		l.learn(r.Took)
		l.failures = r.Failures
		if r.Failed {
			l.failed = now
		}
	}
	s.wake()
}

// Learn tells the settings of a webhook and, where nothing of it is under way,
// its count of failures.
func (s *Schedule) Learn(now time.Time, w *hook.Webhook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lane(now, w.ID).knows(w.Generation, w.DisableAfter, w.ConsecutiveFailures)
}

// Healthy reports whether a webhook has no failure in a row, as far as is known.
func (s *Schedule) Healthy(webhook hook.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[webhook]
	return l != nil && l.failures == 0
}

// age finds the attempts that hang: they leave their slots, and their webhook
// goes on among those that hang. What a workflow has not begun in time runs
// elsewhere, or its row is read again.
func (s *Schedule) age(now time.Time) {
	if now.Sub(s.aged) < ageEvery {
		return
	}
	s.aged = now
	for id, l := range s.lanes {
		for delivery, a := range l.underWay {
			switch past := now.Sub(a.since); {
			case a.claimed && past > claimTime:
				delete(l.underWay, delivery)
				s.count(a, -1)
			case !a.claimed && !l.gathers && past >= Slow:
				s.count(a, -1)
				a.slow, a.gathers = true, false
				s.count(a, 1)
				l.hang(now, a.since)
			}
		}
		if len(l.underWay) == 0 && len(l.queue) == 0 && !l.behind && now.Sub(l.used) > idleTime {
			delete(s.lanes, id)
		}
	}
}
