package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// The states of an operation.
const (
	OperationRunning = "running"
	OperationDone    = "done"
	OperationStopped = "stopped" // its webhook was disabled or deleted meanwhile
)

// Operation is work over a webhook that outlives a request: it resumes what
// the webhook held, or recovers what it missed.
type Operation struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"` // resume or recover
	WebhookID   string    `json:"webhook_id"`
	Status      string    `json:"status"`
	Detail      string    `json:"detail"` // why it ended so
	Total       int       `json:"total"`  // deliveries, as counted at its start
	More        bool      `json:"more"`   // there may be more than Total
	Done        int       `json:"done"`   // deliveries that it has set going
	Since       time.Time `json:"since"`  // of a recovery, as are Until and Include
	Until       time.Time `json:"until"`
	Reached     time.Time `json:"reached"` // when the last event was published that a recovery looked at; zero: none yet
	Include     string    `json:"include"`
	WorkflowURL string    `json:"workflow_url"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Notice is what people are told about a webhook that fails, by mail too where
// that is set up.
type Notice struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"` // of the event
	WebhookID   string          `json:"webhook_id"`
	Data        json.RawMessage `json:"data"`        // of the event
	Mail        string          `json:"mail"`        // sending, sent, failed or none
	MailDetail  string          `json:"mail_detail"` // why it was refused, or why there is none
	WorkflowURL string          `json:"workflow_url"`
	CreatedAt   time.Time       `json:"created_at"`
}

// The extents of a recovery.
const (
	IncludeFailed = "failed" // what failed, or was published while the webhook was disabled
	IncludeAll    = "all"    // everything that the webhook subscribes to
)

// Recovery says what a webhook is to get again: events that were published
// from Since on and before Until.
type Recovery struct {
	Since   time.Time
	Until   time.Time // zero: now
	Include string    // "": IncludeFailed
}

// Recoverable says how much a recovery would deliver.
type Recoverable struct {
	Count  int  `json:"count"`
	Again  int  `json:"again"`  // of them: deliveries that there are
	Missed int  `json:"missed"` // of them: events that made no delivery
	More   bool `json:"more"`   // there may be more than Count
}

const (
	operations = "/api/v1/operations"
	notices    = "/api/v1/notices"
)

func (r Recovery) values() url.Values {
	query := url.Values{}
	setTime(query, "since", r.Since)
	setTime(query, "until", r.Until)
	set(query, "include", r.Include)
	return query
}

// CountRecoverable says how much a recovery of a webhook would deliver.
func (c *Client) CountRecoverable(ctx context.Context, webhook string, r Recovery) (Recoverable, error) {
	return call[Recoverable](ctx, c, http.MethodGet, item(webhooks, webhook, "recover")+"?"+r.values().Encode(), nil)
}

// Recover delivers again what a webhook missed. The operation goes on by
// itself; the same call while it runs returns the same one, and under an
// IdempotencyKey also later.
func (c *Client) Recover(ctx context.Context, webhook string, r Recovery, options ...CallOption) (Operation, error) {
	body := map[string]string{}
	for name, value := range r.values() {
		body[name] = value[0]
	}
	return call[Operation](ctx, c, http.MethodPost, item(webhooks, webhook, "recover"), body, options...)
}

// Operation finds one operation.
func (c *Client) Operation(ctx context.Context, id string) (Operation, error) {
	return call[Operation](ctx, c, http.MethodGet, item(operations, id), nil)
}

// Operations iterates over the operations of a webhook, or with "" of all,
// newest first.
func (c *Client) Operations(ctx context.Context, webhook string) iter.Seq2[Operation, error] {
	query := url.Values{}
	set(query, "webhook_id", webhook)
	return all[Operation](ctx, c, operations, query)
}

// Notices iterates over the notices about a webhook, or with "" about all,
// newest first.
func (c *Client) Notices(ctx context.Context, webhook string) iter.Seq2[Notice, error] {
	query := url.Values{}
	set(query, "webhook_id", webhook)
	return all[Notice](ctx, c, notices, query)
}
