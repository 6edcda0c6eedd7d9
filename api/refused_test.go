package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// refused waits until an endpoint's list has n rows.
func (s *service) refused(t *testing.T, key string, e endpoint, n int) got {
	t.Helper()
	var g got
	require.Eventually(t, func() bool {
		g = s.call(t, key, "GET", "/api/v1/endpoints/"+e.id+"/refused?limit=100", nil)
		require.Equal(t, 200, g.status, g.raw)
		return len(g.list()) == n
	}, patience, 50*time.Millisecond, "%d rows", n)
	return g
}

func (g got) counts(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	items, _ := g.body["counts"].([]any)
	for _, item := range items {
		c, _ := item.(map[string]any)
		reason, _ := c["reason"].(string)
		n, _ := c["count"].(float64)
		status, _ := c["status"].(float64)
		counts[strconv.Itoa(int(status))+" "+reason] = int(n)
	}
	return counts
}

func TestRefusedRequestsAreListedWithTheirReason(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1000})
	const tried, inBody = "the-secret-that-was-tried", "nobody-may-read-this"
	secret := []string{"Authorization", "Bearer " + e.secret}
	for _, c := range []struct {
		headers []string
		body    string
		want    int
	}{
		{[]string{"Authorization", "Bearer " + tried}, message("1"), 401},
		{nil, message("1"), 401},
		{secret, `{"` + inBody, 400},
		{secret, `{"external_id":"` + inBody + `"}`, 422},
		{append([]string{"Content-Encoding", "br"}, secret...), "", 415},
		{secret, strings.Repeat(inBody, 1<<20), 413},
	} {
		require.Equal(t, c.want, s.send(t, "POST", e.path, strings.NewReader(c.body), c.headers...).status)
	}
	require.Equal(t, 200, s.call(t, key, "PATCH", "/api/v1/endpoints/"+e.id, object{"enabled": false}).status)
	require.Eventually(t, func() bool { return s.deliver(t, e, message("x")).status == http.StatusForbidden }, patience, 100*time.Millisecond)

	g := s.refused(t, key, e, 7)
	require.NotContains(t, g.raw, tried)
	require.NotContains(t, g.raw, inBody)
	require.Equal(t, map[string]int{
		"401 credential-mismatch": 1, "401 credential-missing": 1, "400 malformed": 1, "422 invalid": 1,
		"415 unsupported": 1, "413 too-large": 1, "403 disabled": 1,
	}, g.counts(t))
	invalid := g.list()[3]
	require.EqualValues(t, 422, invalid["status"])
	require.Equal(t, "127.0.0.1", invalid["remote"])
	require.Equal(t, "/occurred_at", invalid["errors"].([]any)[0].(map[string]any)["pointer"])
	at, err := time.Parse(time.RFC3339, invalid["at"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), at, time.Minute)
	require.Nil(t, g.body["next_cursor"])

	page := s.call(t, key, "GET", "/api/v1/endpoints/"+e.id+"/refused?limit=2", nil)
	require.Len(t, page.list(), 2)
	next, _ := page.body["next_cursor"].(string)
	page = s.call(t, key, "GET", "/api/v1/endpoints/"+e.id+"/refused?limit=2&cursor="+next, nil)
	require.Equal(t, g.list()[2]["id"], page.list()[0]["id"])

	_, stranger := s.tenant(t)
	s.call(t, stranger, "GET", "/api/v1/endpoints/"+e.id+"/refused", nil).problem(t, 404)
	s.call(t, key, "GET", "/api/v1/endpoints/x/refused", nil).problem(t, 404)
}

func TestAFloodAboveTheRateIsCountedAndPushesNothingOut(t *testing.T) {
	t.Parallel()
	s := setup(t, trustLoopback)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1, "burst": 1, "allowlist": []string{"192.0.2.0/24"}})
	s.deliver(t, e, message("1")).problem(t, 403)
	limited := 0
	for i := range 150 {
		g := s.send(t, "POST", e.path, strings.NewReader(message(strconv.Itoa(i))), "Authorization", "Bearer "+e.secret, "X-Forwarded-For", "192.0.2.1")
		if g.status == http.StatusTooManyRequests {
			limited++
		}
	}
	require.Positive(t, limited)
	require.Eventually(t, func() bool {
		g := s.refused(t, key, e, 1)
		return g.counts(t)["429 rate"] == limited && g.counts(t)["403 address"] == 1 && g.list()[0]["remote"] == "127.0.0.1"
	}, patience, 50*time.Millisecond)
}
