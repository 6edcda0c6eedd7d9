package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The states of a delivery.
const (
	DeliveryPending   = "pending"
	DeliveryHeld      = "held" // until its webhook is enabled
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
	DeliveryCancelled = "cancelled"
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID            string    `json:"id"`
	EventID       string    `json:"event_id"`
	EventType     string    `json:"event_type"`
	WebhookID     string    `json:"webhook_id"`
	Status        string    `json:"status"`
	Test          bool      `json:"test"`
	Attempts      []Attempt `json:"attempts"`        // oldest first
	OrderKey      string    `json:"order_key"`       // of those with one key one after another goes; "": in no order, or unknown
	WaitsFor      string    `json:"waits_for"`       // the delivery that goes before it; "" for none
	NextAttemptAt time.Time `json:"next_attempt_at"` // zero where none is planned
	WorkflowURL   string    `json:"workflow_url"`    // in the Temporal UI; "" where that is not known
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

// Attempt is one request of a delivery.
type Attempt struct {
	Number               int              `json:"number"` // from 1
	StartedAt            time.Time        `json:"started_at"`
	DurationMS           int64            `json:"duration_ms"`
	StatusCode           int              `json:"status_code"` // 0 where there was no answer
	Error                string           `json:"error"`       // the class of failure; "" for a success
	ErrorDetail          string           `json:"error_detail"`
	ResponseHeaders      []ResponseHeader `json:"response_headers"`
	ResponseBody         string           `json:"response_body"`          // the first 4096 bytes
	ResponseBodyEncoding string           `json:"response_body_encoding"` // "base64" where the body is not UTF-8
	Phases               *Phases          `json:"phases"`                 // nil where no name was looked up and nothing was dialled or sent
}

// Phases says how many milliseconds each phase of an attempt took, to the
// microsecond; 0 for one that there was not. They follow each other up to the
// end of the attempt. What is left of its duration was spent before.
type Phases struct {
	DNS       float64 `json:"dns_ms"`
	Connect   float64 `json:"connect_ms"`
	TLS       float64 `json:"tls_ms"`
	FirstByte float64 `json:"first_byte_ms"` // from having the connection: sending the request is in it
	Read      float64 `json:"read_ms"`       // the answer, as far as it is recorded
	Reused    bool    `json:"reused"`        // the connection was there before
	CutOff    string  `json:"cut_off"`       // "dns", "connect", "tls", "first_byte" or "read": where it ended without a whole answer; "" for none
}

// ResponseHeader is one header field of a receiver's answer.
type ResponseHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// DeliveryFilter narrows a list of deliveries; zero fields do not.
type DeliveryFilter struct {
	WebhookID string
	EventID   string
	Status    string
	Test      *bool // tests only, or none
}

const deliveries = "/api/v1/deliveries"

// Deliveries iterates over the deliveries, newest first.
func (c *Client) Deliveries(ctx context.Context, f DeliveryFilter) iter.Seq2[Delivery, error] {
	return all[Delivery](ctx, c, deliveries, f.values())
}

func (f *DeliveryFilter) values() url.Values {
	query := url.Values{}
	set(query, "webhook_id", f.WebhookID)
	set(query, "event_id", f.EventID)
	set(query, "status", f.Status)
	if f.Test != nil {
		query.Set("test", strconv.FormatBool(*f.Test))
	}
	return query
}

// Delivery finds one delivery.
func (c *Client) Delivery(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, http.MethodGet, item(deliveries, id), nil)
}

// RetryDelivery attempts a delivery again, at once. One that has ended begins
// its schedule anew; what was delivered stays delivered. It is refused with 409
// where the webhook is disabled.
func (c *Client) RetryDelivery(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, http.MethodPost, item(deliveries, id, "retry"), nil)
}

// CancelDelivery makes no further attempt of a delivery. It is refused with 409
// where the delivery has ended otherwise.
func (c *Client) CancelDelivery(ctx context.Context, id string) (Delivery, error) {
	return call[Delivery](ctx, c, http.MethodPost, item(deliveries, id, "cancel"), nil)
}

// TestWebhook sends a webhook a sample event of a type, or with "" of one that
// it subscribes to. With a wait (whole seconds, at most 30) the delivery that is
// returned has the attempt, if it was made by then.
func (c *Client) TestWebhook(ctx context.Context, id, eventType string, wait time.Duration) (Delivery, error) {
	body := map[string]string{}
	if eventType != "" {
		body["type"] = eventType
	}
	return call[Delivery](ctx, c, http.MethodPost, item(webhooks, id, "test"), body, func(h http.Header) {
		if wait > 0 {
			h.Set("Prefer", "wait="+strconv.Itoa(int(wait/time.Second)))
		}
	})
}
