package worker

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// How the starter reads the outbox.
const (
	pollEvery   = 250 * time.Millisecond // where no ring was heard
	readRows    = 500                    // that arrived
	subjectRows = 500                    // endpoints and webhooks whose waiting rows are looked at together
	waitingRows = 2000                   // of all these
)

// starter reads the outbox rows of the shards that it owns. First attempts and
// messages are put into schedules; for all others the workflow is started. Reading claims
// nothing: a row is deleted once its workflow is started or its attempt is
// recorded, and one that is met again after a crash names a run that is started
// already, or an attempt that is made once more.
type starter struct {
	Config
	rows    rows
	owned   owned
	starts  chan store.Job // whose workflow is to be started
	dropped chan store.Job // whose row is to go
	queue   string         // the task queue of this worker's runs
}

func newStarter(c Config) *starter {
	return &starter{
		Config: c, starts: make(chan store.Job, maxStarts), dropped: make(chan store.Job, maxStarts),
		queue: "posthorn-dispatch-" + hook.NewID().String(),
	}
}

// read reads until the context is done.
func (s *starter) read(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.own(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("the starter lost its shards and takes them again", "error", err)
		}
		for _, f := range s.feeds() {
			s.rows.remove(f.from.Drop()...)
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
		s.owned.set(nil)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		session.Close(ctx)
	}()
	r := reader{starter: s}
	for ctx.Err() == nil {
		if time.Since(r.swept) >= pollEvery || r.more {
			if err := r.share(ctx, session); err != nil {
				return err
			}
		}
		n, err := r.arrivals(ctx)
		if err == nil && r.swept.IsZero() {
			err = r.sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("the starter cannot go on; it tries again", "error", err)
			if !pause(ctx, time.Second) {
				return nil
			}
		}
		if n < readRows {
			if err := r.wait(ctx, session); err != nil {
				return err
			}
		}
	}
	return nil
}

// reader reads in one session.
type reader struct {
	*starter
	cursor int64         // the last row that arrived
	after  store.Subject // the last one whose waiting rows were read
	swept  time.Time     // zero: they are to be read
	more   bool          // there is room for waiting rows
}

// share takes the shards that are this worker's. Meanwhile none are handed over
// to it: what looks idle is given back.
func (r *reader) share(ctx context.Context, session *store.Ownership) error {
	r.owned.Lock()
	defer r.owned.Unlock()
	shards, err := session.Shards(ctx, r.rows.idle)
	if err != nil {
		return err
	}
	if r.owned.shards == nil && len(shards) > 0 {
		// What is there already is read by subject.
		if r.cursor, err = r.Store.LastJob(ctx, shards); err != nil {
			return err
		}
	}
	r.owned.shards, r.swept, r.more = shards, time.Time{}, false
	return nil
}

// arrivals takes the rows that came since it looked last.
func (r *reader) arrivals(ctx context.Context) (int, error) {
	if len(r.owned.shards) == 0 {
		return 0, nil
	}
	jobs, err := r.Store.Jobs(ctx, r.owned.shards, r.cursor, readRows)
	if err != nil || len(jobs) == 0 {
		return 0, err
	}
	r.accept(jobs)
	r.cursor = jobs[len(jobs)-1].RowID
	return len(jobs), nil
}

// sweep takes waiting rows of those who have room for them: ones that were left
// there, and ones that were committed behind the cursor.
func (r *reader) sweep(ctx context.Context) error {
	r.swept = time.Now()
	if len(r.owned.shards) == 0 {
		return nil
	}
	list, err := r.Store.Subjects(ctx, r.owned.shards, r.after, subjectRows)
	if err != nil {
		return err
	}
	r.after = store.Subject{}
	if len(list) == subjectRows {
		r.after, r.more = list[len(list)-1], true
	}
	var roomy []store.Subject
	for _, of := range list {
		if !r.full(of) {
			roomy = append(roomy, of)
		}
	}
	if len(roomy) == 0 {
		return nil
	}
	jobs, err := r.Store.Waiting(ctx, roomy, r.rows.known(), max(8, min(256, waitingRows/len(roomy))))
	r.accept(jobs)
	return err
}

// wait returns with a ring, when a webhook has room, or at the next poll.
func (r *reader) wait(ctx context.Context, session *store.Ownership) error {
	if r.more {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, pollEvery)
	defer cancel()
	told := make(chan struct{})
	go func() {
		defer close(told)
		select {
		case <-ctx.Done():
		case <-r.Activities.Schedule.More():
			r.more = true
			cancel()
		case <-r.Activities.Sealing.More():
			r.more = true
			cancel()
		}
	}()
	err := session.Wait(ctx)
	cancel()
	<-told
	return err
}

// accept takes rows into work. What finds no room is read again later.
func (s *starter) accept(jobs []store.Job) {
	now := time.Now()
	for _, j := range jobs {
		if !s.rows.add(j) {
			continue
		}
		if j.First {
			if !s.schedule(j.Kind).Add(now, j) {
				s.rows.remove(j)
			}
			continue
		}
		select {
		case s.starts <- j:
		default:
			s.rows.remove(j)
		}
	}
}
