package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

type deliverCommand struct {
	Window   time.Duration `default:"10s" help:"How long each measurement takes, after a warm-up of a third of that."`
	Loops    int           `default:"64" help:"Publishers of the closed loop: each publishes again when its event has come."`
	Rates    []int         `default:"100,400" help:"Events a second of the open loops."`
	Dispatch []string      `default:"adaptive,workflow" help:"Settings of POSTHORN_DISPATCH to measure."`
	Webhooks int           `default:"8" help:"Webhooks that the events go to, one each."`
	Body     int           `default:"512" help:"Bytes of an event's data."`
	Profile  string        `placeholder:"FILE" help:"Run the product in this process, and write a CPU profile of the closed loop."`
	JSON     string        `placeholder:"FILE" help:"Write the figures as JSON."`
}

// delivered are the figures of one measurement. Times are from the answer that
// an event is accepted to its first arrival and, for open loops, from the moment
// it was due, so that a queue before the API counts.
type delivered struct {
	Dispatch  string  `json:"dispatch"`
	Load      string  `json:"load"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	DueP50    float64 `json:"due_p50_ms"`
	DueP99    float64 `json:"due_p99_ms"`
	Product   float64 `json:"product_cpu_ms"`  // an event
	Postgres  float64 `json:"postgres_cpu_ms"` // an event, with what Temporal does there
	Rest      float64 `json:"rest_cpu_ms"`     // an event: Temporal, load and receivers
	Again     int     `json:"arrived_again"`
}

// Run measures from publishing an event to its arrival.
func (c *deliverCommand) Run(ctx context.Context) error {
	fmt.Printf("Events of %d bytes, published over the API and delivered to one of %d webhooks; %s a line.\n\n", c.Body, c.Webhooks, c.Window)
	fmt.Println("                                      accept → arrival      due → arrival     CPU ms an event")
	fmt.Println("dispatch  load          events/s       p50      p99       p50      p99   product postgres   rest  again")
	var list []delivered
	for _, setting := range c.Dispatch {
		if err := c.under(ctx, setting, &list); err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
	}
	return writeJSON(c.JSON, list)
}

// under measures all loads under one setting.
func (c *deliverCommand) under(ctx context.Context, setting string, list *[]delivered) error {
	p, err := startProduct(ctx, setting, c.Profile != "")
	if err != nil {
		return err
	}
	defer p.stop()
	l := &loader{product: p, arrivals: newArrivals(), webhooks: c.Webhooks, prefix: "bench.", text: strings.Repeat("lorem ipsum ", c.Body/12+1)[:c.Body]}
	stop, err := l.subscribe(ctx, 0)
	if err != nil {
		return err
	}
	defer stop()
	measure := func(name string, window time.Duration, run func(time.Duration) error) (delivered, error) {
		l.reset()
		before, began := p.use(), time.Now()
		if err := run(window); err != nil {
			return delivered{}, err
		}
		again, err := l.arrivals.settle(ctx, time.Minute)
		took := time.Since(began)
		return l.figures(setting, name, took, p.use().minus(before), again), err
	}
	closed := func(window time.Duration) error { return l.closed(ctx, c.Loops, window) }
	if _, err := measure("", c.Window/3, closed); err != nil {
		return err
	}
	profile, err := c.profile()
	if err != nil {
		return err
	}
	f, err := measure("closed "+strconv.Itoa(c.Loops), c.Window, closed)
	profile()
	if err != nil {
		return err
	}
	f.print()
	*list = append(*list, f)
	for _, rate := range c.Rates {
		open := func(window time.Duration) error { return l.open(ctx, rate, window) }
		if _, err := measure("", c.Window/3, open); err != nil {
			return err
		}
		if f, err = measure(strconv.Itoa(rate)+"/s", c.Window, open); err != nil {
			return err
		}
		f.print()
		*list = append(*list, f)
	}
	return nil
}

func (f delivered) print() {
	fmt.Printf("%-9s %-11s %10.0f  %8.2f %8.2f  %8.2f %8.2f  %8.2f %8.2f %6.2f %6d\n",
		f.Dispatch, f.Load, f.PerSecond, f.P50, f.P99, f.DueP50, f.DueP99, f.Product, f.Postgres, f.Rest, f.Again)
}

// profile starts a CPU profile where one is asked for.
func (c *deliverCommand) profile() (stop func(), err error) {
	if c.Profile == "" {
		return func() {}, nil
	}
	file, err := os.Create(c.Profile)
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = file.Close() }, pprof.StartCPUProfile(file)
}

// loader publishes events and times their arrival.
type loader struct {
	*product
	*arrivals

	webhooks int
	prefix   string // of the types of events
	text     string
	sent     atomic.Int64

	mu          sync.Mutex
	accept, due *hdrhistogram.Histogram // microseconds
}

func (l *loader) reset() {
	l.arrivals.mu.Lock()
	clear(l.list)
	l.arrivals.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accept, l.due = hdrhistogram.New(1, int64(2*time.Minute/time.Microsecond), 3), hdrhistogram.New(1, int64(2*time.Minute/time.Microsecond), 3)
	l.sent.Store(0)
}

// one publishes an event and waits for it.
func (l *loader) one(ctx context.Context, p *publisher, due time.Time, after func()) error {
	n := l.sent.Add(1)
	id := rand.Text()
	e := l.expect(id)
	if err := p.publish(id, l.prefix+strconv.FormatInt(n%int64(l.webhooks), 10), l.text); err != nil {
		return err
	}
	accepted := time.Now()
	after()
	select {
	case <-e.came:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return fmt.Errorf("event %s did not come within a minute", id)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.accept.RecordValue(max(1, e.first.Sub(accepted).Microseconds())); err != nil {
		return err
	}
	return l.due.RecordValue(max(1, e.first.Sub(due).Microseconds()))
}

// closed has each publisher publish again when its event has come.
func (l *loader) closed(ctx context.Context, loops int, window time.Duration) error {
	var open closers
	defer func() { open.close() }()
	senders := make([]func() error, loops)
	for i := range senders {
		p, err := newPublisher(ctx, l.product)
		if err != nil {
			return err
		}
		open = append(open, p.close)
		senders[i] = func() error { return l.one(ctx, p, time.Now(), func() {}) }
	}
	_, err := closedLoop(ctx, window, senders)
	return err
}

// open publishes at a rate, whatever becomes of the events before.
func (l *loader) open(ctx context.Context, rate int, window time.Duration) error {
	var open closers
	defer func() { open.close() }()
	free := make(chan *publisher, 1024)
	for range 64 {
		p, err := newPublisher(ctx, l.product)
		if err != nil {
			return err
		}
		open = append(open, p.close)
		free <- p
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	begin := time.Now()
	for n := range int(window.Seconds() * float64(rate)) {
		due := begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			p := <-free
			if err := l.one(ctx, p, due, func() { free <- p }); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func (l *loader) figures(setting, name string, took time.Duration, u usage, again int) delivered {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := float64(l.accept.TotalCount())
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / n }
	return delivered{
		Dispatch: setting, Load: name, PerSecond: n / took.Seconds(), P50: ms(l.accept, 50), P99: ms(l.accept, 99),
		DueP50: ms(l.due, 50), DueP99: ms(l.due, 99),
		Product: each(u.product), Postgres: each(u.postgres), Rest: each(u.rest), Again: again,
	}
}

// ms is a quantile, in milliseconds.
func ms(h *hdrhistogram.Histogram, quantile float64) float64 {
	return float64(h.ValueAtQuantile(quantile)) / 1000
}
