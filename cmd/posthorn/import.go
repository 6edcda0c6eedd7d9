package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"posthorn/client"
)

type importCommand struct {
	File string `arg:"" placeholder:"FILE" help:"Messages as NDJSON, one a line, also gzipped; - for standard input."`
	target
	State    string        `placeholder:"FILE" help:"Where it is kept how far the import is. Left out: FILE.state, and for standard input none."`
	Refused  string        `placeholder:"FILE" help:"Where lines that were refused are written, as they are. Left out: FILE.refused.ndjson, with the reasons in FILE.refused.errors.ndjson."`
	Batch    int           `default:"500" placeholder:"N" help:"Messages of a request, at most 1000 (${default})."`
	Patience time.Duration `default:"15m" placeholder:"TIME" help:"How long the gateway may be away before the import ends (${default})."`
}

func (c *importCommand) Help() string {
	return `Sends history: every line is a message, as a request to the endpoint would be. It obeys the endpoint's rate and waits
while the gateway is away. When it is interrupted, run it again: it goes on behind the last line that was acknowledged.
Lines that are refused are written to a file of their own, which can be corrected and imported.

It ends with 0 once every line was taken, with 2 where some were refused, and with 1 where it could not go on.`
}

func (c *importCommand) Run(ctx context.Context) error {
	if c.Batch < 1 || c.Batch > 1000 {
		return errors.New("--batch must be 1 to 1000")
	}
	sender, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	in, err := openSource(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	s, err := openState(c, in)
	if err != nil {
		return err
	}
	defer s.Close()
	show := newProgress(in, s)
	i := &importing{command: c, sender: sender, source: in, state: s, show: show}
	err = i.run(ctx)
	show.end()
	switch {
	case err != nil && c.statePath() != "":
		return fmt.Errorf("%w; %d lines are done: run it again to go on", err, s.Lines)
	case err != nil:
		return fmt.Errorf("%w; %d lines are done", err, s.Lines)
	}
	fmt.Printf("%d lines: %d accepted, %d duplicates, %d refused\n", s.Lines, s.Accepted, s.Duplicates, s.Refused)
	if s.Refused > 0 {
		return exit{2, fmt.Errorf("%d lines were refused; they are in %s, the reasons beside it", s.Refused, c.refusedPath())}
	}
	return nil
}

func (c *importCommand) statePath() string {
	if c.State == "" && c.File != "-" {
		return c.File + ".state"
	}
	return c.State
}

func (c *importCommand) refusedPath() string {
	switch {
	case c.Refused != "":
		return c.Refused
	case c.File == "-":
		return "refused.ndjson"
	}
	return c.File + ".refused.ndjson"
}

// importing sends a source's lines, a batch at a time.
type importing struct {
	command *importCommand
	sender  *client.Sender
	source  *source
	state   *state
	show    *progress
}

func (i *importing) run(ctx context.Context) error {
	for {
		lines, err := i.source.next(i.command.Batch)
		if len(lines) > 0 {
			if err := i.send(ctx, lines); err != nil {
				return err
			}
			i.state.Lines += int64(len(lines))
			if err := i.state.save(i.source); err != nil {
				return err
			}
			i.show.at(i.source, i.state)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// send settles every line of a batch. What the gateway could not do just now,
// and that alone, is sent again.
func (i *importing) send(ctx context.Context, lines []sourceLine) error {
	var pending []sourceLine
	for _, l := range lines {
		switch {
		case len(bytes.TrimSpace(l.text)) == 0:
		case l.tooLong:
			if err := i.state.refuse(l, http.StatusRequestEntityTooLarge, []client.FieldError{{Message: "the line is longer than a message may be"}}); err != nil {
				return err
			}
		default:
			pending = append(pending, l)
		}
	}
	patience := newPatience(i.command.Patience)
	for len(pending) > 0 {
		results, err := i.post(ctx, pending)
		if err == nil && len(results) != len(pending) {
			err = fmt.Errorf("%d lines were answered by %d results: is this an endpoint of Posthorn?", len(pending), len(results))
		}
		if err != nil {
			if err := patience.wait(ctx, err, i.show); err != nil {
				return err
			}
			continue
		}
		var again []sourceLine
		for n, r := range results {
			switch {
			case r.Accepted != nil && r.Accepted.Duplicate:
				i.state.Duplicates++
			case r.Accepted != nil:
				i.state.Accepted++
			case r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests:
				again = append(again, pending[n])
			default:
				if err := i.state.refuse(pending[n], r.StatusCode, r.Fields); err != nil {
					return err
				}
			}
		}
		if len(again) == 0 {
			return nil
		}
		if len(again) < len(pending) {
			patience = newPatience(i.command.Patience)
		}
		pending = again
		if err := patience.wait(ctx, &client.Error{StatusCode: http.StatusServiceUnavailable}, i.show); err != nil {
			return err
		}
	}
	return nil
}

// requestTimeout is long enough for the largest batch on a slow line: the gateway
// itself bounds a request by less.
const requestTimeout = 5 * time.Minute

func (i *importing) post(ctx context.Context, lines []sourceLine) ([]client.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return i.sender.SendBatchRaw(ctx, join(lines))
}

func join(lines []sourceLine) []byte {
	var body bytes.Buffer
	for _, l := range lines {
		body.Write(bytes.TrimRight(l.text, "\r\n"))
		body.WriteByte('\n')
	}
	return body.Bytes()
}

// patience is how long the gateway may be away.
type patience struct {
	until time.Time
	pause time.Duration
}

func newPatience(limit time.Duration) *patience {
	return &patience{until: time.Now().Add(limit), pause: time.Second}
}

// wait waits for what a retry can help with, as long as the gateway says; the
// error is one for good.
func (p *patience) wait(ctx context.Context, err error, show *progress) error {
	pause := p.pause
	refused, answered := errors.AsType[*client.Error](err)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case answered && !refused.Temporary():
		return err
	case answered && refused.RetryAfter > 0:
		pause = refused.RetryAfter
	}
	if time.Now().Add(pause).After(p.until) {
		return fmt.Errorf("the gateway was away for too long: %w", err)
	}
	p.pause = min(2*p.pause, 30*time.Second)
	show.waits(err, pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-timer.C:
		return nil
	}
}
