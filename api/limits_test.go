package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWebhooksLimitsAreCheckedShownAndTakenAway(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	whole := object{"url": "https://example.com/", "events": []string{"*"}}
	badSettings(t, s, key, "POST", "/api/v1/webhooks", whole, map[string]string{
		`{"rate_limit":-1}`: "/rate_limit", `{"rate_limit":10001}`: "/rate_limit", `{"rate_limit":1.5}`: "/rate_limit", `{"rate_limit":"5"}`: "/rate_limit",
		`{"rate_limit":1e30}`: "/rate_limit", `{"max_in_flight":-1}`: "/max_in_flight", `{"max_in_flight":1001}`: "/max_in_flight",
	})
	plain := s.create(t, key, "/api/v1/webhooks", whole)
	for _, name := range []string{"rate_limit", "max_in_flight", "order_error"} {
		require.Contains(t, plain.data(), name)
		require.Nil(t, plain.data()[name])
	}
	whole["rate_limit"], whole["max_in_flight"] = 5, 2
	made := s.create(t, key, "/api/v1/webhooks", whole)
	require.EqualValues(t, 5, made.data()["rate_limit"])
	require.EqualValues(t, 2, made.data()["max_in_flight"])
	changed := s.call(t, key, "PATCH", "/api/v1/webhooks/"+made.str("id"), object{"rate_limit": nil})
	require.Equal(t, 200, changed.status, changed.raw)
	require.Nil(t, changed.data()["rate_limit"])
	require.EqualValues(t, 2, changed.data()["max_in_flight"], "what is left out stays")
}

func TestADeliveryShowsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}, "ordered_by": "data.k"})
	for range 2 {
		s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": object{"k": "x"}})
	}
	list := s.call(t, key, "GET", "/api/v1/deliveries", nil).list()
	require.Len(t, list, 2)
	second, first := list[0], list[1]
	require.Equal(t, []any{"pending", "x", nil}, []any{first["status"], first["order_key"], first["waits_for"]})
	require.Equal(t, []any{"pending", "x", first["id"]}, []any{second["status"], second["order_key"], second["waits_for"]})
	s.call(t, key, "POST", "/api/v1/deliveries/"+second["id"].(string)+"/retry", nil).problem(t, 409)
	cancelled := s.call(t, key, "POST", "/api/v1/deliveries/"+first["id"].(string)+"/cancel", nil)
	require.Equal(t, "cancelled", cancelled.str("status"))
	require.Nil(t, s.call(t, key, "GET", "/api/v1/deliveries/"+second["id"].(string), nil).data()["waits_for"], "it goes now")
}
