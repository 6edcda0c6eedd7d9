package worker

import (
	"context"
	"time"

	"posthorn/activities"
	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
	"posthorn/workflows"
)

// feed leads from a schedule to what does its work: workflows of their own while
// little arrives, and runs that take many together while much does.
type feed struct {
	*starter
	from *dispatch.Schedule
	run  run
	next time.Time // when the next run is due
}

// feeds are one for first attempts, and one for messages.
func (s *starter) feeds() []*feed {
	return []*feed{
		{starter: s, from: s.Activities.Schedule, run: run{workflows.Dispatch, hook.DispatchWorkflow, "Deliver what arrives, for some seconds"}},
		{starter: s, from: s.Activities.Sealing, run: run{workflows.ArchiveMany, hook.ArchiveManyWorkflow, "Archive what arrives, for some seconds"}},
	}
}

// schedule is what rows of a kind are put into.
func (s *starter) schedule(kind store.Kind) *dispatch.Schedule {
	if kind == store.KindMessage {
		return s.Activities.Sealing
	}
	return s.Activities.Schedule
}

// full reports whether a subject has enough in memory. Operations, whose
// subjects are webhooks too, are put into no schedule.
func (s *starter) full(of store.Subject) bool {
	return (of.Kind == store.KindMessage || of.Kind == store.KindDelivery) && s.schedule(of.Kind).Full(of.ID)
}

// work gives what is not streamed to workflows, and sees to it that there is a
// run while something is.
func (f *feed) work(ctx context.Context) error {
	for ctx.Err() == nil {
		f.stream(ctx)
		jobs, wait := f.from.Take(time.Now(), dispatch.Workflow, startsAtOnce)
		for _, j := range jobs {
			select {
			case f.starts <- j:
			case <-ctx.Done():
				return nil
			}
		}
		if len(jobs) == startsAtOnce {
			continue
		}
		var again <-chan time.Time
		if wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-f.from.Ready(dispatch.Workflow):
		case <-again:
		}
	}
	return nil
}

// stream starts the next run where one is needed: it begins before the one
// before ends, so that there is no gap.
func (f *feed) stream(ctx context.Context) {
	now := time.Now()
	if now.Before(f.next) || !f.from.Streaming(now) {
		return
	}
	f.next = now.Add(activities.StreamTime - time.Second)
	go func() {
		if err := startRun(ctx, f.Client, f.run, activities.DispatchInput{ID: hook.NewID(), Queue: f.queue}); err != nil && ctx.Err() == nil {
			f.Log.Warn("a run cannot be started; each gets a workflow of its own", "run", f.run.summary, "error", err)
		}
	}()
}
