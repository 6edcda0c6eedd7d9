package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// loads are a closed loop and open ones, one after another.
type loads struct {
	Window  time.Duration `default:"10s" help:"How long each measurement takes, after a warm-up of a third of that."`
	Loops   int           `default:"64" help:"Those who post in the closed loop: each posts again when its event has come."`
	Rates   []int         `default:"100,400" help:"Events a second of the open loops."`
	Profile string        `placeholder:"FILE" help:"Run the product in this process, and write a CPU profile of the closed loop."`

	Statements bool `help:"Print what PostgreSQL spent its time on in each measurement (pg_stat_statements)."`
}

// delivered are the figures of one measurement. Times are from the answer that
// an event is accepted to its first arrival and, for open loops, from the moment
// it was due, so that a queue before the API counts.
type delivered struct {
	Setting   string  `json:"setting"`
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

func printHead(setting string) {
	fmt.Println("                                      accept → arrival      due → arrival     CPU ms an event")
	fmt.Printf("%-9s load          events/s       p50      p99       p50      p99   product postgres   rest  again\n", setting)
}

func (f delivered) print() {
	fmt.Printf("%-9s %-11s %10.0f  %8.2f %8.2f  %8.2f %8.2f  %8.2f %8.2f %6.2f %6d\n",
		f.Setting, f.Load, f.PerSecond, f.P50, f.P99, f.DueP50, f.DueP99, f.Product, f.Postgres, f.Rest, f.Again)
}

// run measures all loads.
func (c *loads) run(ctx context.Context, l *loader, setting string, list *[]delivered) error {
	measure := func(name string, window time.Duration, run func(time.Duration) error) (delivered, error) {
		l.reset()
		if err := l.resetStatements(ctx); err != nil {
			return delivered{}, err
		}
		before, began := l.use(), time.Now()
		if err := run(window); err != nil {
			return delivered{}, err
		}
		again, err := l.arrivals.settle(ctx, time.Minute)
		took := time.Since(began)
		return l.figures(setting, name, took, l.use().minus(before), again), err
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
	if err := l.printStatements(ctx); err != nil {
		return err
	}
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
		if err := l.printStatements(ctx); err != nil {
			return err
		}
		*list = append(*list, f)
	}
	return nil
}

// profile starts a CPU profile where one is asked for.
func (c *loads) profile() (stop func(), err error) {
	if c.Profile == "" {
		return func() {}, nil
	}
	file, err := os.Create(c.Profile)
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = file.Close() }, pprof.StartCPUProfile(file)
}

func (l *loader) figures(setting, name string, took time.Duration, u usage, again int) delivered {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := float64(l.accept.TotalCount())
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / n }
	return delivered{
		Setting: setting, Load: name, PerSecond: n / took.Seconds(), P50: ms(l.accept, 50), P99: ms(l.accept, 99),
		DueP50: ms(l.due, 50), DueP99: ms(l.due, 99),
		Product: each(u.product), Postgres: each(u.postgres), Rest: each(u.rest), Again: again,
	}
}

// ms is a quantile, in milliseconds.
func ms(h *hdrhistogram.Histogram, quantile float64) float64 {
	return float64(h.ValueAtQuantile(quantile)) / 1000
}
