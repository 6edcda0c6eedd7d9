package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// closedLoop lets each sender send again as soon as it has its answer, and
// returns how long each took, sorted. The first error ends it.
func closedLoop(ctx context.Context, window time.Duration, senders []func() error) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end := time.Now().Add(window)
	lists := make([][]time.Duration, len(senders))
	var all sync.WaitGroup
	for i, send := range senders {
		all.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				if began.After(end) {
					return
				}
				if err := send(); err != nil {
					cancel(err)
					return
				}
				lists[i] = append(lists[i], time.Since(began))
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	took := slices.Concat(lists...)
	slices.Sort(took)
	return took, nil
}

// milliseconds is a quantile of sorted times.
func milliseconds(sorted []time.Duration, quantile float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(int(quantile*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}
