package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	"posthorn/client"
)

type ingestCommand struct {
	Connections []int `default:"1,8,64,256" help:"How many connections send at once."`
	Body        int   `default:"1024" help:"Bytes of a message."`
}

// What the ceiling is measured with.
const (
	bareConnections = 64
	bareName        = "bare pgx 64"
)

// Run measures the API alone, without a worker, beside PostgreSQL, which waits
// for the disk. Before and after, bare connections write the same rows in one
// transaction a message; the better of both is the ceiling, by which the other
// scenarios of a run can be scaled.
func (c *ingestCommand) Run(ctx context.Context, b *bench) error {
	b.begin("ingest", "messages of %d bytes, each acknowledged after its commit; bare pgx: their rows, inserted without Posthorn", c.Body)
	p, err := b.start(ctx, "adaptive", roleAPI)
	if err != nil {
		return err
	}
	defer p.stop()
	e, err := p.addEndpoint(ctx)
	if err != nil {
		return err
	}
	bare := func() (err error) {
		return c.measure(ctx, p, bareName, bareConnections, func() (func() error, func(), error) {
			w, err := newWriter(ctx, p, e.ID, c.Body)
			if err != nil {
				return nil, nil, err
			}
			return func() error { return w.write(ctx) }, w.close, nil
		})
	}
	if err := bare(); err != nil {
		return err
	}
	for _, n := range c.Connections {
		name := strconv.Itoa(n) + " connections"
		if err := c.measure(ctx, p, name, n, func() (func() error, func(), error) { return c.sender(ctx, p, e) }); err != nil {
			return err
		}
	}
	if err := bare(); err != nil {
		return err
	}
	b.document.Bare = max(b.table[0].PerSecond, b.table[len(b.table)-1].PerSecond)
	return b.end()
}

// sender sends messages over a connection.
func (c *ingestCommand) sender(ctx context.Context, p *product, e client.Endpoint) (send func() error, closeIt func(), err error) {
	w, err := newProducer(ctx, p, e, c.Body, none)
	if err != nil {
		return nil, nil, err
	}
	prefix, sent := rand.Text(), 0
	return func() error { sent++; return w.post(fmt.Sprintf("%s-%d", prefix, sent), "", "") }, w.close, nil
}

func (c *ingestCommand) measure(ctx context.Context, p *product, name string, count int, open func() (func() error, func(), error)) error {
	b := p.bench
	b.note("ingest %s", name)
	var opened closers
	defer opened.close()
	senders := make([]func() error, count)
	for i := range senders {
		send, closeIt, err := open()
		if err != nil {
			return err
		}
		opened.add(closeIt)
		senders[i] = send
	}
	if _, err := closedLoop(ctx, b.window()/3, senders); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	before := p.use()
	stop := func() {}
	if name != bareName {
		var err error
		if stop, err = b.profile(); err != nil {
			return err
		}
	}
	took, err := closedLoop(ctx, b.window(), senders)
	stop()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	answers := took.times("answer")
	b.report(result{
		Load: name, Events: answers.Count, PerSecond: float64(answers.Count) / b.window().Seconds(),
		Times: []times{answers}, CPU: each(since(before, p.use()), answers.Count),
	})
	return nil
}
