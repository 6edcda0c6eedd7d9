package client

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"
)

// Mapping makes messages of another platform's JSON: CEL expressions over body,
// headers, query and received_at, one for each part of a message.
type Mapping struct {
	ExternalID  string            `json:"external_id"`
	OccurredAt  string            `json:"occurred_at,omitempty"` // "": the time of receipt
	From        string            `json:"from"`
	To          string            `json:"to"`
	Body        string            `json:"body"`
	Attachments string            `json:"attachments,omitempty"`
	Direction   string            `json:"direction,omitempty"`
	Fields      map[string]string `json:"fields,omitempty"` // additional fields, by their names
	// Challenge gives the text that a request is answered with instead of being
	// a message, where it is a platform's question.
	Challenge string `json:"challenge,omitempty"`
}

// MarshalJSON writes the zero Mapping as null, which ends a mapping.
func (m Mapping) MarshalJSON() ([]byte, error) {
	type plain Mapping
	if reflect.ValueOf(m).IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(plain(m))
}

// MappingSample is what a mapping is tried on: a refused request that is kept,
// or a payload.
type MappingSample struct {
	RefusedID string
	Payload   json.RawMessage
	Headers   map[string]string
	Query     map[string]string
}

// Mapped is the message that a request becomes, or why it does not.
type Mapped struct {
	Message   *MappedMessage `json:"message"` // nil where the mapping fails, or the request is a challenge
	Challenge string         `json:"challenge"`
	Errors    []FieldError   `json:"errors"` // each with its place in the mapping
}

// MappedMessage is a message as a mapping makes it.
type MappedMessage struct {
	ExternalID  string          `json:"external_id"`
	OccurredAt  time.Time       `json:"occurred_at"`
	From        Party           `json:"from"`
	To          []Party         `json:"to"`
	Body        string          `json:"body"`
	Attachments []Attachment    `json:"attachments"`
	Fields      json.RawMessage `json:"fields"`
	EventType   string          `json:"event_type"`
}

// TestMapping tries a mapping, nil for the endpoint's, on a sample. Nothing is
// stored.
func (c *Client) TestMapping(ctx context.Context, endpointID string, m *Mapping, s MappingSample) (Mapped, error) {
	body := map[string]any{}
	if m != nil {
		body["mapping"] = m
	}
	if s.RefusedID != "" {
		body["refused_id"] = s.RefusedID
	} else {
		body["sample"], body["headers"], body["query"] = s.Payload, s.Headers, s.Query
	}
	for name, value := range body {
		if values, ok := value.(map[string]string); ok && values == nil {
			delete(body, name)
		}
	}
	return call[Mapped](ctx, c, http.MethodPost, item(endpoints, endpointID, "mapping", "test"), body)
}
