package test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// liveExpressions tries a webhook's filter and transform, and the catalogue.
func liveExpressions(t *testing.T, g *gate, webhook string) {
	t.Helper()
	chosen, err := g.client.TestFilter(t.Context(), webhook, `data.n > 1`, client.Sample{Type: "live.begun", Data: map[string]int{"n": 2}})
	require.NoError(t, err)
	require.Equal(t, client.FilterResult{Matches: true, Subscribed: true, Survey: true, Filter: true}, chosen)
	shaped, err := g.client.TestTransform(t.Context(), webhook, `{"n": data.n + 1}`, client.Sample{Data: map[string]int{"n": 2}})
	require.NoError(t, err)
	require.JSONEq(t, `{"n":3}`, string(shaped.Data))
	_, err = g.client.DryRun(t.Context(), client.WebhookSettings{Events: &[]string{"live"}, Filter: new(`type ==`)})
	requireRefused(t, err, http.StatusUnprocessableEntity)
	require.Equal(t, []string{"/filter"}, pointers(refusal(t, err)))
	put, err := g.client.PutEventType(t.Context(), "live.checked", "for this test", json.RawMessage(`{"type":"object"}`))
	require.NoError(t, err)
	require.Contains(t, collect(t, g.client.EventTypes(t.Context())), put)
	_, err = g.client.Publish(t.Context(), client.NewEvent{Type: "live.checked", Data: 1})
	requireRefused(t, err, http.StatusUnprocessableEntity)
	require.Equal(t, []string{"/data"}, pointers(refusal(t, err)))
}

func TestWebhookGetsWhatItsFilterChoosesAndItsTransformMakes(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	w, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{
		URL: &receiver.url, Events: &[]string{"order"}, Filter: new(`data.total > 100`), Transform: new(`{"id": data.id, "big": data.total > 1000}`),
	})
	require.NoError(t, err)
	for _, data := range []map[string]any{{"id": "small", "total": 1}, {"total": 101}, {"id": "large", "total": 1001.5}} {
		_, err := g.client.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: data})
		require.NoError(t, err)
	}
	byStatus := await(t, func() (map[string]client.Delivery, error) {
		found := map[string]client.Delivery{}
		for d, err := range g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: w.ID}) {
			if err != nil {
				return nil, err
			}
			found[d.Status] = d
		}
		return found, nil
	}, func(found map[string]client.Delivery) bool {
		return found[client.DeliveryDelivered].ID != "" && found[client.DeliveryFailed].ID != ""
	}, "what the transform can make is delivered, what it cannot fails at once")
	sent, failed := byStatus[client.DeliveryDelivered], byStatus[client.DeliveryFailed]
	require.Len(t, failed.Attempts, 1)
	require.Equal(t, "transform", failed.Attempts[0].Error)
	require.Contains(t, failed.Attempts[0].ErrorDetail, "no such key: id")
	require.Len(t, collect(t, g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: w.ID})), 2)
	event, err := g.client.Event(t.Context(), sent.EventID)
	require.NoError(t, err)
	require.Contains(t, string(event.Data), "1001.5", "the event is what was published")
	got := receiver.next(t)
	require.True(t, strings.HasSuffix(string(got.body), `"data":{"big":true,"id":"large"}}`), string(got.body))
	require.Len(t, receiver.events(), 1)
}
