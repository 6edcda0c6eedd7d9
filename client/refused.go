package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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
// not kept, nor its body.
type RefusedRequest struct {
	ID         string       `json:"id"`
	At         time.Time    `json:"at"`
	Remote     string       `json:"remote"` // the client's address
	StatusCode int          `json:"status"`
	Reason     string       `json:"reason"` // in a word
	Detail     string       `json:"detail"` // what the client was told
	Fields     []FieldError `json:"errors"`
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
