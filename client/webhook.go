package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// The formats of what a webhook receives.
const (
	FormatStandard = "standard" // Standard Webhooks
	FormatPlatform = "platform"

	FormatSendComms       = "sendcomms"
	FormatInboxComponents = "inboxcomponents"
	FormatCommenda        = "commenda"
)

// How deliveries are signed, in the header webhook-signature (Standard Webhooks).
const (
	SignatureHMAC    = "v1"  // by a secret that both sides know
	SignatureEd25519 = "v1a" // by a key pair, of which receivers know the public half
)

// Webhook is a subscription: where events of some types are delivered, how.
type Webhook struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	URL                 string            `json:"url"`
	Events              []string          `json:"events"`
	Format              string            `json:"format"`
	Active              bool              `json:"active"`
	RetryPolicy         []int             `json:"retry_policy"` // seconds between attempts
	DisableAfter        int               `json:"disable_after"`
	Timeout             Duration          `json:"timeout"` // of one attempt
	Headers             map[string]string `json:"headers"`
	SurveyID            string            `json:"survey_id"`          // "": events of any survey, or of none
	Filter              string            `json:"filter"`             // CEL; "" for none, as are the next two
	FilterError         *FilterError      `json:"filter_error"`       // the last one; nil: there was none
	Transform           string            `json:"transform"`          // of the data
	OrderedBy           string            `json:"ordered_by"`         // what is kept in order
	OrderedOnFailure    string            `json:"ordered_on_failure"` // hold or skip, beside OrderedBy
	OrderError          *FilterError      `json:"order_error"`        // the last event whose key could not be told; nil: there was none
	RateLimit           int               `json:"rate_limit"`         // attempts per second; 0: not bounded
	MaxInFlight         int               `json:"max_in_flight"`      // attempts at the same time; 0: not bounded
	APIVersion          string            `json:"api_version"`        // of the commenda format
	ConsecutiveFailures int               `json:"consecutive_failures"`
	DisabledReason      string            `json:"disabled_reason"` // "" while it is active
	CreatedAt           time.Time         `json:"created_at"`
	UpdatedAt           time.Time         `json:"updated_at"`
	Signatures          []string          `json:"signatures"`       // of webhook-signature, as in the settings
	PublicKey           string            `json:"public_key"`       // by which v1a is checked; "" without it, as is the next
	KeyID               string            `json:"key_id"`           // its kid in PublicKeys
	Secret              string            `json:"secret,omitempty"` // once, in the answer to the call that made it
}

// WebhookSettings is what can be set; nil leaves a default, or what is set.
type WebhookSettings struct {
	Name         *string            `json:"name,omitempty"`
	URL          *string            `json:"url,omitempty"`
	Events       *[]string          `json:"events,omitempty"` // types, topics, or patterns that end in *
	Format       *string            `json:"format,omitempty"`
	Active       *bool              `json:"active,omitempty"`
	RetryPolicy  *[]int             `json:"retry_policy,omitempty"`
	DisableAfter *int               `json:"disable_after,omitempty"`
	Timeout      *Duration          `json:"timeout,omitempty"`
	Headers      *map[string]string `json:"headers,omitempty"`
	Signatures   *[]string          `json:"signatures,omitempty"` // SignatureHMAC, SignatureEd25519, both or none

	// "" takes away what is set.
	SurveyID         *string `json:"survey_id,omitempty"`
	Filter           *string `json:"filter,omitempty"`
	Transform        *string `json:"transform,omitempty"`
	OrderedBy        *string `json:"ordered_by,omitempty"`
	OrderedOnFailure *string `json:"ordered_on_failure,omitempty"`

	// 0 takes away what is set.
	RateLimit   *int `json:"rate_limit,omitempty"`    // attempts per second
	MaxInFlight *int `json:"max_in_flight,omitempty"` // attempts at the same time
}

// FilterError is an event of which a filter could not tell whether it matches:
// it was not delivered.
type FilterError struct {
	EventID string    `json:"event_id"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

const webhooks = "/api/v1/webhooks"

// CreateWebhook makes a webhook with a generated secret, which is in the
// answer, and never again.
func (c *Client) CreateWebhook(ctx context.Context, s WebhookSettings, options ...CallOption) (Webhook, error) {
	return call[Webhook](ctx, c, http.MethodPost, webhooks, s, options...)
}

// CreateWebhookWithSecret makes a webhook with a secret of the caller's (16 to
// 500 characters), or with none: "" leaves its deliveries unsigned.
func (c *Client) CreateWebhookWithSecret(ctx context.Context, s WebhookSettings, secret string, options ...CallOption) (Webhook, error) {
	return call[Webhook](ctx, c, http.MethodPost, webhooks, struct {
		WebhookSettings
		Secret string `json:"secret"`
	}{s, secret}, options...)
}

// Webhooks iterates over the webhooks, newest first.
func (c *Client) Webhooks(ctx context.Context) iter.Seq2[Webhook, error] {
	return all[Webhook](ctx, c, webhooks, nil)
}

// Webhook finds one webhook.
func (c *Client) Webhook(ctx context.Context, id string) (Webhook, error) {
	return call[Webhook](ctx, c, http.MethodGet, item(webhooks, id), nil)
}

// UpdateWebhook changes what is given. To set active to false holds what is on
// its way; to set it to true is EnableWebhook.
func (c *Client) UpdateWebhook(ctx context.Context, id string, s WebhookSettings) (Webhook, error) {
	return call[Webhook](ctx, c, http.MethodPatch, item(webhooks, id), s)
}

// EnableWebhook enables a webhook, forgets its failures and resumes what it
// held.
func (c *Client) EnableWebhook(ctx context.Context, id string) (Webhook, error) {
	return call[Webhook](ctx, c, http.MethodPost, item(webhooks, id, "enable"), nil)
}

// RotateWebhook gives a webhook a new secret, which is in the answer. For
// overlap the old one signs too; 0: it ends at once.
func (c *Client) RotateWebhook(ctx context.Context, id string, overlap time.Duration) (Webhook, error) {
	return call[Webhook](ctx, c, http.MethodPost, item(webhooks, id, "rotate"), rotation{Duration(overlap)})
}

// DeleteWebhook ends a webhook and cancels what was on its way.
func (c *Client) DeleteWebhook(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, item(webhooks, id), nil)
	return err
}
