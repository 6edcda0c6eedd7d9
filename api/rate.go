package api

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"posthorn/hook"
)

var errRate = &hook.Error{Code: hook.CodeForbidden, Message: "this endpoint takes no more requests for now; come back after Retry-After"}

// admit holds a request to its endpoint's rate, and tells the client where it
// stands (draft-ietf-httpapi-ratelimit-headers-10).
func (s *server) admit(ctx context.Context, c *gin.Context, e *hook.Endpoint) error {
	d, err := s.Limit.Admit(ctx, e)
	switch {
	case err != nil && hook.CodeOf(err) == "": // it took too long
		return hook.Unavailable(err)
	case err != nil:
		return err
	}
	window := time.Duration(e.Burst) * time.Second / time.Duration(e.RateLimit)
	c.Header("RateLimit-Policy", fmt.Sprintf(`"endpoint";q=%d;w=%d`, e.Burst, wholeSeconds(window)))
	c.Header("RateLimit", fmt.Sprintf(`"endpoint";r=%d;t=%d`, d.Remaining, wholeSeconds(d.FullIn)))
	if !d.Admitted {
		c.Header("Retry-After", strconv.FormatInt(max(wholeSeconds(d.RetryAfter), 1), 10))
		return errRate
	}
	return nil
}

// wholeSeconds rounds up: who waits that long has waited long enough.
func wholeSeconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
