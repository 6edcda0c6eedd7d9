package activities

import (
	"context"
	"fmt"
	"sync"
	"time"

	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
)

// ArchivedMany says what a run of ArchiveMany did.
type ArchivedMany struct {
	Messages  int // that it archived
	Endpoints int // whose they are
	Segments  int `json:",omitempty"` // in which some of them lie
	Left      int // to workflows of their own, or with nothing to do any more
}

// String is what people read of it.
func (a ArchivedMany) String() string {
	text := fmt.Sprintf("%d messages of %d endpoints archived", a.Messages, a.Endpoints)
	if a.Segments > 0 {
		text += fmt.Sprintf(", with %d segments", a.Segments)
	}
	if a.Left > 0 {
		text += fmt.Sprintf(", %d left to others", a.Left)
	}
	return text
}

// ArchiveMany seals small messages for some seconds, those of an endpoint in
// turn with those of others. A message whose attachments are to be fetched, or
// that cannot be sealed now, is left to a workflow of its own.
func (a *Activities) ArchiveMany(ctx context.Context, in DispatchInput) (ArchivedMany, error) {
	r := &archiveRun{Activities: a, id: in.ID, of: map[hook.ID]bool{}, gathered: map[hook.ID]*gathering{}}
	r.stream = stream{from: a.Sealing, next: a.Settle, do: r.sealAll, said: func() any { return r.sofar() }}
	r.run(ctx)
	return r.sofar(), nil
}

// archiveRun is one run.
type archiveRun struct {
	*Activities
	stream

	id       hook.ID
	mu       sync.Mutex
	did      ArchivedMany
	of       map[hook.ID]bool
	gathered map[hook.ID]*gathering // for segments, by endpoint
}

func (r *archiveRun) sofar() ArchivedMany {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.did
}

// sealAll loads messages, numbers them together and seals each, or gathers them
// for segments.
func (r *archiveRun) sealAll(ctx context.Context, jobs []store.Job) {
	ids := make([]hook.ID, len(jobs))
	for i, j := range jobs {
		ids[i] = j.Ref
	}
	list, err := r.Store.SmallMessagesToArchive(ctx, ids, small)
	if err != nil && ctx.Err() == nil {
		r.Log.Warn("messages cannot be loaded; they are archived later", "error", err)
	}
	var own []task
	assigned := map[hook.ID][]task{}
	for _, j := range jobs {
		l := &loaded{Message: list[j.Ref]}
		if next, ours := r.look(l, j, err); !ours {
			r.leave(j, next)
			continue
		}
		r.from.Gather(time.Now(), j.SubjectID, l.Segmented)
		switch t := (task{l, j}); {
		case l.Segment != hook.ID{}:
			assigned[l.Segment] = append(assigned[l.Segment], t)
		case l.segmentable():
			r.gather(ctx, t)
		default:
			own = append(own, t)
		}
	}
	for segment, tasks := range assigned {
		r.all.Go(func() { r.sealAssigned(ctx, segment, tasks) })
	}
	r.sealOwn(ctx, own)
}

// task is a message to archive.
type task struct {
	*loaded

	job store.Job
}

// sealOwn numbers messages together, and puts each into an object of its own,
// unless it has a segment by now.
func (r *archiveRun) sealOwn(ctx context.Context, tasks []task) {
	if len(tasks) == 0 {
		return
	}
	ids := make([]hook.ID, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	numbers, err := r.Store.NumberMessages(ctx, ids...)
	for _, t := range tasks {
		n := numbers[t.ID]
		switch {
		case err != nil:
			r.leave(t.job, Retry)
		case n.Segment != hook.ID{}:
			r.all.Go(func() { r.sealAssigned(ctx, n.Segment, []task{t}) })
		default:
			r.all.Go(func() { r.sealOne(ctx, t.job, t.loaded, n.Number) })
		}
	}
}

// look reports whether a message is to be sealed here, or what else is to be
// done about it.
func (r *archiveRun) look(l *loaded, j store.Job, err error) (next Next, ours bool) {
	switch {
	case err != nil:
		return Retry, false
	case l.ID != j.Ref: // it is large
		return Start, false
	case l.Status == hook.MessageArchived || l.Run > j.Run:
		return Drop, false
	case l.open() != nil:
		return Start, false
	}
	plan := l.plan()
	return Start, len(plan.Fetch) == 0 && plan.Confirm == ""
}

func (r *archiveRun) sealOne(ctx context.Context, j store.Job, l *loaded, number int64) {
	begun := time.Now()
	_, first, err := r.seal(ctx, l, number, r.id)
	if err != nil {
		next := Start
		if ctx.Err() != nil {
			next = Retry
		} else {
			r.note(ctx, j.Ref, err)
			r.Log.Warn("a message cannot be archived now; its workflow goes on", "message", j.Ref, "error", err)
		}
		r.leave(j, next)
		return
	}
	r.archived(j, first, dispatch.Result{Made: true, Took: time.Since(begun)})
}

// archived ends a message that is archived: by this run, or by its own workflow
// meanwhile.
func (r *archiveRun) archived(j store.Job, here bool, result dispatch.Result) {
	r.mu.Lock()
	if here {
		r.did.Messages++
		r.of[j.SubjectID] = true
		r.did.Endpoints = len(r.of)
	} else {
		r.did.Left++
	}
	r.mu.Unlock()
	r.from.Done(time.Now(), j.SubjectID, j.Ref, result)
	r.settle(j, Drop)
}

func (r *archiveRun) leave(j store.Job, next Next) {
	r.mu.Lock()
	r.did.Left++
	r.mu.Unlock()
	r.stream.leave(j, next)
}
