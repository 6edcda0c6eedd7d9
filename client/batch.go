package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Result is what became of one message of a batch.
type Result struct {
	Line       int `json:"line"`   // from 1
	StatusCode int `json:"status"` // that the message alone would have been answered with
	// Accepted is set where StatusCode is 200, Fields where it is not.
	Accepted *Accepted    `json:"data"`
	Fields   []FieldError `json:"errors"`
}

// Err is the error that sending the message alone would have given, or nil.
func (r *Result) Err() error {
	if r.Accepted != nil {
		return nil
	}
	return &Error{StatusCode: r.StatusCode, Type: "about:blank", Fields: r.Fields}
}

// SendBatch sends up to 1,000 messages in one request and returns what became
// of each, in their order. An error means that the endpoint took none of them,
// or, if it came from the network, leaves that open; it is safe to repeat.
func (s *Sender) SendBatch(ctx context.Context, messages []NewMessage, options ...SendOption) ([]Result, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	for _, m := range messages {
		if err := encoder.Encode(m); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
	}
	return s.SendBatchRaw(ctx, body.Bytes(), options...)
}

// SendBatchRaw sends a batch that is NDJSON already, byte for byte.
func (s *Sender) SendBatchRaw(ctx context.Context, body []byte, options ...SendOption) ([]Result, error) {
	response, err := s.post(ctx, s.url+"/batch", "application/x-ndjson", body, options)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var results []Result
	for decoder := json.NewDecoder(response.Body); ; {
		var r Result
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return results, nil
		} else if err != nil {
			return results, fmt.Errorf("client: the endpoint's answer: %w", err)
		}
		results = append(results, r)
	}
}
