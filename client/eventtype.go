package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"time"
)

// EventType is a type of events in the catalogue. Others can be published too.
type EventType struct {
	Type        string          `json:"type"`
	Topic       string          `json:"topic"` // its first segment
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"` // JSON Schema of the data; null: any
	BuiltIn     bool            `json:"built_in"`
	UpdatedAt   time.Time       `json:"updated_at"` // zero: nobody has changed it
}

const eventTypes = "/api/v1/event-types"

// EventTypes iterates over the catalogue, by name.
func (c *Client) EventTypes(ctx context.Context) iter.Seq2[EventType, error] {
	return all[EventType](ctx, c, eventTypes, nil)
}

// PutEventType adds a type to the catalogue, or changes it. Events whose data
// do not fit the schema (JSON Schema; nil: any data) are refused from then on.
func (c *Client) PutEventType(ctx context.Context, eventType, description string, schema json.RawMessage) (EventType, error) {
	return call[EventType](ctx, c, http.MethodPut, eventTypes, struct {
		Type        string          `json:"type"`
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"schema,omitempty"`
	}{eventType, description, schema})
}
