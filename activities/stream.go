package activities

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"posthorn/dispatch"
	"posthorn/store"
)

// StreamTime is for how long a run takes what is queued.
const StreamTime = 5 * time.Second

// How a run works.
const (
	streamMax    = 20_000 // that it takes
	takeAtOnce   = 64
	unsettledMax = 1024            // taken and not settled: each may hold a body
	stopTime     = 4 * time.Second // for what is under way when the worker stops
)

// stream takes what is queued for some seconds, in turns, and has it done.
type stream struct {
	from *dispatch.Schedule
	next func(j store.Job, next Next)             // says what comes after
	do   func(ctx context.Context, j []store.Job) // each is to be settled
	said func() any                               // what it did so far

	all       sync.WaitGroup
	unsettled atomic.Int32
}

// run returns when the last that it took is done, which may take as long as an
// attempt does; another run may take meanwhile.
func (s *stream) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopping := activity.GetWorkerStopChannel(ctx)
	ended := make(chan struct{})
	defer close(ended)
	go s.beat(ctx, ended, stopping, cancel)
	s.take(ctx, stopping)
	s.all.Wait()
}

// settle says what is to become of a row, once for each that was taken.
func (s *stream) settle(j store.Job, next Next) {
	s.unsettled.Add(-1)
	s.next(j, next)
}

// leave gives a row back for which nothing was done.
func (s *stream) leave(j store.Job, next Next) {
	s.from.Done(time.Now(), j.SubjectID, j.Ref, dispatch.Result{})
	s.settle(j, next)
}

// beat tells Temporal that the run goes on, and cuts off what is under way where the
// worker stops and that takes too long.
func (s *stream) beat(ctx context.Context, ended <-chan struct{}, stopping <-chan struct{}, cancel func()) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var late <-chan time.Time
	for {
		select {
		case <-ended:
			return
		case <-late:
			cancel()
			return
		case <-stopping:
			stopping, late = nil, time.After(stopTime)
		case <-tick.C:
			activity.RecordHeartbeat(ctx, s.said())
		}
	}
}

// take takes while the run's time lasts.
func (s *stream) take(ctx context.Context, stopping <-chan struct{}) {
	s.from.Open()
	defer s.from.Close()
	end := time.NewTimer(StreamTime)
	defer end.Stop()
	for taken := 0; taken < streamMax; {
		jobs, wait := s.from.Take(time.Now(), dispatch.Stream, min(takeAtOnce, unsettledMax-int(s.unsettled.Load())))
		if len(jobs) > 0 {
			taken += len(jobs)
			s.unsettled.Add(int32(len(jobs)))
			s.all.Go(func() { s.do(ctx, jobs) })
		}
		var again <-chan time.Time
		if len(jobs) == takeAtOnce {
			wait = time.Nanosecond
		}
		if wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-stopping:
			return
		case <-end.C:
			return
		case <-s.from.Ready(dispatch.Stream):
		case <-again:
		}
	}
}
