// Package limit admits requests at their endpoint's rate, over all replicas of
// the API together: over any T seconds at most burst + rate × T, within 10 %.
// The rate stands in PostgreSQL, in one row an endpoint, and is claimed for as
// many requests at once as wait. What a refusal looks like is the caller's.
package limit

import (
	"context"
	"sync"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// claimTimeout bounds one claim; the database may be away.
const claimTimeout = 5 * time.Second

// maxIdle bounds how many endpoints are remembered; beyond, those without
// requests under way are forgotten.
const maxIdle = 10_000

// replicas is for how many API replicas the share of requests that are claimed
// ahead is meant. With more of them the bound is missed by more than a tenth.
const replicas = 10

// Limiter admits requests. It is safe for use by many at once.
type Limiter struct {
	store   *store.Store
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	claims  sync.WaitGroup
	mu      sync.Mutex
	buckets map[hook.ID]*bucket
}

// Decision is the answer to one request.
type Decision struct {
	Admitted   bool
	RetryAfter time.Duration // of a request that is not admitted
	Remaining  int           // requests that could follow at once, as last known
	FullIn     time.Duration // until all of the burst is there again, as last known
}

// New returns a limiter over the rates in a database.
func New(s *store.Store) *Limiter {
	ctx, cancel := context.WithCancel(context.Background())
	return &Limiter{store: s, ctx: ctx, cancel: cancel, buckets: map[hook.ID]*bucket{}}
}

// Close ends what is under way. Requests that wait get an error.
func (l *Limiter) Close() {
	l.cancel()
	l.claims.Wait()
}

// Admit decides about one request to an endpoint. Its errors are the
// database's, or ctx's.
func (l *Limiter) Admit(ctx context.Context, e *hook.Endpoint) (Decision, error) {
	l.mu.Lock()
	b := l.bucket(e)
	if d, ok := b.decide(time.Now()); ok {
		l.mu.Unlock()
		return d, nil
	}
	w := make(chan outcome, 1)
	b.waiting = append(b.waiting, w)
	if !b.claiming {
		b.claiming = true
		l.claims.Go(func() { l.claim(b) })
	}
	l.mu.Unlock()
	select {
	case o := <-w:
		return o.decision, o.err
	case <-ctx.Done():
		// What it is granted is lost, as if it had been admitted.
		return Decision{}, ctx.Err()
	}
}

// bucket finds or makes an endpoint's bucket, and brings its settings up to date.
func (l *Limiter) bucket(e *hook.Endpoint) *bucket {
	b, ok := l.buckets[e.ID]
	if !ok {
		if len(l.buckets) >= maxIdle {
			l.forget()
		}
		b = &bucket{endpoint: e.ID}
		l.buckets[e.ID] = b
	}
	if b.rate != e.RateLimit || b.burst != e.Burst {
		b.rate, b.burst, b.blocked = e.RateLimit, e.Burst, time.Time{}
	}
	return b
}

func (l *Limiter) forget() {
	for id, b := range l.buckets {
		if !b.claiming {
			delete(l.buckets, id)
		}
	}
}

// claim asks the database for those who wait, until nobody does: one claim at
// a time for each endpoint and replica.
func (l *Limiter) claim(b *bucket) {
	for {
		l.mu.Lock()
		waiting := b.waiting
		b.waiting = nil
		if len(waiting) == 0 {
			b.claiming = false
			l.mu.Unlock()
			return
		}
		c := b.claim(len(waiting))
		l.mu.Unlock()

		ctx, cancel := context.WithTimeout(l.ctx, claimTimeout)
		grant, err := l.store.ClaimRate(ctx, c)
		cancel()

		l.mu.Lock()
		outcomes := b.share(grant, c, len(waiting), err, time.Now())
		l.mu.Unlock()
		for i, w := range waiting {
			w <- outcomes[i]
		}
	}
}
