package main

import (
	"context"
	"fmt"
	"time"

	"posthorn/client"
)

type listsCommand struct {
	Sizes []int `default:"10000,100000,1000000" help:"How many messages there are, with an event, a delivery and an attempt each; in ascending order."`
}

// request is one page of a list.
type request struct {
	name string
	page func(context.Context) (items int, err error)
}

// Run asks for lists, one request after another over one connection. Times are
// those of the client, who has read the answer.
func (c *listsCommand) Run(ctx context.Context, b *bench) error {
	b.begin("lists", "first pages of 50 over the API, among so many messages, events and deliveries; one request after another")
	p, err := b.start(ctx, "adaptive")
	if err != nil {
		return err
	}
	defer p.stop()
	f, err := newFiller(ctx, p)
	if err != nil {
		return err
	}
	defer f.close()
	for _, size := range c.Sizes {
		b.note("lists: making %d messages", size)
		if err := f.fill(ctx, size); err != nil {
			return err
		}
		for _, r := range p.requests(f) {
			took := newHistogram()
			// The first answers may need what is not in memory.
			for begin := time.Now(); time.Since(begin) < b.window()/5; {
				began := time.Now()
				if _, err := r.page(ctx); err != nil {
					return fmt.Errorf("%s: %w", r.name, err)
				}
				took.add(time.Since(began))
			}
			b.report(result{Load: fmt.Sprintf("%s of %d", r.name, size), Times: []times{took.times("answer")}})
		}
	}
	return b.end()
}

// requests are those that are measured. Words w0, w1, … are ever rarer, as in
// natural language (see fill).
func (p *product) requests(f *filler) []request {
	messages := func(name string, filter client.MessageFilter) request {
		return request{"messages " + name, func(ctx context.Context) (int, error) {
			list, err := p.client.MessagePage(ctx, filter, client.Page{})
			return len(list.Items), err
		}}
	}
	deliveries := func(name string, filter client.DeliveryFilter) request {
		return request{"deliveries " + name, func(ctx context.Context) (int, error) {
			list, err := p.client.DeliveryPage(ctx, filter, client.Page{})
			return len(list.Items), err
		}}
	}
	return []request{
		messages("all", client.MessageFilter{}),
		messages("endpoint", client.MessageFilter{EndpointID: f.endpoint.ID}),
		messages("accepted, none", client.MessageFilter{Status: client.MessageAccepted}),
		messages("before", client.MessageFilter{Before: time.Now().Add(-15 * 24 * time.Hour)}),
		messages("frequent word", client.MessageFilter{Query: "w1"}),
		messages("rare word", client.MessageFilter{Query: "w4000"}),
		messages("frequent and rare", client.MessageFilter{Query: "w2 w4000"}),
		messages("no such word", client.MessageFilter{Query: "nowhere"}),
		messages("prefix", client.MessageFilter{Query: "w400*"}),
		messages("sender", client.MessageFilter{From: "user123@example.com"}),
		messages("field", client.MessageFilter{Fields: map[string]string{"order": "order-77"}}),
		{"events all", func(ctx context.Context) (int, error) {
			list, err := p.client.EventPage(ctx, client.EventFilter{}, client.Page{})
			return len(list.Items), err
		}},
		deliveries("all", client.DeliveryFilter{}),
		deliveries("failed", client.DeliveryFilter{Status: client.DeliveryFailed}),
		deliveries("webhook", client.DeliveryFilter{WebhookID: f.webhook}),
	}
}
