package egress

import (
	"context"
	"errors"
	"io"
	"time"

	"posthorn/hook"
)

// stallTimeout is how long a download may stand still where Config does not say.
const stallTimeout = 30 * time.Second

// errStalled is why a stream's context ends before its caller's does.
var errStalled = errors.New("egress: the download stands still")

// stream is a body that must not stand still nor exceed its limit. Its timer
// runs while something is awaited from the other side, and only then: storing
// what has come may take its time.
type stream struct {
	outer       context.Context
	inner       context.Context
	cancel      context.CancelCauseFunc
	timer       *time.Timer
	stall       time.Duration
	body        io.ReadCloser
	left, limit int64
}

// newStream starts the timer. The context is for the request.
func newStream(outer context.Context, limit int64, stall time.Duration) (*stream, context.Context) {
	inner, cancel := context.WithCancelCause(outer)
	s := &stream{outer: outer, inner: inner, cancel: cancel, stall: stall, left: limit, limit: limit}
	s.timer = time.AfterFunc(stall, func() { cancel(errStalled) })
	return s, inner
}

func (s *stream) Read(p []byte) (int, error) {
	if s.left < 0 {
		return 0, tooLarge(s.limit)
	}
	// One byte more than is left tells that there is too much.
	if int64(len(p))-1 > s.left {
		p = p[:s.left+1]
	}
	s.timer.Reset(s.stall)
	n, err := s.body.Read(p)
	s.timer.Stop()
	if s.left -= int64(n); s.left < 0 {
		return n - 1, tooLarge(s.limit)
	}
	if err != nil && err != io.EOF {
		return n, s.fail(err)
	}
	return n, err
}

func (s *stream) Close() error {
	s.stop()
	return s.body.Close()
}

func (s *stream) stop() {
	s.timer.Stop()
	s.cancel(nil)
}

// fail gives an error of the transport its class.
func (s *stream) fail(err error) error {
	if s.outer.Err() != nil {
		return s.outer.Err()
	}
	if errors.Is(context.Cause(s.inner), errStalled) {
		return &FetchError{Class: hook.ErrorTimeout, Reason: "nothing came for " + s.stall.String()}
	}
	class, reason := classify(err)
	return &FetchError{Class: class, Reason: reason, Final: class == hook.ErrorRefused}
}
