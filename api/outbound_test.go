package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestADeliveryIsRetriedAndCancelled(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	id := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}}).str("id")
	s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": 1})
	path := "/api/v1/deliveries/" + s.call(t, key, "GET", "/api/v1/deliveries", nil).list()[0]["id"].(string)
	require.Equal(t, "cancelled", s.call(t, key, "POST", path+"/cancel", nil).str("status"))
	require.Equal(t, "cancelled", s.call(t, key, "POST", path+"/cancel", nil).str("status"), "again")
	require.Equal(t, "pending", s.call(t, key, "POST", path+"/retry", nil).str("status"))
	s.call(t, key, "PATCH", "/api/v1/webhooks/"+id, object{"active": false})
	g := s.call(t, key, "POST", path+"/retry", nil)
	g.problem(t, 409)
	require.Contains(t, g.body["detail"], "enable it first")
	require.Equal(t, "cancelled", s.call(t, key, "POST", path+"/cancel", nil).str("status"), "what is held too")
}

func TestATestIsMarkedAndOutsideTheLog(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	w := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"ticket.*"}, "active": false})
	path := "/api/v1/webhooks/" + w.str("id") + "/test"
	g := s.call(t, key, "POST", path, nil)
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, true, g.data()["test"])
	require.Equal(t, "ticket.created", g.str("event_type"))
	require.Equal(t, "pending", g.str("status"))
	require.Equal(t, "my.own", s.call(t, key, "POST", path, object{"type": "my.own"}).str("event_type"))
	require.Empty(t, s.call(t, key, "GET", "/api/v1/events", nil).list())
	bad := s.call(t, key, "POST", path, object{"type": "a..b"})
	bad.problem(t, 422)
	require.Equal(t, []string{"/type"}, bad.pointers())
	waited := s.send(t, "POST", path, nil, "Authorization", "Bearer "+key, "Prefer", "wait=1")
	require.Equal(t, "pending", waited.str("status"), "there is no worker")
}

func TestWhatAWebhookMissedIsCountedAndRecovered(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": 1})
	id := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}}).str("id")
	path := "/api/v1/webhooks/" + id + "/recover"
	const since = "2020-01-02T03:04:05Z"
	g := s.call(t, key, "GET", path+"?since="+since, nil)
	require.Equal(t, 200, g.status, g.raw)
	require.EqualValues(t, 0, g.data()["count"])
	g = s.call(t, key, "GET", path+"?include=all&since="+since, nil)
	require.EqualValues(t, 1, g.data()["count"])
	require.EqualValues(t, 1, g.data()["missed"])

	o := s.create(t, key, path, object{"since": since, "include": "all"})
	require.Equal(t, "recover", o.str("kind"))
	require.Equal(t, "running", o.str("status"))
	require.Equal(t, "all", o.str("include"))
	require.EqualValues(t, 1, o.data()["total"])
	require.Equal(t, o.str("id"), s.create(t, key, path, object{"since": since, "include": "all"}).str("id"), "the same while it runs")
	require.Equal(t, "failed", s.create(t, key, path, object{"since": since}).str("include"))
	require.Equal(t, o.str("id"), s.call(t, key, "GET", "/api/v1/operations/"+o.str("id"), nil).str("id"))
	require.Len(t, s.call(t, key, "GET", "/api/v1/operations", nil).list(), 2)

	const body = `{"since":"2021-01-02T03:04:05Z"}`
	once := s.createAs(t, key, "k", path, body)
	require.Equal(t, 201, once.status, once.raw)
	again := s.createAs(t, key, "k", path, body)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Equal(t, once.str("id"), again.str("id"))
	other := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"a"}}).str("id")
	s.createAs(t, key, "k", "/api/v1/webhooks/"+other+"/recover", body).problem(t, 422)

	for body, pointer := range map[string]string{
		`{}`: "", `{"since":"yesterday"}`: "/since", `{"since":"2026-01-02T03:04:05Z","until":"2026-01-02T03:04:05Z"}`: "/until",
		`{"since":"2026-01-02T03:04:05Z","include":"some"}`: "/include", `{"since":"2026-01-02T03:04:05Z","until":"x"}`: "/until",
	} {
		g := s.call(t, key, "POST", path, body)
		g.problem(t, 422)
		if pointer != "" {
			require.Equal(t, []string{pointer}, g.pointers(), body)
		}
	}
	s.call(t, key, "GET", path, nil).problem(t, 422)
	s.call(t, key, "GET", path+"?since=yesterday", nil).problem(t, 422)
	s.call(t, key, "PATCH", "/api/v1/webhooks/"+id, object{"active": false})
	s.call(t, key, "POST", path, object{"since": since}).problem(t, 409)
}

func TestNoticesAreListed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	require.Equal(t, 200, s.call(t, key, "PATCH", "/api/v1/tenant", object{"notify_emails": []string{"ops@example.com"}}).status)
	id := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/?token=secret", "events": []string{"a"}, "disable_after": 1}).str("id")
	s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": 1})
	delivery, err := hook.ParseID(s.call(t, key, "GET", "/api/v1/deliveries", nil).list()[0]["id"].(string))
	require.NoError(t, err)
	todo, err := s.store.DeliveryToAttempt(t.Context(), delivery)
	require.NoError(t, err)
	a := hook.Attempt{DeliveryID: delivery, Number: 1, StatusCode: 503, Error: hook.ErrorStatus}
	_, err = s.store.RecordAttempt(t.Context(), store.Recording{Delivery: &todo.Delivery, Attempt: &a, Outcome: todo.Delivery.Outcome(&a, todo.Webhook.RetryPolicy)})
	require.NoError(t, err)

	list := s.call(t, key, "GET", "/api/v1/notices?webhook_id="+id, nil).list()
	require.Len(t, list, 1)
	require.Equal(t, "webhook.disabled", list[0]["type"])
	require.Equal(t, "sending", list[0]["mail"])
	data, _ := list[0]["data"].(map[string]any)
	require.Equal(t, "https://example.com/", data["url"])
	require.Equal(t, "failures", data["reason"])
	s.call(t, key, "GET", "/api/v1/operations/"+list[0]["id"].(string), nil).problem(t, 404)
	require.Equal(t, "failures", s.call(t, key, "GET", "/api/v1/webhooks/"+id, nil).str("disabled_reason"))
}
