package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Refused is what an endpoint refused: why does a producer get 401?
type Refused struct {
	Counts []RefusedCount   `json:"counts"` // of the last 30 days, by reason
	Last   []RefusedRequest `json:"data"`   // the newest first, at most 100
}

// RefusedCount is how many requests were refused for a reason.
type RefusedCount struct {
	Reason     string `json:"reason"`
	StatusCode int    `json:"status"`
	Count      int64  `json:"count"`
}

// RefusedRequest is a request that was refused. What it tried as a secret is
// not kept.
type RefusedRequest struct {
	ID         string       `json:"id"`
	At         time.Time    `json:"at"`
	Remote     string       `json:"remote"` // the client's address
	StatusCode int          `json:"status"`
	Reason     string       `json:"reason"` // in a word
	Detail     string       `json:"detail"` // what the client was told
	Fields     []FieldError `json:"errors"`

	Kept         string    `json:"kept"` // KeptPayload, KeptUnverified, or "": nothing is
	Size         int       `json:"size"` // of the body as received, bytes, where it is kept
	ReadmittedAt time.Time `json:"readmitted_at"`
	MessageID    string    `json:"message_id"` // that it became, or that it is a duplicate of

	Explanation *Explanation `json:"explanation"` // of a provider's callback; nil for others

	Request *KeptRequest `json:"request"` // of RefusedRequest alone, until it is admitted
}

// Explanation says how a provider's callback was checked, and why that failed.
type Explanation struct {
	Provider string `json:"provider"`
	Scheme   string `json:"scheme"` // the way to sign that it was checked by
	Reason   string `json:"reason"` // in a word
	Message  string `json:"message"`
	Signed   string `json:"signed"` // the string to sign as Posthorn saw it, or its beginning, secrets replaced
	URL      string `json:"url"`    // that the check used
	Cause    string `json:"cause"`  // the likely one, and what to do; may be ""
}

// Why a refused request is kept.
const (
	KeptPayload    = "payload"    // it was authentic, and its payload was refused
	KeptUnverified = "unverified" // it could not be verified: anybody may have sent it
)

// KeptRequest is a request as it came, credentials replaced.
type KeptRequest struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"`
	Headers [][2]string `json:"headers"` // names and values
}

// Refused shows what an endpoint refused lately.
func (c *Client) Refused(ctx context.Context, endpointID string) (r Refused, err error) {
	path := item(endpoints, endpointID, "refused") + "?limit=" + strconv.Itoa(pageSize)
	response, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&r); err != nil {
		return r, fmt.Errorf("client: the answer of GET %s: %w", path, err)
	}
	return r, nil
}

// RefusedRequest finds one refused request.
func (c *Client) RefusedRequest(ctx context.Context, endpointID, id string) (RefusedRequest, error) {
	return call[RefusedRequest](ctx, c, http.MethodGet, item(endpoints, endpointID, "refused", url.PathEscape(id)), nil)
}

// RefusedRaw gets a refused request's body as received. Its Body is to be
// closed.
func (c *Client) RefusedRaw(ctx context.Context, endpointID, id string) (File, error) {
	return c.file(ctx, item(endpoints, endpointID, "refused", url.PathEscape(id), "raw"))
}

// Readmit admits a refused request by the endpoint's settings of now. It counts
// as received when it first came, and is admitted once.
func (c *Client) Readmit(ctx context.Context, endpointID, id string) (Accepted, error) {
	return call[Accepted](ctx, c, http.MethodPost, item(endpoints, endpointID, "refused", url.PathEscape(id), "readmit"), nil)
}

// Readmission is what became of all requests that an endpoint kept.
type Readmission struct {
	Accepted   int          `json:"accepted"`   // messages
	Duplicates int          `json:"duplicates"` // of messages that there are
	Refused    int          `json:"refused"`    // they stay as they are
	Results    []Readmitted `json:"results"`    // the oldest first
}

// Readmitted is what became of one refused request.
type Readmitted struct {
	ID         string       `json:"id"`
	StatusCode int          `json:"status"` // that the request is answered with now
	Accepted   *Accepted    `json:"data"`   // where StatusCode is 200
	Fields     []FieldError `json:"errors"`
}

// ReadmitAll admits every refused request that an endpoint keeps, as Readmit
// does. It is safe to repeat.
func (c *Client) ReadmitAll(ctx context.Context, endpointID string) (Readmission, error) {
	return call[Readmission](ctx, c, http.MethodPost, item(endpoints, endpointID, "refused", "readmit"), nil)
}
