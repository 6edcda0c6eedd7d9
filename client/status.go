package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Statuses is what a provider said of one of its messages.
type Statuses struct {
	ProviderMessageID string   `json:"provider_message_id"`
	Recipients        []Status `json:"recipients"`
}

// Status is how far a message has come to one recipient.
type Status struct {
	Recipient   string       `json:"recipient"` // "" where the provider names none
	Status      string       `json:"status"`    // the type of the event that is furthest along, whenever it came
	OccurredAt  time.Time    `json:"occurred_at"`
	EventID     string       `json:"event_id"`
	Transitions []Transition `json:"transitions"` // all of them, the furthest along first
}

// Transition is one thing that a provider said.
type Transition struct {
	EventID    string    `json:"event_id"`
	Type       string    `json:"type"`
	RawStatus  string    `json:"raw_status"` // in the provider's words
	OccurredAt time.Time `json:"occurred_at"`
	ReceivedAt time.Time `json:"received_at"`
}

// Statuses shows what came at a provider's endpoint about one of the provider's
// messages.
func (c *Client) Statuses(ctx context.Context, endpointID, providerMessageID string) (Statuses, error) {
	query := url.Values{"provider_message_id": {providerMessageID}}
	return call[Statuses](ctx, c, http.MethodGet, item(endpoints, endpointID, "statuses")+"?"+query.Encode(), nil)
}

// RotateProvider gives a provider's endpoint the next version of its
// configuration: change has what changes, such as the new secret. The version
// before is in force for overlap, too.
func (c *Client) RotateProvider(ctx context.Context, endpointID string, change json.RawMessage, overlap time.Duration) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, item(endpoints, endpointID, "rotate"), struct {
		rotation
		ProviderConfig json.RawMessage `json:"provider_config"`
	}{rotation{Duration(overlap)}, change})
}
