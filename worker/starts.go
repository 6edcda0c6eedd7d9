package worker

import (
	"context"
	"time"

	"posthorn/activities"
	"posthorn/crash"
	"posthorn/dispatch"
	"posthorn/store"
)

// How many workflows are started.
const (
	startsAtOnce = 64
	maxStarts    = 2000 // that wait
)

// start starts workflows, several at once, until the context is done.
func (s *starter) startAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-s.starts:
			s.startOne(ctx, j)
		}
	}
}

// startOne starts the workflow of a row. One that could not be started stays,
// and is read again.
func (s *starter) startOne(ctx context.Context, j store.Job) {
	crash.At(crash.BeforeStart)
	if err := start(ctx, s.Client, s.Activities.URL, j); err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("a workflow cannot be started; it is tried again", "workflow", workflowID(j), "error", err)
		}
		s.leave(j)
		pause(ctx, time.Second)
		s.rows.remove(j)
		return
	}
	crash.At(crash.AfterStart)
	if j.Kind == store.KindMessage {
		s.leave(j) // its workflow asks for no room
	}
	select {
	case s.dropped <- j:
	case <-ctx.Done():
	}
}

// leave gives a schedule back what it has given away.
func (s *starter) leave(j store.Job) {
	if j.First {
		s.schedule(j.Kind).Done(time.Now(), j.SubjectID, j.Ref, dispatch.Result{})
	}
}

// dropAll deletes rows, those together that come at the same time.
func (s *starter) dropAll(ctx context.Context) error {
	for {
		var jobs []store.Job
		select {
		case <-ctx.Done():
			return nil
		case j := <-s.dropped:
			jobs = append(jobs, j)
		}
		for more := true; more && len(jobs) < readRows; {
			select {
			case j := <-s.dropped:
				jobs = append(jobs, j)
			default:
				more = false
			}
		}
		if err := s.Store.Started(ctx, jobs); err != nil && ctx.Err() == nil {
			s.Log.Warn("rows of the outbox cannot be deleted; they are met again", "error", err)
			pause(ctx, time.Second)
		}
		s.rows.remove(jobs...)
	}
}

// settle does what a run leaves to be done.
func (s *starter) settle(j store.Job, next activities.Next) {
	to := s.dropped
	switch next {
	case activities.Forget:
		s.rows.remove(j)
		return
	case activities.Retry:
		time.AfterFunc(time.Second, func() { s.rows.remove(j) })
		return
	case activities.Start:
		to = s.starts
	case activities.Drop:
	}
	select {
	case to <- j:
	default:
		s.rows.remove(j) // there are too many: it is read again
	}
}
