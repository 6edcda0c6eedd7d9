package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// arrivals are the events of a load and what receivers got of them.
type arrivals struct {
	patience time.Duration // how long nothing may come before what is missing is lost

	mu      sync.Mutex
	list    map[string]*arrival
	missing int       // events that have not come
	latest  time.Time // when something came
}

// arrival is an event on its way: it is to come to each of its receivers at
// least once, always with the same body.
type arrival struct {
	holds string   // what its body must contain
	times []uint16 // it came, by receiver

	due, accepted time.Time
	refused       time.Time // answered with an error; zero: it was not
	retried       time.Time // came after that
	last          time.Time // when it had come to all
	missing       int       // receivers
	body          [sha256.Size]byte
	altered       bool
	came          chan struct{} // closed when it had come to all
}

func newArrivals() *arrivals {
	return &arrivals{patience: sweepAfter + time.Minute, list: map[string]*arrival{}}
}

func (a *arrivals) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list, a.missing = map[string]*arrival{}, 0
}

// expect is called before an event is posted.
func (a *arrivals) expect(id, holds string, receivers int, due time.Time) *arrival {
	e := &arrival{holds: holds, times: make([]uint16, receivers), missing: receivers, due: due, came: make(chan struct{})}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list[id] = e
	a.missing++
	a.latest = time.Now()
	return e
}

// accepted is called with the answer that an event is accepted.
func (a *arrivals) accepted(e *arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.accepted = time.Now()
}

// refuse reports whether this is the first attempt at an event, which the
// receiver is to answer with an error.
func (a *arrivals) refuse(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.list[id]
	if e == nil || !e.refused.IsZero() {
		return false
	}
	e.refused, a.latest = time.Now(), time.Now()
	return true
}

// arrived is called when an event has come to one of its receivers. What is not
// of this load is left aside.
func (a *arrivals) arrived(id string, receiver int, body []byte) {
	now, sum := time.Now(), sha256.Sum256(body)
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.list[id]
	if e == nil || receiver >= len(e.times) {
		return
	}
	a.latest = now
	if e.body == [sha256.Size]byte{} {
		e.body, e.altered = sum, !strings.Contains(string(body), e.holds)
	}
	e.altered = e.altered || e.body != sum
	if !e.refused.IsZero() && e.retried.IsZero() {
		e.retried = now
	}
	if e.times[receiver]++; e.times[receiver] > 1 {
		return
	}
	if e.missing--; e.missing == 0 {
		e.last = now
		a.missing--
		close(e.came)
	}
}

// settle waits until every event has come, and returns an error that says what
// was lost or altered. It calls stalled once where nothing comes for seconds:
// what comes after all, because the sweeper finds it, is late but not lost.
func (a *arrivals) settle(ctx context.Context, stalled func(missing int)) error {
	told := false
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, quiet := a.left()
		if missing == 0 || quiet > a.patience {
			return a.check()
		}
		if quiet > 5*time.Second && !told {
			told = true
			stalled(missing)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// some are ids of events that have not come, at most five.
func (a *arrivals) some() (ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, e := range a.list {
		if e.missing > 0 && len(ids) < 5 {
			ids = append(ids, id)
		}
	}
	return ids
}

// left counts what has not come, and says for how long nothing has.
func (a *arrivals) left() (events int, quiet time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.missing, time.Since(a.latest)
}

func (a *arrivals) check() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var lost, altered []string
	for id, e := range a.list {
		if e.missing > 0 {
			lost = append(lost, fmt.Sprintf("%s (accepted %s, to %d of %d receivers)", id, e.accepted.Format(time.TimeOnly), len(e.times)-e.missing, len(e.times)))
		}
		if e.altered {
			altered = append(altered, id)
		}
	}
	return errors.Join(a.loud("LOST", lost, fmt.Sprintf("did not come, and nothing did for %s", a.patience)),
		a.loud("ALTERED", altered, "came with another body than it was published with, or with several"))
}

// loud is nil where the list is empty.
func (a *arrivals) loud(what string, list []string, happened string) error {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return fmt.Errorf("%s: %d of %d events %s: %s", what, len(list), len(a.list), happened, strings.Join(list[:min(len(list), 5)], ", "))
}
