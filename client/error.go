package client

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer that refuses a call: problem+json (RFC 9457).
type Error struct {
	StatusCode int
	Type       string // what kind of problem, for instance "endpoint-disabled"; "about:blank" where the status says it all
	Title      string
	Detail     string       // for people
	Fields     []FieldError // the bad fields of the request
	RequestID  string       // by which the gateway's operator finds the call in the log
	RetryAfter time.Duration
}

// FieldError names one bad field of a request.
type FieldError struct {
	Pointer string `json:"pointer"` // JSON pointer (RFC 6901) into the body; or query.<name>, header.<name>
	Message string `json:"message"`
}

func (e *Error) Error() string {
	text := "posthorn answered " + strconv.Itoa(e.StatusCode)
	if e.Detail != "" {
		text += ": " + e.Detail
	} else if e.Title != "" {
		text += ": " + e.Title
	}
	if len(e.Fields) > 0 {
		fields := make([]string, len(e.Fields))
		for i, f := range e.Fields {
			fields[i] = f.Pointer + ": " + f.Message
		}
		text += " (" + strings.Join(fields, "; ") + ")"
	}
	if e.RequestID != "" {
		text += " [request " + e.RequestID + "]"
	}
	return text
}

// Temporary reports whether the same call can succeed later, after RetryAfter
// (where that is 0: a second or so, longer each time). The call was not carried
// out, or not to its end: see the package's comment on what is safe to repeat.
func (e *Error) Temporary() bool {
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// maxProblem bounds how much of a refusal is read, in bytes.
const maxProblem = 1 << 20

// errorOf reads a refusal. One that is not of Posthorn, such as a proxy's, has
// its status alone.
func errorOf(response *http.Response) *Error {
	e := &Error{
		StatusCode: response.StatusCode, Title: http.StatusText(response.StatusCode),
		RequestID:  response.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now()),
	}
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "application/problem+json" {
		return e
	}
	var p struct {
		Type      string       `json:"type"`
		Title     string       `json:"title"`
		Detail    string       `json:"detail"`
		Errors    []FieldError `json:"errors"`
		RequestID string       `json:"request_id"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, maxProblem)).Decode(&p) != nil {
		return e
	}
	e.Type, e.Detail, e.Fields = p.Type, p.Detail, p.Errors
	if p.Title != "" {
		e.Title = p.Title
	}
	if p.RequestID != "" {
		e.RequestID = p.RequestID
	}
	return e
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3): seconds, or a
// date. What is neither, or past, is 0.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, date.Sub(now))
}
