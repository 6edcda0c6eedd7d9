package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// pageSize is how many things are asked for at a time: the most that the API
// gives.
const pageSize = 100

// all iterates over a list, newest first, and fetches its pages as they are
// needed. An error ends it. What is added meanwhile does not appear; nothing
// else is missed or repeated.
func all[T any](ctx context.Context, c *Client, path string, filter url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := maps.Clone(filter)
		if query == nil {
			query = url.Values{}
		}
		query.Set("limit", strconv.Itoa(pageSize))
		for {
			p, err := fetchPage[T](ctx, c, path+"?"+query.Encode())
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, thing := range p.Data {
				if !yield(thing, nil) {
					return
				}
			}
			if p.NextCursor == "" {
				return
			}
			query.Set("cursor", p.NextCursor)
		}
	}
}

type page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor"` // null on the last
}

func fetchPage[T any](ctx context.Context, c *Client, path string) (p page[T], err error) {
	response, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return p, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&p); err != nil {
		return p, fmt.Errorf("client: the answer of GET %s: %w", path, err)
	}
	return p, nil
}

// Page asks for one page of a list.
type Page struct {
	Limit  int    // things, 1 to 100; 0: 50
	Cursor string // Next of the page before; "": the first page
}

// Listed is one page of a list, newest first.
type Listed[T any] struct {
	Items []T
	Next  string // the cursor of the next page; "" on the last
}

// some fetches one page.
func some[T any](ctx context.Context, c *Client, path string, filter url.Values, p Page) (Listed[T], error) {
	query := maps.Clone(filter)
	if query == nil {
		query = url.Values{}
	}
	if p.Limit > 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	set(query, "cursor", p.Cursor)
	got, err := fetchPage[T](ctx, c, path+"?"+query.Encode())
	return Listed[T]{Items: got.Data, Next: got.NextCursor}, err
}

// EndpointPage is a page of Endpoints.
func (c *Client) EndpointPage(ctx context.Context, p Page) (Listed[Endpoint], error) {
	return some[Endpoint](ctx, c, endpoints, nil, p)
}

// WebhookPage is a page of Webhooks.
func (c *Client) WebhookPage(ctx context.Context, p Page) (Listed[Webhook], error) {
	return some[Webhook](ctx, c, webhooks, nil, p)
}

// MessagePage is a page of Messages.
func (c *Client) MessagePage(ctx context.Context, f MessageFilter, p Page) (Listed[Message], error) {
	return some[Message](ctx, c, messages, f.values(), p)
}

// EventPage is a page of Events.
func (c *Client) EventPage(ctx context.Context, f EventFilter, p Page) (Listed[Event], error) {
	return some[Event](ctx, c, events, f.values(), p)
}

// DeliveryPage is a page of Deliveries.
func (c *Client) DeliveryPage(ctx context.Context, f DeliveryFilter, p Page) (Listed[Delivery], error) {
	return some[Delivery](ctx, c, deliveries, f.values(), p)
}

// set adds a parameter of a filter, unless it is empty.
func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

func setTime(query url.Values, name string, t time.Time) {
	if !t.IsZero() {
		query.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}
