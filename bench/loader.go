package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"posthorn/client"
)

// poster is one connection that posts what becomes an event.
type poster interface {
	// post posts it, and holds says what the event's body must contain.
	post(id, eventType, text string) error
	holds(id, text string) string
	close()
}

// connections is how many open loops and floods post over.
const connections = 64

// loader posts, and times the arrival of what becomes of that.
type loader struct {
	*product
	receiver

	poster   func(ctx context.Context, p *product) (poster, error)
	webhooks int
	fan      bool   // each event goes to all webhooks, instead of to one in turn
	types    string // what the types of events begin with or, without a dot at its end, the type
	text     string // of each event

	posted atomic.Int64 // by all loads
}

// newLoader is one that publishes events.
func newLoader(p *product, types string, webhooks, size int) *loader {
	return &loader{
		product: p, receiver: receiver{arrivals: newArrivals(), key: eventID}, poster: newPublisher,
		webhooks: webhooks, types: types, text: lorem(size),
	}
}

func lorem(size int) string { return strings.Repeat("lorem ipsum ", size/12+1)[:size] }

// subscribe makes the loader's webhooks, with a server for them all.
func (l *loader) subscribe(ctx context.Context) error {
	url, stop, err := serve(ctx, &l.receiver)
	if err != nil {
		return err
	}
	l.closers.add(stop)
	for i := range l.webhooks {
		number := 0
		if l.fan {
			number = i
		}
		_, err := l.client.CreateWebhook(ctx, client.WebhookSettings{
			URL: new(url + "/" + strconv.Itoa(number)), Events: &[]string{l.eventType(i)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eventType is what a webhook is subscribed to.
func (l *loader) eventType(webhook int) string {
	if !strings.HasSuffix(l.types, ".") {
		return l.types
	}
	return l.types + strconv.Itoa(webhook)
}

// post posts what becomes an event.
func (l *loader) post(p poster, due time.Time) (*arrival, error) {
	n, id, receivers := l.posted.Add(1), rand.Text(), 1
	if l.fan {
		receivers = l.webhooks
	}
	e := l.expect(id, p.holds(id, l.text), receivers, due)
	if err := p.post(id, l.eventType(int(n)%l.webhooks), l.text); err != nil {
		return nil, fmt.Errorf("posting: %w", err)
	}
	l.accepted(e)
	return e, nil
}

// dial opens connections to post over.
func (l *loader) dial(ctx context.Context, count int) (list []poster, closeAll func(), err error) {
	var open closers
	for range count {
		p, err := l.poster(ctx, l.product)
		if err != nil {
			open.close()
			return nil, nil, err
		}
		open.add(p.close)
		list = append(list, p)
	}
	return list, open.close, nil
}

// closed has each poster post again when its event has come.
func (l *loader) closed(ctx context.Context, loops int, window time.Duration) error {
	list, closeAll, err := l.dial(ctx, loops)
	if err != nil {
		return err
	}
	defer closeAll()
	senders := make([]func() error, loops)
	for i, p := range list {
		senders[i] = func() error {
			e, err := l.post(p, time.Now())
			if err != nil {
				return err
			}
			select {
			case <-e.came:
			case <-ctx.Done():
			case <-time.After(l.patience): // settle says that it is lost
			}
			return ctx.Err()
		}
	}
	_, err = closedLoop(ctx, window, senders)
	return err
}

// open posts at a rate, whatever becomes of what was posted before.
func (l *loader) open(ctx context.Context, rate int, window time.Duration) error {
	list, closeAll, err := l.dial(ctx, connections)
	if err != nil {
		return err
	}
	defer closeAll()
	senders := make([]func(time.Time) error, len(list))
	for i, p := range list {
		senders[i] = func(due time.Time) error {
			_, err := l.post(p, due)
			return err
		}
	}
	return openLoop(ctx, rate, window, senders)
}

// flood posts so many, over so many connections, and waits for none to arrive.
func (l *loader) flood(ctx context.Context, count, connections int) error {
	list, closeAll, err := l.dial(ctx, connections)
	if err != nil {
		return err
	}
	defer closeAll()
	senders := make([]func() error, len(list))
	for i, p := range list {
		senders[i] = func() error {
			_, err := l.post(p, time.Now())
			return err
		}
	}
	return flood(ctx, count, senders)
}

// wait waits until every event has come, and says what is known of those that
// make it wait long.
func (l *loader) wait(ctx context.Context) error {
	return l.settle(ctx, func(missing int) {
		l.bench.note("nothing has come for 5 s, and %d events are missing", missing)
		for _, id := range l.some() {
			for d, err := range l.client.Deliveries(ctx, client.DeliveryFilter{EventID: id}) {
				l.bench.note("  event %s: delivery %s, %s after %d attempts, next at %s, made at %s; %v", id, d.ID, d.Status, len(d.Attempts),
					d.NextAttemptAt.Format(time.TimeOnly), d.CreatedAt.Format(time.StampMilli), err)
			}
		}
	})
}
