package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLedgerLeadsToItsRows(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	for _, id := range []string{"1", "2", "2"} {
		require.Equal(t, 200, s.deliver(t, e, message(id)).status)
	}
	w := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}, "name": "out"}).str("id")
	for range 2 {
		s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": 1})
	}
	first := s.call(t, key, "GET", "/api/v1/deliveries", nil).list()[0]["id"].(string)
	s.call(t, key, "POST", "/api/v1/deliveries/"+first+"/cancel", nil)
	s.call(t, key, "POST", "/api/v1/webhooks/"+w+"/test", nil)

	g := s.call(t, key, "GET", "/api/v1/ledger?recount=true", nil)
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, true, g.data()["balanced"])
	require.Equal(t, true, g.data()["recounted"])
	for part, want := range map[string]map[string]int{
		"messages":   {"accepted": 2, "archived": 0, "in_flight": 2},
		"deliveries": {"made": 2, "delivered": 0, "in_flight": 1, "held": 0, "failed": 0, "cancelled": 1},
	} {
		view := g.data()[part].(map[string]any)
		links := view["links"].(map[string]any)
		require.Len(t, links, len(want))
		for state, n := range want {
			require.EqualValues(t, n, view[state], "%s %s", part, state)
			list := s.call(t, key, "GET", links[state].(string), nil)
			require.Equal(t, 200, list.status, list.raw)
			require.Len(t, list.list(), n, "%s %s", part, state)
		}
		require.NotNil(t, view["oldest_in_flight"])
	}
	require.EqualValues(t, 1, g.data()["deliveries"].(map[string]any)["due"])
	webhooks := g.data()["webhooks"].([]any)
	require.Equal(t, map[string]any{
		"id": w, "name": "out", "made": 2.0, "delivered": 0.0, "in_flight": 1.0, "held": 0.0, "failed": 0.0, "cancelled": 1.0,
	}, webhooks[0])
	require.Equal(t, e.id, g.data()["endpoints"].([]any)[0].(map[string]any)["id"])

	_, stranger := s.tenant(t)
	other := s.call(t, stranger, "GET", "/api/v1/ledger", nil)
	require.EqualValues(t, 0, other.data()["messages"].(map[string]any)["accepted"])
	require.Nil(t, other.data()["messages"].(map[string]any)["oldest_in_flight"])
	require.NotContains(t, other.data(), "recounted")
	require.Equal(t, []any{}, other.data()["webhooks"])
}

func TestListsAreNarrowedByStatus(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	require.Equal(t, 200, s.deliver(t, e, message("1")).status)
	for status, n := range map[string]int{"accepted": 1, "in_flight": 1, "archived": 0} {
		require.Len(t, s.call(t, key, "GET", "/api/v1/messages?endpoint_id="+e.id+"&status="+status, nil).list(), n, status)
	}
	for path, pointer := range map[string]string{
		"/api/v1/messages?status=lost":       "query.status",
		"/api/v1/deliveries?status=accepted": "query.status", "/api/v1/deliveries?test=maybe": "query.test",
		"/api/v1/ledger?recount=maybe": "query.recount",
	} {
		g := s.call(t, key, "GET", path, nil)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), path)
	}
}
