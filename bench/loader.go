package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// poster is one connection that posts what becomes an event.
type poster interface {
	post(id, eventType, text string) error
	close()
}

// loader posts, and times the arrival of what becomes of that.
type loader struct {
	*product
	*arrivals

	poster   func(context.Context, *product) (poster, error)
	webhooks int
	types    string // what the types of events begin with or, without a dot, the type
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

// eventType is what a webhook is subscribed to.
func (l *loader) eventType(webhook int) string {
	if !strings.HasSuffix(l.types, ".") {
		return l.types
	}
	return l.types + strconv.Itoa(webhook)
}

// one publishes an event and waits for it.
func (l *loader) one(ctx context.Context, p poster, due time.Time, after func()) error {
	n := l.sent.Add(1)
	id := rand.Text()
	e := l.expect(id)
	if err := p.post(id, l.eventType(int(n)%l.webhooks), l.text); err != nil {
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
		p, err := l.poster(ctx, l.product)
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
	free := make(chan poster, 1024)
	for range 64 {
		p, err := l.poster(ctx, l.product)
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
