package egress

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"

	"posthorn/hook"
)

// Download is the body of an answer, as it comes. Close it, also after an error.
type Download struct {
	// Body fails with a *FetchError, or with the error of Get's ctx once that
	// is done.
	Body        io.ReadCloser
	ContentType string // as the server says; "" where it is not one
	Size        int64  // bytes; -1 where the server does not say
}

// FetchError says why something could not be fetched.
type FetchError struct {
	Class  hook.ErrorClass
	Reason string // for people; no query string and no secret
	Final  bool   // trying again will not help
	// Location is where a redirect led, absolute; "" for others. It is as
	// little to be trusted as any URL.
	Location string
}

func (e *FetchError) Error() string { return e.Reason }

// Get begins a download of at most limit bytes; only a 2xx is one. header, which
// may be nil, goes with the request; it may hold credentials. Get fails
// with a *FetchError, or with ctx's error where that is done. A download ends
// when it stands still for Config.StallTimeout, from DNS on; the time that the
// reader takes between reads does not count.
//
// Final are a refused address, a redirect, what is larger than limit, and
// every 4xx but 408, 425 and 429.
func (c *Client) Get(ctx context.Context, rawURL string, header http.Header, limit int64) (*Download, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, ctx := newStream(ctx, limit, c.stall)
	sent := http.Header{}
	maps.Copy(sent, header)
	sent.Set("User-Agent", c.userAgent)
	sent.Set("Accept-Encoding", "identity")
	answer, err := c.roundTrip(ctx, http.MethodGet, rawURL, sent, nil) //nolint:bodyclose // the stream closes it
	s.timer.Stop()
	if err != nil {
		s.stop()
		return nil, s.fail(err)
	}
	s.body = answer.Body
	if err := checkAnswer(answer, limit); err != nil {
		_ = s.Close()
		return nil, err
	}
	return &Download{Body: s, ContentType: contentType(answer.Header), Size: answer.ContentLength}, nil
}

func checkAnswer(answer *http.Response, limit int64) error {
	class, reason := judge(answer.StatusCode)
	switch {
	case class != hook.ErrorNone:
		failed := &FetchError{Class: class, Reason: reason, Final: isFinal(answer.StatusCode)}
		if to, err := answer.Location(); err == nil && answer.StatusCode/100 == 3 {
			failed.Location = to.String()
		}
		return failed
	case answer.ContentLength > limit:
		return tooLarge(limit)
	}
	return nil
}

// isFinal reports whether a later try can do no better. Of the 4xx only three
// speak of the moment.
func isFinal(code int) bool {
	switch code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return code >= 300 && code < 500
}

func tooLarge(limit int64) *FetchError {
	return &FetchError{Class: hook.ErrorStatus, Reason: "it is larger than " + strconv.FormatInt(limit, 10) + " bytes", Final: true}
}

// contentType is the header's value where it can stand in another header.
func contentType(header http.Header) string {
	const limit = 255
	value := header.Get("Content-Type")
	if len(value) > limit || !isASCII(value) || clean(value, limit) != value {
		return ""
	}
	return value
}
