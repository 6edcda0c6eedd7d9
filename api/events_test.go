package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func unmarshal(text string, target any) error { return json.Unmarshal([]byte(text), target) }

func TestEventIsPublishedOnceUnderItsID(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}})
	answers := make([]got, 16)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = s.call(t, key, "POST", "/api/v1/events", fmt.Sprintf(`{"type":"a.b","data":{"n":%d},"id":"evt_1"}`, i))
		})
	}
	all.Wait()
	created := 0
	for _, g := range answers {
		require.Contains(t, []int{200, 201}, g.status, g.raw)
		if g.status == 201 {
			created++
		}
		require.Equal(t, "evt_1", g.str("id"))
		require.Equal(t, answers[0].data(), g.data(), "a repeat is answered with the first event")
	}
	require.Equal(t, 1, created)
	require.Len(t, s.call(t, key, "GET", "/api/v1/deliveries?event_id=evt_1", nil).list(), 1)
	require.Equal(t, answers[0].data(), s.call(t, key, "GET", "/api/v1/events/evt_1", nil).data())
	_, other := s.tenant(t)
	require.Equal(t, 201, s.call(t, other, "POST", "/api/v1/events", `{"type":"a.b","data":{},"id":"evt_1"}`).status)
}

func TestEventDataIsKeptAsWritten(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, data := range []string{
		`{"b":1,"a":12345678901234567890,"<":1.0}`, `[1e400,-1e-400]`, `null`, `"\u0000\ud800"`, `7`, `false`,
		strings.Repeat("[", 128) + strings.Repeat("]", 128),
	} {
		g := s.create(t, key, "/api/v1/events", `{"type":"a.b","occurred_at":"2026-05-28T16:30:00.1234+02:00","data":`+data+`}`)
		require.Contains(t, g.raw, `"data":`+data+`,`)
		require.Equal(t, "2026-05-28T14:30:00.123Z", g.str("occurred_at"))
		require.Contains(t, s.call(t, key, "GET", "/api/v1/events/"+g.str("id"), nil).raw, `"data":`+data+`,`)
	}
}

func TestBadEventsAreNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	badSettings(t, s, key, "POST", "/api/v1/events", object{"type": "a.b", "data": object{}}, map[string]string{
		`{"type":""}`:     "/type",
		`{"type":"a..b"}`: "/type",
		`{"type":"*"}`:    "/type",
		`{"type":"` + strings.Repeat("a", 129) + `"}`: "/type",
		`{"id":""}`:    "/id",
		`{"id":"a.b"}`: "/id",
		`{"id":"` + strings.Repeat("a", 256) + `"}`: "/id",
		`{"id":"\u0000"}`:            "/id",
		`{"occurred_at":"tomorrow"}`: "/occurred_at",
		`{"occurred_at":7}`:          "/occurred_at",
		`{"data":` + strings.Repeat("[", 129) + strings.Repeat("]", 129) + `}`: "/data",
		`{"topic":"a"}`: "/topic",
	})
	g := s.call(t, key, "POST", "/api/v1/events", `{}`)
	g.problem(t, 422)
	require.Len(t, g.pointers(), 2)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/events", nil).list())
}

func TestMalformedRequestsOfTheManagementAPI(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for body, says := range map[string]string{
		``:                             "required",
		`{"type":"a","secret-thing":x`: "at byte 28",
		`{"type":"a"} {}`:              "at byte",
		"{\"type\":\"\xff\"}":          "UTF-8",
		strings.Repeat("[", 20_000):    "at byte",
	} {
		g := s.call(t, key, "POST", "/api/v1/events", body)
		g.problem(t, 400)
		require.Contains(t, g.raw, says)
		require.NotContains(t, g.raw, "secret-thing")
	}
	g := s.send(t, "POST", "/api/v1/events", strings.NewReader("type=a"), "Authorization", "Bearer "+key, "Content-Type", "application/x-www-form-urlencoded")
	g.problem(t, 415)
	s.call(t, key, "POST", "/api/v1/events", strings.Repeat(" ", 2<<20)).problem(t, 413)
	for _, body := range []string{`[]`, `"x"`, `7`, `null`} {
		s.call(t, key, "POST", "/api/v1/events", body).problem(t, 422)
	}
	g = s.send(t, "GET", "/api/v1/events", nil, "Authorization", "Bearer "+key, "Accept", "application/xml")
	require.Equal(t, 200, g.status)
	require.Equal(t, "application/json", g.header.Get("Content-Type"))
}
