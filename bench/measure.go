package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

// measure runs a load, waits until every event has come, and returns what that
// gave.
func (l *loader) measure(ctx context.Context, name string, load func(context.Context) error) (result, error) {
	l.bench.note("%s %s %s", l.bench.scenario, l.config.Dispatch, name)
	l.reset()
	before, began := l.use(), time.Now()
	if err := load(ctx); err != nil {
		return result{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := l.wait(ctx); err != nil {
		return result{}, fmt.Errorf("%s: %w", name, err)
	}
	took, used := time.Since(began), since(before, l.use())
	r := l.result()
	r.Dispatch, r.Load = l.config.Dispatch, name
	r.PerSecond, r.CPU = float64(r.Events)/took.Seconds(), each(used, r.Events)
	return r, nil
}

// result are the times and counts of what came. Times are from the answer that
// an event is accepted to its arrival at the last of its receivers and, so that
// a queue before the API counts, from when it was due.
func (a *arrivals) result() result {
	accept, due := newHistogram(), newHistogram()
	a.mu.Lock()
	defer a.mu.Unlock()
	r := result{Events: int64(len(a.list))}
	for _, e := range a.list {
		accept.add(e.last.Sub(e.accepted))
		due.add(e.last.Sub(e.due))
		for _, n := range e.times {
			r.Again += int(n) - 1
		}
	}
	r.Times = []times{accept.times("accept → arrival"), due.times("due → arrival")}
	return r
}

// watched measures a load after a warm-up, with what the flags ask for: a
// profile of the first one, and the statements of each.
func (l *loader) watched(ctx context.Context, name string, load func(context.Context, time.Duration) error) (r result, err error) {
	window := l.bench.window()
	run := func(window time.Duration) func(context.Context) error {
		return func(ctx context.Context) error { return load(ctx, window) }
	}
	if _, err := l.measure(ctx, "warm-up of "+name, run(window/3)); err != nil {
		return r, err
	}
	if err := l.resetStatements(ctx); err != nil {
		return r, err
	}
	stop, err := l.bench.profile()
	if err != nil {
		return r, err
	}
	r, err = l.measure(ctx, name, run(window))
	stop()
	if err != nil {
		return r, err
	}
	return r, l.printStatements(ctx)
}

// profile starts a CPU profile where one is asked for, once.
func (b *bench) profile() (stop func(), err error) {
	if b.Profile == "" || b.profiled {
		return func() {}, nil
	}
	b.profiled = true
	file, err := os.Create(b.Profile)
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = file.Close() }, pprof.StartCPUProfile(file)
}
