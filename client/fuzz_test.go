package client

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzRefusal reads answers of whoever stands at the address.
func FuzzRefusal(f *testing.F) {
	f.Add(503, "application/problem+json", "120", []byte(`{"detail":"x","errors":[{"pointer":"/a","message":"b"}]}`))
	f.Add(429, "text/html", "Fri, 31 Dec 1999 23:59:59 GMT", []byte(`<html>`))
	f.Add(-1, "a/b;;;", "99999999999999999999", []byte(`{"errors":null,"type":1}`))
	f.Fuzz(func(t *testing.T, status int, kind, after string, body []byte) {
		e := errorOf(&http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {kind}, "Retry-After": {after}},
			Body: io.NopCloser(bytes.NewReader(body)),
		})
		require.Equal(t, status, e.StatusCode)
		require.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
		require.NotEmpty(t, e.Error())
	})
}

func FuzzDuration(f *testing.F) {
	f.Add([]byte(`90`))
	f.Add([]byte(`"1h"`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d Duration
		if d.UnmarshalJSON(raw) != nil {
			return
		}
		written, err := d.MarshalJSON()
		require.NoError(t, err)
		var again Duration
		require.NoError(t, again.UnmarshalJSON(written))
		require.Equal(t, d, again)
	})
}
