package egress

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
)

// idempotencyKey without a value is not sent. It tells net/http that a POST may
// be sent again where a kept connection turns out to be closed before a byte
// of the answer came: receivers know a delivery by its id, and every restart
// of one would otherwise count as a failure.
const idempotencyKey = "Idempotency-Key"

func newRequest(ctx context.Context, method string, u *url.URL, header http.Header, body []byte) *http.Request {
	own := make(http.Header, len(header)+1)
	own[idempotencyKey] = nil
	maps.Copy(own, header)
	request := (&http.Request{
		Method: method, URL: u, Host: u.Host, Header: own, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if len(body) > 0 {
		request.ContentLength = int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		request.Body, _ = request.GetBody()
	}
	return request
}
