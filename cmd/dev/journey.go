package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posthorn/client"
)

// patience bounds each step of the sample's way.
const patience = time.Minute

// journey sends a message with an inline attachment and one given by URL, and
// follows it to the receiver, by the API that everybody has.
type journey struct {
	client   *client.Client
	demo     *demo
	base     string // URL of the API
	receiver *receiver
}

func (j *journey) run(ctx context.Context) error {
	fmt.Println("\nA first message goes through:")
	accepted, err := j.send(ctx)
	if err != nil {
		return err
	}
	message, err := j.archived(ctx, accepted.ID)
	if err != nil {
		return err
	}
	event, err := first(j.client.Events(ctx, client.EventFilter{MessageID: message.ID}))
	if err != nil {
		return err
	}
	say("event", "%s, %s", event.Type, event.ID)
	return j.delivered(ctx, event.ID)
}

func (j *journey) send(ctx context.Context) (client.Accepted, error) {
	began := time.Now()
	accepted, err := client.NewSender(j.base+j.demo.SendTo, j.demo.Secret).Send(ctx, client.NewMessage{
		ExternalID: "welcome", OccurredAt: began, Body: "Hello from the development stack.",
		From: client.Party{Identifier: "ann@example.com", DisplayName: "Ann"},
		To:   []client.Party{{Identifier: "support@example.com"}},
		Attachments: []client.NewAttachment{
			{Filename: "note.txt", ContentType: "text/plain", Content: []byte("An attachment that came with the message.\n")},
			{Filename: "report.txt", URL: "http://" + j.receiver.address + "/report.txt"},
		},
		Fields: map[string]any{"channel": "chat"},
	})
	if err == nil {
		say("accepted", "%s, after %s", accepted.ID, since(began))
	}
	return accepted, err
}

func (j *journey) archived(ctx context.Context, id string) (message client.Message, err error) {
	err = await(ctx, func() (done bool, err error) {
		message, err = j.client.Message(ctx, id)
		return message.Archive != nil, err
	})
	if err != nil {
		return message, fmt.Errorf("it was not archived: %w", err)
	}
	say("archived", "%s", message.Archive.ObjectKey)
	say("", "version %s, locked until %s", message.Archive.VersionID, message.RetainUntil.UTC().Format(time.RFC3339))
	for _, a := range message.Attachments {
		where := "came with the message"
		if a.URL != "" {
			where = "fetched from " + a.URL
		}
		if a.Failed != "" {
			return message, fmt.Errorf("attachment %s: %s", a.Filename, a.Failed)
		}
		say("", "%s, %d bytes, %s", a.Filename, a.Size, where)
	}
	return message, nil
}

func (j *journey) delivered(ctx context.Context, eventID string) error {
	var delivery client.Delivery
	err := await(ctx, func() (done bool, err error) {
		delivery, err = first(j.client.Deliveries(ctx, client.DeliveryFilter{EventID: eventID}))
		return delivery.Status != client.DeliveryPending, err
	})
	if err != nil {
		return fmt.Errorf("its event was not delivered: %w", err)
	}
	say("delivery", "%s, %s", delivery.ID, delivery.Status)
	for _, a := range delivery.Attempts {
		say("", "attempt %d: %d %s after %d ms", a.Number, a.StatusCode, a.ResponseBody, a.DurationMS)
	}
	say("", "%s", delivery.WorkflowURL)
	if delivery.Status != client.DeliveryDelivered {
		return errors.New("its event was not delivered")
	}
	select {
	case got := <-j.receiver.got:
		say("received", "%d bytes with webhook-id %s", len(got.body), got.header.Get("Webhook-Id"))
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// say prints one line of the journey.
func say(step, format string, arguments ...any) {
	fmt.Printf("  %-9s %s\n", step, fmt.Sprintf(format, arguments...))
}

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Millisecond) }

// await asks until it is done.
func await(ctx context.Context, ask func() (done bool, err error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not within %s", patience))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if done, err := ask(); err != nil || done {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// first is the first thing of a list.
func first[T any](list func(func(T, error) bool)) (T, error) {
	for thing, err := range list {
		return thing, err
	}
	var none T
	return none, errors.New("there is none")
}
