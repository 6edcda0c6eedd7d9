package main

import (
	"context"
	"sync"
	"time"
)

// closedLoop lets each sender send again as soon as it has its answer, until the
// window is over, and returns how long each took. The first error ends it.
func closedLoop(ctx context.Context, window time.Duration, senders []func() error) (*histogram, error) {
	end, took := time.Now().Add(window), newHistogram()
	return took, together(ctx, senders, func(send func() error) (more bool, err error) {
		began := time.Now()
		if began.After(end) {
			return false, nil
		}
		err = send()
		took.add(time.Since(began))
		return true, err
	})
}

// flood has the senders send so many things, as fast as they can.
func flood(ctx context.Context, count int, senders []func() error) error {
	tokens := make(chan struct{}, count)
	for range count {
		tokens <- struct{}{}
	}
	close(tokens)
	return together(ctx, senders, func(send func() error) (more bool, err error) {
		if _, more = <-tokens; more {
			err = send()
		}
		return more, err
	})
}

// together runs a step for all senders at once, each until there is no more.
func together(ctx context.Context, senders []func() error, step func(send func() error) (more bool, err error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, send := range senders {
		all.Go(func() {
			for more := true; more && ctx.Err() == nil; {
				var err error
				if more, err = step(send); err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// openLoop sends at a rate, whatever becomes of what was sent before: when a
// thing is due does not depend on how long others take. What is due while all
// senders are busy waits for one of them, and that is counted from when it was due.
func openLoop(ctx context.Context, rate int, window time.Duration, senders []func(due time.Time) error) error {
	free := make(chan func(time.Time) error, len(senders))
	for _, send := range senders {
		free <- send
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	begin := time.Now()
	for n := range int(window.Seconds() * float64(rate)) {
		due := begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			send := <-free
			defer func() { free <- send }()
			if ctx.Err() != nil {
				return
			}
			if err := send(due); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}
