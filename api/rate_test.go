package api_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRateBeyondTheBurstIsRefusedAndRetryAfterSucceeds(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 5, "burst": 20})
	for range 30 { // who is refused before the rate is looked at takes nothing of it
		s.send(t, "POST", e.path, strings.NewReader(message("1")), "Authorization", "Bearer wrong").problem(t, 401)
	}
	answers := make([]got, 30)
	began := time.Now()
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = s.deliver(t, e, message(strconv.Itoa(i))) })
	}
	all.Wait()
	atMost := 20*1.1 + 5*time.Since(began).Seconds() + 1
	admitted := 0
	for _, g := range answers {
		require.Regexp(t, `^"endpoint";q=20;w=4$`, g.header.Get("RateLimit-Policy"))
		require.Regexp(t, `^"endpoint";r=\d+;t=\d+$`, g.header.Get("RateLimit"))
		if g.status == 200 {
			admitted++
			require.Empty(t, g.header.Get("Retry-After"))
			continue
		}
		g.problem(t, 429)
	}
	require.GreaterOrEqual(t, admitted, 20)
	require.LessOrEqual(t, float64(admitted), atMost)
	require.Len(t, s.call(t, key, "GET", "/api/v1/messages?limit=100", nil).list(), admitted)

	// The rate comes before the JSON and before the duplicates.
	for _, body := range []string{"{", message("0")} {
		var refused got
		require.Eventually(t, func() bool { refused = s.deliver(t, e, body); return refused.status == 429 }, patience, time.Millisecond)
		seconds, err := strconv.Atoi(refused.header.Get("Retry-After"))
		require.NoError(t, err)
		<-time.After(time.Duration(seconds) * time.Second)
		require.NotEqual(t, 429, s.deliver(t, e, body).status, "who waits as long as told is admitted")
	}
}
