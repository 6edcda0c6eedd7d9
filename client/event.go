package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Event is something that happened, to be delivered to the webhooks that match
// its type.
type Event struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"`
	OccurredAt time.Time       `json:"occurred_at"`
	CreatedAt  time.Time       `json:"created_at"`
	MessageID  string          `json:"message_id,omitempty"`  // of the message that it was made of
	EndpointID string          `json:"endpoint_id,omitempty"` // of that message's endpoint
}

// NewEvent is an event to publish.
type NewEvent struct {
	Type       string     `json:"type"`
	Data       any        `json:"data"`         // is written as JSON; json.RawMessage as it is
	ID         string     `json:"id,omitempty"` // 1 to 255 of letters, digits, _ and -; "": the gateway makes one
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
}

const events = "/api/v1/events"

// Publish publishes an event. With an id of the caller's it can be repeated:
// the first event is the answer.
func (c *Client) Publish(ctx context.Context, e NewEvent, options ...CallOption) (Event, error) {
	return call[Event](ctx, c, http.MethodPost, events, e, options...)
}

// EventFilter narrows a list of events; zero fields do not.
type EventFilter struct {
	Type          string
	EndpointID    string
	MessageID     string
	After, Before time.Time // when it occurred: from After on, and before Before
}

// Events iterates over the events, newest first.
func (c *Client) Events(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	return all[Event](ctx, c, events, f.values())
}

func (f *EventFilter) values() url.Values {
	query := url.Values{}
	set(query, "type", f.Type)
	set(query, "endpoint_id", f.EndpointID)
	set(query, "message_id", f.MessageID)
	setTime(query, "after", f.After)
	setTime(query, "before", f.Before)
	return query
}

// Event finds one event.
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	return call[Event](ctx, c, http.MethodGet, item(events, id), nil)
}
