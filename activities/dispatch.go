package activities

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"posthorn/crash"
	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
)

// recordTimeout bounds the recording of an attempt.
const recordTimeout = 15 * time.Second

// DispatchInput names a dispatch run.
type DispatchInput struct {
	ID    hook.ID
	Queue string // the task queue of the worker that owns the deliveries' shards
}

// Dispatched says what a dispatch run did.
type Dispatched struct {
	Deliveries int // whose first attempt it made
	Webhooks   int // that they went to
	Delivered  int
	Retry      int // that go on as workflows of their own
	Failed     int // for good
	Left       int // that were not attempted: their rows stay, or need no attempt any more
}

// String is what people read of it.
func (d Dispatched) String() string {
	text := fmt.Sprintf("%d deliveries to %d webhooks: %d delivered, %d to retry", d.Deliveries, d.Webhooks, d.Delivered, d.Retry)
	if d.Failed > 0 {
		text += fmt.Sprintf(", %d failed", d.Failed)
	}
	return text
}

// Dispatch makes first attempts for some seconds, in turns, and records them as
// they end.
func (a *Activities) Dispatch(ctx context.Context, in DispatchInput) (Dispatched, error) {
	r := &dispatchRun{Activities: a, id: in.ID, to: map[hook.ID]bool{}}
	r.stream = stream{from: a.Schedule, next: a.Settle, do: r.attemptAll, said: func() any { return r.sofar() }}
	r.run(ctx)
	return r.sofar(), nil
}

// dispatchRun is one run.
type dispatchRun struct {
	*Activities
	stream

	id  hook.ID
	mu  sync.Mutex
	did Dispatched
	to  map[hook.ID]bool
}

func (r *dispatchRun) sofar() Dispatched {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.did
}

// attemptAll loads deliveries together and attempts each.
func (r *dispatchRun) attemptAll(ctx context.Context, jobs []store.Job) {
	ids, to := make([]hook.ID, len(jobs)), map[hook.ID]bool{}
	for i, j := range jobs {
		ids[i] = j.Ref
		to[j.SubjectID] = true
	}
	list, err := r.Store.DeliveriesToAttempt(ctx, ids)
	var hooks map[hook.ID]*hook.Webhook
	if err == nil {
		hooks, err = r.webhooks.of(ctx, r.Store, slices.Collect(maps.Keys(to)))
	}
	if err != nil && ctx.Err() == nil {
		r.Log.Warn("deliveries cannot be loaded; they are attempted later", "error", err)
	}
	for _, j := range jobs {
		t, found := list[j.Ref]
		w := hooks[j.SubjectID]
		switch {
		case err != nil:
			r.leave(j, Retry)
		case !found || t.Delivery.Run > j.Run || !t.Delivery.Open():
			r.leave(j, Drop)
		case w == nil || !w.Active || !t.Delivery.Streamable(w):
			r.leave(j, Start)
		default:
			t.Webhook = *w
			r.Schedule.Learn(time.Now(), w)
			r.all.Go(func() { r.attemptOne(ctx, j, &t) })
		}
	}
}

// leave gives a delivery back without an attempt.
func (r *dispatchRun) leave(j store.Job, next Next) {
	r.mu.Lock()
	r.did.Left++
	r.mu.Unlock()
	r.stream.leave(j, next)
}

// attemptOne makes an attempt and records it. What could not be recorded
// is made once more, under the same ids.
func (r *dispatchRun) attemptOne(ctx context.Context, j store.Job, t *store.ToAttempt) {
	attempt, outcome, err := r.attempt(ctx, t)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Error("a delivery cannot be attempted", "delivery", j.Ref, "error", err)
		}
		r.leave(j, Retry)
		return
	}
	crash.At(crash.AfterSend)
	var once sync.Once
	done := func(result dispatch.Result) {
		once.Do(func() { r.Schedule.Done(time.Now(), j.SubjectID, j.Ref, result) })
	}
	lingers := attempt.Succeeded() && r.Schedule.Healthy(j.SubjectID)
	if lingers {
		done(resultOf(&attempt, store.Recorded{})) // nothing to count: the next one need not wait for the record
	}
	// It was made: that the worker stops must not keep it from being recorded.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	recorded, err := r.Store.RecordAttempt(keep, store.Recording{
		Delivery: &t.Delivery, Attempt: &attempt, Outcome: outcome, Dispatch: r.id, Job: &j, Lingers: lingers,
	})
	if err != nil {
		r.Log.Warn("an attempt could not be recorded; it is made again", "delivery", j.Ref, "error", err)
		done(resultOf(&attempt, recorded))
		r.settle(j, Retry)
		return
	}
	r.count(j, &attempt, recorded)
	done(resultOf(&attempt, recorded))
	if recorded.Waits {
		j.Due, j.Answer = attempt.StartedAt.Add(attempt.Duration+outcome.Wait), answer(&attempt)
		r.settle(j, Start)
	} else {
		r.settle(j, Forget)
	}
}

func (r *dispatchRun) count(j store.Job, a *hook.Attempt, recorded store.Recorded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.did.Deliveries++
	r.to[j.SubjectID] = true
	r.did.Webhooks = len(r.to)
	switch {
	case a.Succeeded():
		r.did.Delivered++
	case recorded.Waits:
		r.did.Retry++
	default:
		r.did.Failed++
	}
}
