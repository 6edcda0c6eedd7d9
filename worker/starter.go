package worker

import (
	"context"
	"sync"
	"time"

	"posthorn/crash"
	"posthorn/store"
)

// How the starter reads the outbox.
const (
	pollEvery    = 250 * time.Millisecond // where no ring was heard
	readRows     = 500
	startsAtOnce = 64
)

// starter starts a workflow for each outbox row of the shards that it owns.
// Reading claims nothing: a row is deleted once its workflow is started, and a
// row that is met again after a crash names a run that is started already.
type starter struct {
	Config
}

func (s *starter) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.own(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("the starter lost its shards and takes them again", "error", err)
		}
		if !pause(ctx, pollEvery) {
			break
		}
	}
	return nil
}

// own works in one session until it is lost.
func (s *starter) own(ctx context.Context) error {
	session, err := s.Store.Own(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		session.Close(ctx)
	}()
	var shards []int16
	cursor, swept := int64(0), time.Now()
	for ctx.Err() == nil {
		if time.Since(swept) >= pollEvery || len(shards) == 0 {
			// From the start again: ids that committed late lie below the cursor.
			if shards, err = session.Shards(ctx); err != nil {
				return err
			}
			cursor, swept = 0, time.Now()
		}
		n := 0
		if len(shards) > 0 {
			if cursor, n, err = s.drain(ctx, shards, cursor); err != nil && ctx.Err() == nil {
				s.Log.Warn("the starter cannot go on; it tries again", "error", err)
				if !pause(ctx, time.Second) {
					return nil
				}
			}
		}
		if n < readRows {
			if err := wait(ctx, session); err != nil {
				return err
			}
		}
	}
	return nil
}

// wait returns with a ring or at the next poll.
func wait(ctx context.Context, session *store.Ownership) error {
	ctx, cancel := context.WithTimeout(ctx, pollEvery)
	defer cancel()
	return session.Wait(ctx)
}

// drain starts what stands after the cursor, one page, and returns how far it
// got. Rows that could not be started stay, for the next time from the start.
func (s *starter) drain(ctx context.Context, shards []int16, cursor int64) (int64, int, error) {
	jobs, err := s.Store.Jobs(ctx, shards, cursor, readRows)
	if err != nil || len(jobs) == 0 {
		return cursor, 0, err
	}
	var (
		all     sync.WaitGroup
		mu      sync.Mutex
		started []store.Job
		failed  error
		places  = make(chan struct{}, startsAtOnce)
	)
	for _, job := range jobs {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			crash.At(crash.BeforeStart)
			err := start(ctx, s.Client, s.Activities.URL, job)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			started = append(started, job)
		})
	}
	all.Wait()
	if len(started) > 0 {
		crash.At(crash.AfterStart)
		if err := s.Store.Started(ctx, started); err != nil {
			return cursor, len(jobs), err
		}
	}
	return jobs[len(jobs)-1].RowID, len(jobs), failed
}
