package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Sample is what an expression is tried on: a published event by its id, or an
// event of the other fields. Of these, what is left out is made up.
type Sample struct {
	EventID    string     `json:"event_id,omitempty"`
	Type       string     `json:"type,omitempty"`
	Data       any        `json:"data,omitempty"` // is written as JSON; json.RawMessage as it is
	ID         string     `json:"id,omitempty"`
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
}

// FilterResult tells of each condition of a webhook whether an event meets it.
type FilterResult struct {
	Matches    bool   `json:"matches"` // it would be delivered: all of the following
	Subscribed bool   `json:"subscribed"`
	Survey     bool   `json:"survey"`
	Filter     bool   `json:"filter"`
	Error      string `json:"error"` // why the filter failed, which counts as no match
}

// TransformResult is what a transform makes of an event.
type TransformResult struct {
	Data  json.RawMessage `json:"data"`
	Body  string          `json:"body"`  // what would be sent
	Error string          `json:"error"` // why the transform failed: the delivery would fail
}

// TestFilter tries a filter, or with "" the webhook's own. Nothing is sent.
func (c *Client) TestFilter(ctx context.Context, webhook, filter string, s Sample) (FilterResult, error) {
	return call[FilterResult](ctx, c, http.MethodPost, item(webhooks, webhook, "filter", "test"), struct {
		Sample
		Filter string `json:"filter,omitempty"`
	}{s, filter})
}

// TestTransform tries a transform, or with "" the webhook's own. Nothing is
// sent.
func (c *Client) TestTransform(ctx context.Context, webhook, transform string, s Sample) (TransformResult, error) {
	return call[TransformResult](ctx, c, http.MethodPost, item(webhooks, webhook, "transform", "test"), struct {
		Sample
		Transform string `json:"transform,omitempty"`
	}{s, transform})
}

// DryRun is what a webhook that is not stored would make of the tenant's last
// events of its types.
type DryRun struct {
	Events  []DryRunEvent `json:"events"`  // newest first, at most 20
	Untried int           `json:"untried"` // so many more took too long, or too much
}

// DryRunEvent is what would become of one event.
type DryRunEvent struct {
	FilterResult
	ID             string    `json:"id"`
	Type           string    `json:"type"`
	OccurredAt     time.Time `json:"occurred_at"`
	Body           string    `json:"body"`            // what would be sent; "" for nothing
	TransformError string    `json:"transform_error"` // the delivery would fail
	OrderKey       string    `json:"order_key"`       // "" for no order
	OrderError     string    `json:"order_error"`     // the key cannot be told: such events go one after another
}

// DryRun tries a webhook of some settings, which need no URL. Nothing is stored
// and nothing is sent.
func (c *Client) DryRun(ctx context.Context, s WebhookSettings) (DryRun, error) {
	return call[DryRun](ctx, c, http.MethodPost, webhooks+"/dry-run", s)
}
