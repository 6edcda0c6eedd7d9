package activities

import (
	"context"
	"errors"
	"time"

	"posthorn/archive"
	"posthorn/crash"
	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
)

// gatherTime is how long a message of an endpoint with segments waits for others.
// Each object costs a request to the store, which is paid for.
const gatherTime = 50 * time.Millisecond

// segmentable reports whether a message can be in a segment: it is small, and all
// of it is in its record.
func (l *loaded) segmentable() bool {
	return l.Segmented && l.Number == 0 && len(l.Raw) <= archive.MaxSegmentBody && len(l.Payload.Attachments) == 0 && archive.Sound(&l.Message) == nil
}

// gathering is the messages of an endpoint that wait for one another.
type gathering struct{ tasks []task }

// gather lets a message wait for others of its endpoint. The first of them sees
// to it that it does not wait for long, the last that will fit for no longer.
func (r *archiveRun) gather(ctx context.Context, t task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.gathered[t.EndpointID]
	if g == nil {
		g = &gathering{}
		r.gathered[t.EndpointID] = g
		r.all.Go(func() {
			select {
			case <-time.After(gatherTime):
			case <-ctx.Done():
			}
			if r.takeGathered(t.EndpointID, g) {
				r.sealGathered(ctx, g.tasks)
			}
		})
	}
	if g.tasks = append(g.tasks, t); len(g.tasks) == archive.MaxSegment {
		delete(r.gathered, t.EndpointID)
		r.all.Go(func() { r.sealGathered(ctx, g.tasks) })
	}
}

// takeGathered reports whether a gathering is still to be sealed.
func (r *archiveRun) takeGathered(endpoint hook.ID, g *gathering) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gathered[endpoint] != g {
		return false
	}
	delete(r.gathered, endpoint)
	return true
}

// sealGathered makes a segment of messages of one endpoint, and seals it.
func (r *archiveRun) sealGathered(ctx context.Context, tasks []task) {
	segment := store.Segment{ID: hook.NewID(), TenantID: tasks[0].TenantID, EndpointID: tasks[0].EndpointID}
	ids, byID := make([]hook.ID, len(tasks)), make(map[hook.ID]task, len(tasks))
	for i, t := range tasks {
		ids[i], byID[t.ID] = t.ID, t
	}
	numbers, err := r.Store.AssignSegment(ctx, &segment, ids)
	if err != nil {
		for _, t := range tasks {
			r.leave(t.job, Retry)
		}
		return
	}
	crash.At(crash.AfterAssign)
	var list []*loaded
	var ours []task
	for _, id := range segment.Messages {
		t := byID[id]
		t.Number, t.Segment = numbers[id].Number, segment.ID
		list, ours = append(list, t.loaded), append(ours, t)
		delete(byID, id)
	}
	for _, t := range byID { // somebody else has them
		r.leave(t.job, Retry)
	}
	if len(ours) > 0 {
		r.ended(ctx, ours, r.seeSegment(ctx, &segment, list, r.id))
	}
}

// sealAssigned sees a segment through that was assigned before.
func (r *archiveRun) sealAssigned(ctx context.Context, segment hook.ID, tasks []task) {
	r.ended(ctx, tasks, r.sealSegment(ctx, segment, r.id))
}

// ended says what becomes of messages after their segment was tried. They are
// tried together again, and not by a workflow each, while the store is away;
// what no retry can mend is left to workflows, for people to see.
func (r *archiveRun) ended(ctx context.Context, tasks []task, err error) {
	if err == nil {
		r.mu.Lock()
		r.did.Segments++
		r.mu.Unlock()
		for _, t := range tasks {
			r.archived(t.job, true, dispatch.Result{})
		}
		return
	}
	next := Start
	if ctx.Err() != nil || archive.Fault(err) != "" && !errors.Is(err, archive.ErrConflict) || hook.CodeOf(err) == hook.CodeUnavailable {
		next = Retry
	}
	if ctx.Err() == nil {
		r.Log.Warn("a segment cannot be archived now; it is tried again", "segment", tasks[0].Segment, "messages", len(tasks), "error", err)
	}
	for _, t := range tasks {
		r.note(ctx, t.ID, err)
		r.leave(t.job, next)
	}
}
