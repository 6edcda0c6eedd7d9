package store

import (
	"context"
	"sync"

	"posthorn/hook"
)

// queue hands what callers bring at the same time to a few flushers: whatever
// is queued when one is done with a group makes its next. Waiting for more
// would gain nothing.
type queue[E any] struct {
	entries chan E
	stop    chan struct{}
	done    sync.WaitGroup
}

// queueRows is how many entries wait; beyond, callers wait to queue.
const queueRows = 4096

// start starts flushers, each of which is given the first entry of a group, and
// takes what is to go with it by next.
func (q *queue[E]) start(flushers int, group func(first E)) {
	q.entries, q.stop = make(chan E, queueRows), make(chan struct{})
	for range flushers {
		q.done.Go(func() {
			for e, ok := q.wait(); ok; e, ok = q.wait() {
				group(e)
			}
		})
	}
}

// await queues an entry and waits until it is done. An error means that ctx
// ended first: it is open whether the entry is, or will be, done.
func (q *queue[E]) await(ctx context.Context, e E, done <-chan struct{}) error {
	if err := q.put(ctx, e); err != nil {
		return err
	}
	return wait(ctx, done)
}

// put queues an entry.
func (q *queue[E]) put(ctx context.Context, e E) error {
	select {
	case q.entries <- e:
		return nil
	case <-ctx.Done():
		return hook.Unavailable(ctx.Err())
	}
}

// wait waits until an entry is done.
func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return hook.Unavailable(ctx.Err())
	}
}

// close has the flushers finish what is queued, and waits for them. Nothing may
// be queued any more.
func (q *queue[E]) close() {
	close(q.stop)
	q.done.Wait()
}

func (q *queue[E]) wait() (e E, ok bool) {
	select {
	case e = <-q.entries:
		return e, true
	case <-q.stop:
		return q.next()
	}
}

// next is what is queued first, if something is.
func (q *queue[E]) next() (e E, ok bool) {
	select {
	case e = <-q.entries:
		return e, true
	default:
		return e, false
	}
}
