package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestAnAttemptShowsItsPhases(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}})
	s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": 1})
	id, err := hook.ParseID(s.call(t, key, "GET", "/api/v1/deliveries", nil).list()[0]["id"].(string))
	require.NoError(t, err)
	for i, phases := range []hook.Phases{
		{},
		{DNS: time.Millisecond, Connect: 1500 * time.Microsecond, TLS: 2 * time.Second, CutOff: hook.PhaseTLS},
		{FirstByte: 12 * time.Millisecond, Read: time.Microsecond, Reused: true},
	} {
		todo, err := s.store.DeliveryToAttempt(t.Context(), id)
		require.NoError(t, err)
		a := hook.Attempt{DeliveryID: id, Number: i + 1, Error: hook.ErrorTimeout, Phases: phases}
		_, err = s.store.RecordAttempt(t.Context(), store.Recording{Delivery: &todo.Delivery, Attempt: &a, Outcome: todo.Delivery.Outcome(&a, todo.Webhook.RetryPolicy)})
		require.NoError(t, err)
	}
	shown := s.call(t, key, "GET", "/api/v1/deliveries/"+id.String(), nil).data()["attempts"].([]any)
	require.Len(t, shown, 3)
	for i, want := range []any{
		nil,
		map[string]any{"dns_ms": 1., "connect_ms": 1.5, "tls_ms": 2000., "first_byte_ms": 0., "read_ms": 0., "reused": false, "cut_off": "tls"},
		map[string]any{"dns_ms": 0., "connect_ms": 0., "tls_ms": 0., "first_byte_ms": 12., "read_ms": 0.001, "reused": true},
	} {
		require.Contains(t, shown[i], "phases")
		require.Equal(t, want, shown[i].(map[string]any)["phases"])
	}

	doc := s.call(t, "", "GET", "/openapi.json", nil)
	schemas := doc.body["components"].(map[string]any)["schemas"].(map[string]any)
	described := schemas["PhasesView"].(map[string]any)
	require.ElementsMatch(t, []any{"object", "null"}, described["type"])
	require.Len(t, described["properties"], 7)
	require.NotContains(t, described["required"], "cut_off")
}
