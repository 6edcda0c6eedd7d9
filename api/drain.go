package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// maxDrain is how much of a refused body is read, so that a client that is
// still sending can read the answer. Past it the connection closes.
const maxDrain = 64 << 20

// drainTimeout bounds how long that may take.
const drainTimeout = 15 * time.Second

// keptBody counts what is read of a body. It stays open until the request
// ends, so that what a refused client still sends can be read.
type keptBody struct {
	io.Reader
	read int64
}

func (b *keptBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += int64(n)
	return n, err
}

func (*keptBody) Close() error { return nil }

// drainRefused reads what the client of a refused request still sends, within
// bounds, before the answer goes out: most clients look for it only once they
// have sent everything.
func drainRefused(c *gin.Context) {
	if c.Request.ContentLength == 0 {
		return
	}
	body := &keptBody{Reader: c.Request.Body}
	c.Request.Body = body
	c.Next()
	waits := body.read == 0 && strings.EqualFold(c.GetHeader("Expect"), "100-continue")
	slow := c.Writer.Status() == http.StatusRequestTimeout
	if c.Writer.Status() < http.StatusBadRequest || waits || slow {
		return
	}
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(drainTimeout))
	n, err := io.CopyN(io.Discard, body, maxDrain)
	if n == maxDrain || !errors.Is(err, io.EOF) {
		c.Header("Connection", "close")
	}
}
