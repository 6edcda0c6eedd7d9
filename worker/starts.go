package worker

import (
	"context"
	"time"

	"posthorn/activities"
	"posthorn/crash"
	"posthorn/dispatch"
	"posthorn/hook"
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
		if j.First {
			s.Activities.Schedule.Done(time.Now(), j.SubjectID, j.Ref, dispatch.Result{})
		}
		pause(ctx, time.Second)
		s.rows.remove(j)
		return
	}
	crash.At(crash.AfterStart)
	select {
	case s.dropped <- j:
	case <-ctx.Done():
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

// settle does what a dispatch run leaves to be done.
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

// hand gives first attempts that are not streamed to workflows, and sees to it
// that there is a dispatch run while some are.
func (s *starter) hand(ctx context.Context) error {
	for ctx.Err() == nil {
		s.dispatch(ctx)
		jobs, wait := s.Activities.Schedule.Take(time.Now(), dispatch.Workflow, startsAtOnce)
		for _, j := range jobs {
			select {
			case s.starts <- j:
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
		case <-s.Activities.Schedule.Ready(dispatch.Workflow):
		case <-again:
		}
	}
	return nil
}

// dispatch starts the next dispatch run where one is needed: it begins before
// the one before ends, so that there is no gap.
func (s *starter) dispatch(ctx context.Context) {
	now := time.Now()
	if now.Before(s.next) || !s.Activities.Schedule.Streaming(now) {
		return
	}
	s.next = now.Add(activities.DispatchTime - time.Second)
	go func() {
		if err := startDispatch(ctx, s.Client, activities.DispatchInput{ID: hook.NewID(), Queue: s.queue}); err != nil && ctx.Err() == nil {
			s.Log.Warn("a dispatch run cannot be started; deliveries are attempted by workflows of their own", "error", err)
		}
	}()
}
