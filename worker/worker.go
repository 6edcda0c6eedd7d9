// Package worker runs the workflows and activities, and the two loops that
// feed them from PostgreSQL: the starter, which starts a workflow for each row
// of the outbox, and the sweeper, which finds what got lost on the way. Nothing
// else starts workflows of messages and deliveries. Beside them the indexer
// makes messages findable, and the pruner deletes what has expired.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"posthorn/activities"
	"posthorn/store"
	"posthorn/workflows"
)

// Config is what a worker needs.
type Config struct {
	Client     client.Client // shared with the starter, so that tasks can be handed over at once
	Store      *store.Store
	Activities *activities.Activities
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
	w := worker.New(c.Client, workflows.TaskQueue, worker.Options{
		WorkerStopTimeout:                       stopTimeout,
		MaxConcurrentWorkflowTaskExecutionSize:  500,
		MaxConcurrentWorkflowTaskPollers:        8,
		MaxConcurrentLocalActivityExecutionSize: 1000,
	})
	w.RegisterWorkflow(workflows.Archive)
	w.RegisterWorkflow(workflows.Deliver)
	w.RegisterWorkflow(workflows.Resume)
	w.RegisterWorkflow(workflows.Recover)
	w.RegisterWorkflow(workflows.Notify)
	w.RegisterActivity(c.Activities)
	if err := w.Start(); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	defer w.Stop()

	group, ctx := errgroup.WithContext(ctx)
	s := &starter{Config: c}
	group.Go(func() error { return s.run(ctx) })
	group.Go(func() error { return sweep(ctx, c) })
	group.Go(func() error { return index(ctx, c) })
	group.Go(func() error { return prune(ctx, c) })
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
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
