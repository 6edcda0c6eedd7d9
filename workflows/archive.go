package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"posthorn/activities"
	"posthorn/hook"
)

// fetchesAtOnce bounds how many attachments of one message are fetched at the
// same time.
const fetchesAtOnce = 4

// fetchSchedule is how long a failed fetch waits before each next try.
func fetchSchedule() []time.Duration {
	return []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
}

// ArchiveInput names the run of a message.
type ArchiveInput struct {
	MessageID hook.ID
	Run       int
}

// ArchiveResult says what a run came to.
type ArchiveResult struct {
	Status string // archived, or superseded by another run
	Number int64  // within the endpoint
	Key    string // of the record in WORM storage
	Events int
}

// Archive fetches a message's attachments, seals its record in WORM storage
// and publishes the events that it became.
func Archive(ctx workflow.Context, in ArchiveInput) (ArchiveResult, error) {
	w := archive{in: in}
	return w.run(ctx)
}

type archive struct {
	in ArchiveInput
	do *activities.Activities // nil: only its methods' names are used
}

func (w *archive) run(ctx workflow.Context) (result ArchiveResult, err error) {
	var plan activities.ArchivePlan
	look := quick(ctx, time.Minute, "Look at the message")
	if err := workflow.ExecuteLocalActivity(look, w.do.PlanArchive, w.in.MessageID, w.in.Run).Get(ctx, &plan); err != nil {
		return result, err
	}
	large := plan.Large
	if large {
		err := workflow.ExecuteActivity(long(ctx, "Look at the message"), w.do.PlanLarge, w.in.MessageID, w.in.Run).Get(ctx, &plan)
		if err != nil {
			return result, err
		}
	}
	if plan.Done {
		return ArchiveResult{Status: plan.Status}, nil
	}
	if err := w.fetchAll(ctx, plan.Fetch); err != nil {
		return result, err
	}
	if plan.Confirm != "" {
		if err := w.confirm(ctx, plan.Confirm); err != nil {
			return result, err
		}
	}
	sealed, err := w.seal(ctx, large)
	if err != nil {
		return result, err
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Archived as %s, number %d of its endpoint", sealed.Key, sealed.Number))
	return ArchiveResult{Status: "archived", Number: sealed.Number, Key: sealed.Key, Events: sealed.Events}, nil
}

// seal seals a message in the workflow's own worker, or as an activity of its
// own where that takes longer than a workflow task may.
func (w *archive) seal(ctx workflow.Context, large bool) (sealed activities.Sealed, err error) {
	const summary = "Seal the record in WORM storage and publish"
	if !large {
		ctx = quick(ctx, 2*time.Minute, summary)
		err = workflow.ExecuteLocalActivity(ctx, w.do.Seal, w.in.MessageID).Get(ctx, &sealed)
		return sealed, err
	}
	err = workflow.ExecuteActivity(long(ctx, summary), w.do.Seal, w.in.MessageID).Get(ctx, &sealed)
	return sealed, err
}

// fetchAll fetches attachments side by side and waits for the last.
func (w *archive) fetchAll(ctx workflow.Context, list []activities.Fetch) error {
	places := workflow.NewSemaphore(ctx, fetchesAtOnce)
	all := workflow.NewWaitGroup(ctx)
	var failed error
	for _, f := range list {
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			if err := w.fetch(ctx, f, places); err != nil {
				failed = err
			}
		})
	}
	all.Wait(ctx)
	return failed
}

// fetch tries one attachment until it is stored or has failed for good. It
// takes a place for a try and gives it back for the wait.
func (w *archive) fetch(ctx workflow.Context, f activities.Fetch, places workflow.Semaphore) error {
	ctx = long(ctx, fmt.Sprintf("Fetch attachment %d from %s", f.N, f.From))
	return repeat(ctx, fmt.Sprintf("Attachment %d", f.N), func(last bool) (fetched activities.Fetched, err error) {
		if err := places.Acquire(ctx, 1); err != nil {
			return fetched, err
		}
		defer places.Release(1)
		f.Last = last
		err = workflow.ExecuteActivity(ctx, w.do.FetchAttachment, w.in.MessageID, f).Get(ctx, &fetched)
		return fetched, err
	})
}

// confirm follows a provider's link until it is followed or cannot be.
func (w *archive) confirm(ctx workflow.Context, from string) error {
	ctx = long(ctx, "Confirm the subscription at "+from)
	return repeat(ctx, "The confirmation", func(last bool) (fetched activities.Fetched, err error) {
		err = workflow.ExecuteActivity(ctx, w.do.Confirm, w.in.MessageID, last).Get(ctx, &fetched)
		return fetched, err
	})
}

// repeat tries by the schedule until one try is the last.
func repeat(ctx workflow.Context, what string, try func(last bool) (activities.Fetched, error)) error {
	schedule := fetchSchedule()
	for n := 0; ; n++ {
		fetched, err := try(n == len(schedule))
		if err != nil || fetched.Done {
			return err
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%s: %s; next try in %s", what, fetched.Reason, schedule[n]))
		if err := workflow.Sleep(ctx, schedule[n]); err != nil {
			return err
		}
	}
}
