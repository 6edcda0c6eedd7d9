package limit

import (
	"math"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// bucket is what one replica knows of an endpoint's rate.
type bucket struct {
	endpoint    hook.ID
	rate, burst int
	ahead       int       // requests that are claimed and not used
	blocked     time.Time // until when nothing is there to claim
	promised    int       // requests that were told to come back, since blocked was set
	remaining   int       // as the last claim left it
	full        time.Time // when all of the burst is there again, likewise
	claiming    bool
	waiting     []chan outcome
}

// outcome is what a waiting request gets.
type outcome struct {
	decision Decision
	err      error
}

// share of the burst that may be claimed ahead, by all replicas together. The
// capacity is larger by as much, so that a whole burst is there for a replica
// that finds it claimed by others.
const share = 0.05

func (b *bucket) capacity() int { return b.burst + int(share*float64(b.burst)) }

// decide answers a request without asking the database, where that is possible.
func (b *bucket) decide(now time.Time) (Decision, bool) {
	if b.ahead > 0 {
		b.ahead--
		return b.admitted(now), true
	}
	if now.Before(b.blocked) {
		return b.refused(now), true
	}
	return Decision{}, false
}

func (b *bucket) admitted(now time.Time) Decision {
	return Decision{Admitted: true, Remaining: max(min(b.remaining+b.ahead, b.burst), 0), FullIn: max(b.full.Sub(now), 0)}
}

// refused tells a request when to come back: after those who were told before.
func (b *bucket) refused(now time.Time) Decision {
	wait := b.blocked.Sub(now) + time.Duration(b.promised)*b.every()
	b.promised++
	return Decision{RetryAfter: max(wait, 0), FullIn: max(b.full.Sub(now), 0)}
}

func (b *bucket) every() time.Duration { return time.Second / time.Duration(max(b.rate, 1)) }

// claim asks for those who wait, and a few ahead.
func (b *bucket) claim(waiting int) store.Claim {
	ahead := int(share / replicas * float64(b.burst))
	return store.Claim{EndpointID: b.endpoint, Rate: b.rate, Capacity: b.capacity(), Wanted: waiting + ahead}
}

// share gives what was granted to those who wait, the first first.
func (b *bucket) share(g store.Grant, c store.Claim, waiting int, err error, now time.Time) []outcome {
	outcomes := make([]outcome, waiting)
	if err != nil {
		for i := range outcomes {
			outcomes[i].err = err
		}
		return outcomes
	}
	every := float64(time.Second) / float64(c.Rate)
	b.full = now.Add(g.FullIn)
	b.remaining = int(math.Floor(float64(c.Capacity) - float64(g.FullIn)/every))
	b.ahead += max(g.Granted-waiting, 0)
	if g.Granted < c.Wanted {
		// One more is there once the time to be full has sunk to all but one.
		b.promised = 0
		b.blocked = now.Add(g.FullIn - time.Duration(every*float64(c.Capacity-1)))
	}
	for i := range outcomes {
		if i < g.Granted {
			outcomes[i].decision = b.admitted(now)
		} else {
			outcomes[i].decision = b.refused(now)
		}
	}
	return outcomes
}
