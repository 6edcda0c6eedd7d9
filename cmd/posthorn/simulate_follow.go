package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthorn/client"
	"posthorn/simulate"
)

// follower shows what becomes of a callback, by the API that everybody has.
type follower struct {
	api      *client.Client
	base     string
	endpoint client.Endpoint
	callback simulate.Callback
}

func (f *follower) run(ctx context.Context, wait time.Duration) error {
	if len(f.callback.Body) == 0 && f.callback.Kind.Name == "challenge" {
		say("", "a challenge is answered and leaves nothing else")
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("not within %s", wait))
	defer cancel()
	message, err := f.archived(ctx)
	if err != nil {
		return exit{exitUnfinish, fmt.Errorf("the message was not archived: %w", err)}
	}
	if err := f.published(ctx, message); err != nil {
		return exit{exitUnfinish, err}
	}
	return nil
}

// archived waits for the message, and for its record.
func (f *follower) archived(ctx context.Context) (message client.Message, err error) {
	found := false
	err = await(ctx, func() (bool, error) {
		m, err := f.find(ctx)
		if m.ID != "" && !found {
			found = true
			say("message", "%s, accepted", m.ID)
			say("", "%s/api/v1/messages/%s", f.base, m.ID)
		}
		message = m
		return m.Archive != nil, err
	})
	if err != nil {
		return message, err
	}
	say("archived", "%s", message.Archive.ObjectKey)
	say("", "version %s, locked until %s", message.Archive.VersionID, message.RetainUntil.UTC().Format(time.RFC3339))
	link(message.WorkflowURL)
	for _, a := range message.Attachments {
		name := cmp.Or(a.Filename, a.ContentType, "of unknown type")
		if a.Failed != "" {
			say("", "attachment %s: %s", name, a.Failed)
			continue
		}
		say("", "attachment %s, %d bytes", name, a.Size)
	}
	return message, nil
}

// find looks for the message that has the callback's bytes; where it has none,
// the one that is named after it.
func (f *follower) find(ctx context.Context) (client.Message, error) {
	const most = 100 // that may have come to the endpoint since
	sum := sha256.Sum256(f.callback.Body)
	digest, seen := hex.EncodeToString(sum[:]), 0
	for m, err := range f.api.Messages(ctx, client.MessageFilter{EndpointID: f.endpoint.ID}) {
		if err != nil {
			return client.Message{}, err
		}
		if m.SHA256 == digest && (len(f.callback.Body) > 0 || strings.Contains(m.ExternalID, f.callback.ID)) {
			return m, nil
		}
		if seen++; seen == most {
			break
		}
	}
	return client.Message{}, nil
}

// published shows the events, which are there when the message is archived,
// and waits for their deliveries.
func (f *follower) published(ctx context.Context, message client.Message) error {
	var events []client.Event
	var types []string
	for e, err := range f.api.Events(ctx, client.EventFilter{MessageID: message.ID}) {
		if err != nil {
			return err
		}
		if e.Type != "attachment.failed" {
			types = append(types, e.Type)
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		say("event", "none: %s", f.callback.Kind.About)
	}
	var failed error
	for _, e := range slices.Backward(events) {
		say("event", "%s, %s", e.Type, e.ID)
		say("", "%s/api/v1/events/%s", f.base, e.ID)
		failed = errors.Join(failed, f.delivered(ctx, e))
	}
	slices.Sort(types)
	wanted := slices.Sorted(slices.Values(f.callback.Kind.Events))
	if !slices.Equal(types, wanted) {
		return errors.Join(failed, fmt.Errorf("it became %v in place of %v", types, wanted))
	}
	return failed
}

// delivered waits for an event's deliveries.
func (f *follower) delivered(ctx context.Context, e client.Event) error {
	var deliveries []client.Delivery
	waited := await(ctx, func() (done bool, err error) {
		deliveries, done = deliveries[:0], true
		for d, err := range f.api.Deliveries(ctx, client.DeliveryFilter{EventID: e.ID}) {
			if err != nil {
				return false, err
			}
			deliveries = append(deliveries, d)
			done = done && d.Status != client.DeliveryPending
		}
		return done, nil
	})
	if len(deliveries) == 0 && waited == nil {
		say("delivery", "none: no active webhook subscribes to %s", e.Type)
	}
	failed := waited
	for _, d := range deliveries {
		say("delivery", "%s to webhook %s: %s", d.ID, d.WebhookID, d.Status)
		for _, a := range d.Attempts {
			outcome := strconv.Itoa(a.StatusCode)
			if a.Error != "" {
				outcome = strings.TrimPrefix(fmt.Sprintf("%d %s", a.StatusCode, a.Error), "0 ")
			}
			say("", "attempt %d: %s after %d ms", a.Number, outcome, a.DurationMS)
		}
		say("", "%s/api/v1/deliveries/%s", f.base, d.ID)
		link(d.WorkflowURL)
		if d.Status != client.DeliveryDelivered && failed == nil {
			failed = fmt.Errorf("the delivery %s is %s", d.ID, d.Status)
		}
	}
	return failed
}

func link(url string) {
	if url != "" {
		say("", "%s", url)
	}
}

// say prints one line.
func say(step, format string, arguments ...any) {
	fmt.Printf("%-9s %s\n", step, fmt.Sprintf(format, arguments...))
}

// await asks until it is done.
func await(ctx context.Context, ask func() (done bool, err error)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := ask()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil || done:
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
