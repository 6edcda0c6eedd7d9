// Package follow tells, step by step, what becomes of a message or an event:
// accepted, archived, published, attempted, delivered or not. It asks the
// management API as any client may, for commands that show it to people.
package follow

import (
	"context"
	"errors"
	"time"

	"posthorn/client"
)

// How often the gateway is asked: soon at first, and slower while nothing new
// is seen.
const (
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
)

// Step is something that happened, told once.
type Step struct {
	At   time.Time
	Kind Kind
	Text string // for people, one line
}

// Kind is what kind of step it is.
type Kind string

// The steps, in the order in which they happen. The last three end a delivery,
// or hold it until somebody does something.
const (
	Accepted  Kind = "accepted"
	Archived  Kind = "archived"
	Unfetched Kind = "unfetched" // an attachment, for good
	Published Kind = "published"
	Unwanted  Kind = "unwanted" // an event that no webhook subscribes to
	Attempted Kind = "attempted"
	Delivered Kind = "delivered"
	Failed    Kind = "failed" // or cancelled
	Held      Kind = "held"
)

// Outcome is how it ended.
type Outcome struct {
	Events    int
	Delivered int // deliveries, as are the following
	Failed    int // or cancelled
	Held      int // until their webhook is enabled
}

// Message follows a message until it is archived and every delivery of its
// events has ended or is held, or until ctx ends: its error is then ctx's. What
// the gateway cannot answer just now is asked again.
func Message(ctx context.Context, c *client.Client, id string, tell func(Step)) (Outcome, error) {
	f := &follower{client: c, tell: tell, events: map[string]bool{}, deliveries: map[string]*progress{}}
	return f.run(ctx, func() (bool, error) { return f.message(ctx, id) })
}

// Event follows an event until each of its deliveries has ended or is held.
func Event(ctx context.Context, c *client.Client, id string, tell func(Step)) (Outcome, error) {
	f := &follower{client: c, tell: tell, events: map[string]bool{}, deliveries: map[string]*progress{}}
	return f.run(ctx, func() (bool, error) {
		e, err := c.Event(ctx, id)
		if err != nil {
			return false, err
		}
		return f.event(ctx, e)
	})
}

type follower struct {
	client     *client.Client
	tell       func(Step)
	told       int // steps
	accepted   bool
	archived   bool
	events     map[string]bool // that were told
	deliveries map[string]*progress
	names      map[string]string // of webhooks
}

// progress is how far a delivery has been told.
type progress struct {
	attempts int
	status   string
}

func (f *follower) run(ctx context.Context, look func() (bool, error)) (Outcome, error) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := firstPause; ; {
		select {
		case <-ctx.Done():
			return f.outcome(), ctx.Err()
		case <-pause.C:
		}
		before := f.told
		done, err := look()
		switch refused, ok := errors.AsType[*client.Error](err); {
		case ctx.Err() != nil:
			continue
		case err != nil && (!ok || !refused.Temporary()):
			return f.outcome(), err
		case done && err == nil:
			return f.outcome(), nil
		}
		if wait = min(wait*3/2, maxPause); f.told > before {
			wait = firstPause
		}
		pause.Reset(wait)
	}
}

func (f *follower) step(at time.Time, kind Kind, text string) {
	f.told++
	f.tell(Step{At: at, Kind: kind, Text: text})
}

func (f *follower) outcome() Outcome {
	o := Outcome{Events: len(f.events)}
	for _, d := range f.deliveries {
		switch d.status {
		case client.DeliveryDelivered:
			o.Delivered++
		case client.DeliveryFailed, client.DeliveryCancelled:
			o.Failed++
		case client.DeliveryHeld:
			o.Held++
		}
	}
	return o
}
