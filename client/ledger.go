package client

import (
	"context"
	"net/http"
	"time"
)

// Ledger is the balance of all messages and deliveries, in one snapshot of the
// database.
type Ledger struct {
	At         time.Time        `json:"at"`
	Balanced   bool             `json:"balanced"` // whether it adds up
	Recounted  *bool            `json:"recounted,omitempty"`
	Messages   MessageLedger    `json:"messages"`
	Deliveries DeliveryLedger   `json:"deliveries"`
	Endpoints  []EndpointCounts `json:"endpoints"` // the most in flight first; at most 100
	Webhooks   []WebhookCounts  `json:"webhooks"`  // the most in flight, held and failed first; at most 100
}

// MessageCounts are numbers of messages: Accepted = Archived + InFlight.
type MessageCounts struct {
	Accepted int64 `json:"accepted"`
	Archived int64 `json:"archived"`
	InFlight int64 `json:"in_flight"`
}

// DeliveryCounts are numbers of deliveries, apart from tests:
// Made = Delivered + InFlight + Held + Failed + Cancelled.
type DeliveryCounts struct {
	Made      int64 `json:"made"` // one for each event and webhook that matched
	Delivered int64 `json:"delivered"`
	InFlight  int64 `json:"in_flight"`
	Held      int64 `json:"held"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
}

// MessageLedger is the balance of messages.
type MessageLedger struct {
	MessageCounts
	OldestInFlight time.Time         `json:"oldest_in_flight,omitzero"`
	Links          map[string]string `json:"links"` // paths of the lists behind the numbers
}

// DeliveryLedger is the balance of deliveries.
type DeliveryLedger struct {
	DeliveryCounts
	OldestInFlight time.Time         `json:"oldest_in_flight,omitzero"`
	Due            int               `json:"due"` // in flight and not waiting for a retry; counted up to 10,000
	Links          map[string]string `json:"links"`
}

// EndpointCounts are an endpoint's.
type EndpointCounts struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	MessageCounts
}

// WebhookCounts are a webhook's.
type WebhookCounts struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	DeliveryCounts
}

// Ledger reads the balance. With recount every row is counted too, and
// Recounted says whether that came to the same; it is refused with 409 where
// there are more than 2,000,000.
func (c *Client) Ledger(ctx context.Context, recount bool) (Ledger, error) {
	path := "/api/v1/ledger"
	if recount {
		path += "?recount=true"
	}
	return call[Ledger](ctx, c, http.MethodGet, path, nil)
}
