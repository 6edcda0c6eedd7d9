package egress

import (
	"context"
	"io"
	"net/http"
	"time"

	"posthorn/hook"
)

// Request is one request of a delivery.
type Request struct {
	Method  string // "" is POST
	URL     string
	Header  http.Header   // read only
	Body    []byte        // read only
	Timeout time.Duration // from DNS to the last byte that is recorded; 0 is hook.MaxTimeout
}

// Response says how a request ended.
type Response struct {
	StatusCode int             // 0 where there was no answer
	Header     [][2]string     // sorted by name; at most 100, of 1024 bytes each
	Body       []byte          // the first hook.MaxResponseBody bytes, as they came: never decompressed
	Duration   time.Duration   // from DNS to the last byte that is recorded
	Error      hook.ErrorClass // ErrorNone only for 2xx
	Detail     string          // for people; no query string and no secret; "" where there is no error
	RetryAfter time.Duration   // what a 429 or 503 asked for, at most hook.MaxRetryAfter
	Phases     hook.Phases     // of Duration
}

// What is read past the record, so that the connection can be used again. An
// answer that goes on for longer loses its connection, and nothing else.
const (
	maxRest     = 64 << 10 // bytes
	restTimeout = time.Second
)

// Do sends a request and reads its answer. An error means that ctx ended
// before the attempt did, so that there was none to count; whatever the other
// side or the network did is in the Response.
//
// The status decides where there is one: an answer other than 2xx is what it
// says, however its body ends. A 2xx whose recorded part does not arrive whole
// and in time is a failure.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	if err := ctx.Err(); err != nil {
		return Response{}, err
	}
	if r.Timeout <= 0 {
		r.Timeout = hook.MaxTimeout
	}
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	t := &trace{started: time.Now()}
	timed, cancel := context.WithTimeout(t.context(ctx), r.Timeout)
	defer cancel()
	out, err := c.do(timed, cancel, r, t)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return Response{}, ctx.Err()
	}
	out.Duration = time.Since(t.started)
	out.Phases = t.phases(out.Duration, false)
	out.Error, out.Detail = classify(err)
	if timed.Err() != nil {
		// Also where the deadline shows as a closed connection.
		out.Error, out.Detail = hook.ErrorTimeout, "no complete answer within "+r.Timeout.String()
	}
	return out, nil
}

func (c *Client) do(ctx context.Context, cancel func(), r Request, t *trace) (out Response, err error) {
	answer, err := c.roundTrip(ctx, r.Method, r.URL, r.Header, r.Body)
	if err != nil {
		return out, err
	}
	defer answer.Body.Close()
	out.StatusCode, out.Header = answer.StatusCode, headerList(answer.Header)
	out.Error, out.Detail = judge(answer.StatusCode)
	out.RetryAfter = retryAfter(answer, time.Now())
	if answer.StatusCode < 200 || answer.Body == http.NoBody {
		// 101 hands the connection over: there is no body to wait for.
		out.Duration = time.Since(t.started)
		out.Phases = t.phases(out.Duration, true)
		return out, nil
	}
	out.Body, err = io.ReadAll(io.LimitReader(answer.Body, hook.MaxResponseBody))
	out.Duration = time.Since(t.started)
	out.Phases = t.phases(out.Duration, err == nil)
	if err != nil && out.Error == hook.ErrorNone {
		return out, err
	}
	if err == nil && len(out.Body) == hook.MaxResponseBody {
		timer := time.AfterFunc(restTimeout, cancel)
		defer timer.Stop()
		_, _ = io.CopyN(io.Discard, answer.Body, maxRest) // whatever comes: the attempt is over
	}
	return out, nil
}
