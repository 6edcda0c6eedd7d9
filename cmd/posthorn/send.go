package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"posthorn/client"
	"posthorn/follow"
)

type sendCommand struct {
	File string `arg:"" optional:"" placeholder:"FILE" help:"A message as JSON, sent byte for byte; - for standard input. Left out: made of the flags."`
	target
	ExternalID string            `placeholder:"ID" help:"Of the message; a repeat is a duplicate. Left out: a new one."`
	From       string            `default:"alice@example.com" placeholder:"WHO" help:"Sender's identifier (${default})."`
	To         []string          `default:"bob@example.com" placeholder:"WHO" help:"Recipients' identifiers (${default})."`
	Body       string            `default:"Hello from posthorn send." placeholder:"TEXT" help:"Text of the message."`
	Attach     []string          `placeholder:"FILE" type:"existingfile" help:"Files to attach."`
	Field      map[string]string `placeholder:"NAME=VALUE" help:"Additional fields."`
	Wait       time.Duration     `default:"1m" placeholder:"TIME" help:"How long the message is followed at most (${default}; without an API key 30s); 0: not at all."`
}

func (c *sendCommand) Help() string {
	return `Sends one message and tells what becomes of it: accepted, archived, and with an API key each attempt of each
delivery. It ends with 0 once everything has ended well, with 1 where the message was refused, with 2 where a delivery failed
or is held, and with 3 where --wait passed first.`
}

func (c *sendCommand) Run(ctx context.Context) error {
	sender, api, err := c.open(ctx)
	if err != nil {
		return err
	}
	body, err := c.message()
	if err != nil {
		return err
	}
	began := time.Now()
	tell := func(s follow.Step) {
		fmt.Printf("%8d ms  %-10s %s\n", max(0, s.At.Sub(began).Milliseconds()), s.Kind, s.Text)
	}
	accepted, err := sender.SendRaw(ctx, body, c.options(api)...)
	if err != nil {
		return err
	}
	if accepted.Duplicate {
		fmt.Println("It is a duplicate: the first message of this external id is", accepted.ID)
		began = accepted.ReceivedAt
	}
	if api == nil {
		tell(follow.Step{At: accepted.ReceivedAt, Kind: follow.Accepted, Text: "message " + accepted.ID})
		if r := accepted.Receipt; r != nil {
			tell(follow.Step{At: time.Now(), Kind: follow.Archived, Text: "until " + r.RetainUntil.Format(time.RFC3339) + ": " + r.ObjectKey})
		} else if c.Wait > 0 {
			return exit{3, errors.New("the message is accepted and durable; it was not archived within " + c.held().String())}
		}
		return nil
	}
	if c.Wait <= 0 {
		tell(follow.Step{At: accepted.ReceivedAt, Kind: follow.Accepted, Text: "message " + accepted.ID})
		return nil
	}
	return c.follow(ctx, api, accepted.ID, tell)
}

func (c *sendCommand) follow(ctx context.Context, api *client.Client, id string, tell func(follow.Step)) error {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	out, err := follow.Message(ctx, api, id, tell)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return exit{3, fmt.Errorf("not everything had ended within %s; it goes on by itself", c.Wait)}
	case err != nil:
		return err
	case out.Failed+out.Held > 0:
		return exit{2, fmt.Errorf("of %d deliveries %d failed and %d are held", out.Delivered+out.Failed+out.Held, out.Failed, out.Held)}
	}
	return nil
}

// options let the endpoint hold its answer where nobody else can be asked.
func (c *sendCommand) options(api *client.Client) []client.SendOption {
	if api != nil || c.Wait <= 0 {
		return nil
	}
	return []client.SendOption{client.Wait(c.held())}
}

// held is how long an endpoint holds its answer: whole seconds, 30 at most.
func (c *sendCommand) held() time.Duration {
	return min(max(c.Wait.Truncate(time.Second), time.Second), 30*time.Second)
}

// message is what is sent.
func (c *sendCommand) message() ([]byte, error) {
	switch c.File {
	case "":
	case "-":
		return io.ReadAll(os.Stdin)
	default:
		return os.ReadFile(c.File)
	}
	m := client.NewMessage{
		ExternalID: c.ExternalID, OccurredAt: time.Now(), From: client.Party{Identifier: c.From}, Body: c.Body, Fields: map[string]any{},
	}
	if m.ExternalID == "" {
		m.ExternalID = "send-" + time.Now().UTC().Format("20060102T150405.000000000")
	}
	for _, to := range c.To {
		m.To = append(m.To, client.Party{Identifier: to})
	}
	for name, value := range c.Field {
		m.Fields[name] = value
	}
	for _, path := range c.Attach {
		a, err := attachment(path)
		if err != nil {
			return nil, err
		}
		m.Attachments = append(m.Attachments, a)
	}
	return m.MarshalJSON()
}
