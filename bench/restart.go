package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

type restartCommand struct {
	Kills    int           `default:"3" help:"How often the worker is killed."`
	Rate     int           `default:"100" help:"Events a second."`
	Down     time.Duration `default:"1s" help:"How long no worker runs after that."`
	Webhooks int           `default:"8" help:"Webhooks that the events go to, one each."`
	Dispatch []string      `default:"adaptive,workflow" enum:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
}

// Run kills the worker with SIGKILL under load and starts it again. What was on
// its way comes again or for the first time, and nothing may be lost.
func (c *restartCommand) Run(ctx context.Context, b *bench) error {
	b.begin("restart", "%d events/s; the worker is killed (SIGKILL) and %s later started again", c.Rate, c.Down)
	for _, dispatch := range c.Dispatch {
		if err := c.under(ctx, b, dispatch); err != nil {
			return fmt.Errorf("%s: %w", dispatch, err)
		}
	}
	return b.end()
}

func (c *restartCommand) under(ctx context.Context, b *bench, dispatch string) error {
	p, err := b.start(ctx, dispatch, roleAPI, roleWorker)
	if err != nil {
		return err
	}
	defer p.stop()
	l := newLoader(p, "bench.", c.Webhooks, 1024)
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	window := max(b.window(), c.Down+3*time.Second)
	if _, err := l.measure(ctx, "warm-up", func(ctx context.Context) error { return l.open(ctx, c.Rate, window/3) }); err != nil {
		return err
	}
	for n := range c.Kills {
		var killed, restarted time.Time
		r, err := l.measure(ctx, fmt.Sprintf("kill %d", n+1), func(context.Context) error {
			group, loading := errgroup.WithContext(ctx)
			group.Go(func() error { return l.open(loading, c.Rate, window) })
			group.Go(func() error {
				time.Sleep(window / 4)
				killed = time.Now()
				p.process(roleWorker).kill()
				time.Sleep(c.Down)
				restarted = time.Now()
				return p.run(ctx, roleWorker) // it outlives the load
			})
			return group.Wait()
		})
		if err != nil {
			return err
		}
		r.CPU = nil // a process that is killed takes its account with it
		first, all := l.afterRestart(killed, restarted)
		r.Figures = []figure{
			{Name: "deliveries go on after", Value: first.Seconds(), Unit: "s", Goal: "at most 1"},
			{Name: "all of before after", Value: all.Seconds(), Unit: "s"},
		}
		b.report(r)
	}
	return nil
}

// afterRestart is how long after the restart the first event came that had
// been accepted while no worker ran, and the last of those accepted before it.
func (a *arrivals) afterRestart(killed, restarted time.Time) (first, all time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.list {
		if !e.accepted.Before(restarted) || e.last.Before(restarted) {
			continue
		}
		took := e.last.Sub(restarted)
		all = max(all, took)
		if e.accepted.After(killed) && (first == 0 || took < first) {
			first = took
		}
	}
	return first, all
}
