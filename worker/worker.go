// Package worker runs the workflows and activities, and the two loops that
// feed them from PostgreSQL: the starter, which starts workflows for rows of the
// outbox, or has many of them done together, and the sweeper, which finds what
// got lost on the way. Nothing else starts workflows of messages and deliveries. Beside them the indexer
// makes messages findable, and the pruner deletes what has expired.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"posthorn/activities"
	"posthorn/dispatch"
	"posthorn/store"
	"posthorn/workflows"
)

// Config is what a worker needs.
type Config struct {
	Client     client.Client // shared with the starter, so that tasks can be handed over at once
	Store      *store.Store
	Activities *activities.Activities
	Alone      bool          // each message and delivery has a workflow of its own, always
	SweepAfter time.Duration // how long something may be overdue; 0: two minutes
	Log        *slog.Logger
}

// DefaultSweepAfter is how long a message or a delivery may be overdue before
// the sweeper looks for its workflow.
const DefaultSweepAfter = 2 * time.Minute

// stopTimeout is how long running work may go on when the worker stops.
const stopTimeout = 6 * time.Second

// Run works until the context is done. Then it takes nothing new, lets running
// work end for a while, and cuts off the rest: an attempt that is cut off is
// none, and is made again by whoever goes on.
func Run(ctx context.Context, c Config) error {
	if c.SweepAfter == 0 {
		c.SweepAfter = DefaultSweepAfter
	}
	s := newStarter(c)
	c.Activities.Schedule, c.Activities.Sealing, c.Activities.Settle = dispatch.New(c.Alone), dispatch.New(c.Alone), s.settle
	var started []worker.Worker
	defer func() { stopAll(started) }()
	for _, w := range workers(c, s.queue) {
		if err := w.Start(); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
		started = append(started, w)
	}
	c.Store.HandOver(s.takeOver)
	defer c.Store.HandOver(nil)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.read(ctx) })
	for _, f := range s.feeds() {
		group.Go(func() error { return f.work(ctx) })
	}
	group.Go(func() error { return s.dropAll(ctx) })
	for range startsAtOnce {
		group.Go(func() error { s.startAll(ctx); return nil })
	}
	group.Go(func() error { return sweep(ctx, c) })
	group.Go(func() error { return index(ctx, c) })
	group.Go(func() error { return prune(ctx, c) })
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// workers are three: one for all that any worker may do, one for attempts to
// webhooks that hang, so that they keep up nothing else, and one for the
// dispatch runs, which only the owner of the shards can do.
func workers(c Config, queue string) []worker.Worker {
	all := worker.New(c.Client, workflows.TaskQueue, worker.Options{
		WorkerStopTimeout:                       stopTimeout,
		MaxConcurrentWorkflowTaskExecutionSize:  500,
		MaxConcurrentWorkflowTaskPollers:        8,
		MaxConcurrentLocalActivityExecutionSize: 1000,
	})
	all.RegisterWorkflow(workflows.Archive)
	all.RegisterWorkflow(workflows.Deliver)
	all.RegisterWorkflow(workflows.Dispatch)
	all.RegisterWorkflow(workflows.ArchiveMany)
	all.RegisterWorkflow(workflows.Resume)
	all.RegisterWorkflow(workflows.Recover)
	all.RegisterWorkflow(workflows.Notify)
	all.RegisterWorkflow(workflows.Maintain)
	all.RegisterActivity(c.Activities)
	slow := worker.New(c.Client, workflows.SlowQueue, worker.Options{
		WorkerStopTimeout: stopTimeout, DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: dispatch.SlowSlots,
	})
	slow.RegisterActivity(c.Activities.Attempt)
	stream := worker.New(c.Client, queue, worker.Options{
		WorkerStopTimeout: stopTimeout, DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 64,
	})
	stream.RegisterActivity(c.Activities.Dispatch)
	stream.RegisterActivity(c.Activities.ArchiveMany)
	return []worker.Worker{all, slow, stream}
}

// stopAll stops workers side by side: each may take its time.
func stopAll(list []worker.Worker) {
	var all sync.WaitGroup
	for _, w := range list {
		all.Go(w.Stop)
	}
	all.Wait()
}

// pause waits, and reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
