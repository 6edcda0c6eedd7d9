package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"posthorn/client"
)

type isolationCommand struct {
	Window   time.Duration `default:"20s" help:"How long each measurement takes, after a warm-up of a fifth of that."`
	Rate     int           `default:"50" help:"Events a second to the healthy receiver that is timed."`
	Healthy  int           `default:"10" help:"Healthy receivers beside it, with as many events a second together."`
	Hanging  int           `default:"3" help:"Receivers that hang."`
	Backlog  int           `default:"200" help:"Events to each of these, published at once."`
	Hang     time.Duration `default:"9s" help:"How long they hang before each answer."`
	Dispatch []string      `default:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
	JSON     string        `placeholder:"FILE" help:"Write the figures as JSON."`
}

// isolated are the figures of one setting: from the answer that an event is
// accepted to its arrival at a healthy receiver.
type isolated struct {
	Dispatch  string  `json:"dispatch"`
	AloneP50  float64 `json:"alone_p50_ms"`
	AloneP99  float64 `json:"alone_p99_ms"`
	BesideP50 float64 `json:"beside_p50_ms"`
	BesideP99 float64 `json:"beside_p99_ms"`
	Hung      int     `json:"answers_of_hanging"`
}

// Run times a healthy receiver alone, and beside receivers that hang.
func (c *isolationCommand) Run(ctx context.Context) error {
	fmt.Printf("%d events/s to one healthy receiver and %d/s to %d others; then beside %d that hang %s before each of %d answers.\n\n",
		c.Rate, c.Rate, c.Healthy, c.Hanging, c.Hang, c.Backlog)
	fmt.Println("                  alone           beside those that hang")
	fmt.Println("dispatch      p50      p99       p50      p99   ratio of p99   they answered")
	var list []isolated
	for _, setting := range c.Dispatch {
		f, err := c.under(ctx, setting)
		if err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
		fmt.Printf("%-9s %7.2f  %7.2f   %7.2f  %7.2f   %12.2f   %13d\n",
			f.Dispatch, f.AloneP50, f.AloneP99, f.BesideP50, f.BesideP99, f.BesideP99/max(f.AloneP99, 0.001), f.Hung)
		list = append(list, f)
	}
	return writeJSON(c.JSON, list)
}

func (c *isolationCommand) under(ctx context.Context, setting string) (f isolated, err error) {
	p, err := startProduct(ctx, setting, &loads{})
	if err != nil {
		return f, err
	}
	defer p.stop()
	f.Dispatch = setting
	healthy := &loader{product: p, poster: newPublisher, arrivals: newArrivals(eventID), webhooks: 1, text: "hello", types: "healthy."}
	others := &loader{product: p, poster: newPublisher, arrivals: newArrivals(eventID), webhooks: c.Healthy, text: "hello", types: "other."}
	hanging := &loader{product: p, poster: newPublisher, arrivals: newArrivals(eventID), webhooks: c.Hanging, text: "hello", types: "hanging."}
	var open closers
	defer func() { open.close() }()
	for _, l := range []*loader{healthy, others, hanging} {
		delay := time.Duration(0)
		if l == hanging {
			delay = c.Hang
		}
		stop, err := l.subscribe(ctx, delay)
		if err != nil {
			return f, err
		}
		open = append(open, stop)
	}
	both := func(window time.Duration) (*hdrhistogram.Histogram, error) {
		healthy.reset()
		others.reset()
		failed := make(chan error, 1)
		go func() { failed <- others.open(ctx, c.Rate, window) }()
		err := healthy.open(ctx, c.Rate, window)
		if other := <-failed; err == nil {
			err = other
		}
		for _, l := range []*loader{healthy, others} {
			if err == nil {
				_, err = l.settle(ctx, time.Minute)
			}
		}
		return healthy.accept, err
	}
	if _, err := both(c.Window / 5); err != nil {
		return f, err
	}
	alone, err := both(c.Window)
	if err != nil {
		return f, err
	}
	f.AloneP50, f.AloneP99 = ms(alone, 50), ms(alone, 99)
	if err := c.clog(ctx, hanging); err != nil {
		return f, err
	}
	beside, err := both(c.Window)
	if err != nil {
		return f, err
	}
	f.BesideP50, f.BesideP99 = ms(beside, 50), ms(beside, 99)
	f.Hung = hanging.came()
	return f, nil
}

// clog publishes the backlog of those that hang, and does not wait for it.
func (c *isolationCommand) clog(ctx context.Context, l *loader) error {
	p, err := newPublisher(ctx, l.product)
	if err != nil {
		return err
	}
	defer p.close()
	for n := range c.Hanging * c.Backlog {
		id := rand.Text()
		l.expect(id)
		if err := p.post(id, l.eventType(n%c.Hanging), l.text); err != nil {
			return err
		}
	}
	return nil
}

// subscribe makes the loader's webhooks, with a receiver for them all.
func (l *loader) subscribe(ctx context.Context, delay time.Duration) (stop func(), err error) {
	url, stop, err := l.serve(ctx, delay)
	if err != nil {
		return nil, err
	}
	for i := range l.webhooks {
		_, err := l.client.CreateWebhook(ctx, client.WebhookSettings{URL: new(url), Events: &[]string{l.eventType(i)}})
		if err != nil {
			stop()
			return nil, err
		}
	}
	return stop, nil
}

// came counts the events that have come.
func (a *arrivals) came() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.list {
		n += min(e.times, 1)
	}
	return n
}
