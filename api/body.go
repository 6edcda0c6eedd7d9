package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"posthorn/hook"
)

// DefaultBodyGrace is how long a client may take to send a body, beside the
// time that minBodyRate allows for what it has sent.
const DefaultBodyGrace = 20 * time.Second

// minBodyRate is how fast a body must come in the long run, in bytes per
// second: who holds our memory must use it.
const minBodyRate = 64 << 10

var errSlow = &hook.Error{Code: hook.CodeMalformed, Message: "the body came too slowly; send it at 64 KiB/s or faster"}

// readBody reads a request's body, up to limit bytes.
func (s *server) readBody(ctx context.Context, w http.ResponseWriter, r *http.Request, limit int64, into *buffer) error {
	want := limit + 1 // with the byte that tells that there is more
	if r.ContentLength > limit {
		return hook.ErrTooLarge(limit)
	}
	if r.ContentLength >= 0 {
		want = r.ContentLength + 1 // room to see its end
	}
	control := http.NewResponseController(w)
	body := &pacedBody{from: r.Body, control: control, until: time.Now().Add(s.BodyGrace)}
	if err := readAll(ctx, body, limit, want, into, &body.until); err != nil {
		switch {
		case hook.CodeOf(err) != "":
			return err
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errSlow
		}
		return &hook.Error{Code: hook.CodeMalformed, Message: "the body could not be read to its end", Err: err}
	}
	_ = control.SetReadDeadline(time.Time{}) // else it would end the request while it waits for the commit
	return nil
}

// pacedBody is a body that must not come too slowly.
type pacedBody struct {
	from    io.Reader
	control *http.ResponseController
	until   time.Time
}

func (b *pacedBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(b.until)
	n, err := b.from.Read(p)
	b.until = b.until.Add(time.Duration(n) * time.Second / minBodyRate)
	return n, err
}

// readAll reads to the end, up to limit bytes; want is how many may come, and
// one more. Time spent waiting for memory is added to until, which may be nil.
func readAll(ctx context.Context, from io.Reader, limit, want int64, into *buffer, until *time.Time) error {
	for {
		if len(into.bytes) == cap(into.bytes) {
			if int64(len(into.bytes)) > limit {
				return hook.ErrTooLarge(limit)
			}
			began := time.Now()
			if err := into.grow(ctx, want); err != nil {
				return err
			}
			if until != nil {
				*until = until.Add(time.Since(began))
			}
		}
		n, err := from.Read(into.bytes[len(into.bytes):cap(into.bytes)])
		into.bytes = into.bytes[:len(into.bytes)+n]
		switch {
		case int64(len(into.bytes)) > limit:
			return hook.ErrTooLarge(limit)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// decode undoes a body's Content-Encoding, up to limit bytes.
func (s *server) decode(ctx context.Context, coding hook.Coding, raw []byte, limit int64, into *buffer) ([]byte, error) {
	if coding == hook.CodingNone {
		return raw, nil
	}
	reader, err := coding.Reader(bytes.NewReader(raw))
	if err == nil {
		err = readAll(ctx, reader, limit, limit+1, into, nil)
	}
	switch {
	case err == nil:
		return into.bytes, nil
	case hook.CodeOf(err) != "":
		return nil, err
	}
	return nil, hook.ErrDecode(err)
}
