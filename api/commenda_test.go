package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommendaPathsServeTheSameWebhooks(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	made := s.create(t, key, "/webhooks", object{"url": "https://example.com/in", "topics": []string{"ticket", "email.sent"}})
	require.Regexp(t, `^whsec_`, made.str("secret"))
	id := made.str("id")
	for name, want := range (object{
		"topics": []any{"ticket", "email.sent"}, "state": "ENABLED", "api_version": "v1.0", "format": "commenda", "url": "https://example.com/in",
	}) {
		require.Equal(t, want, made.data()[name], name)
	}
	require.NotContains(t, made.data(), "events")
	require.NotContains(t, made.data(), "active")

	same := s.call(t, key, "GET", "/api/v1/webhooks/"+id, nil)
	require.Equal(t, []any{"ticket", "email.sent"}, same.data()["events"])
	require.Equal(t, "commenda", same.data()["format"])

	changed := s.call(t, key, "POST", "/webhooks/"+id, object{"state": "DISABLED", "topics": []string{"email.sent"}, "api_version": "v1.0"})
	require.Equal(t, 200, changed.status, changed.raw)
	require.Equal(t, "DISABLED", changed.data()["state"])
	require.Equal(t, false, s.call(t, key, "GET", "/api/v1/webhooks/"+id, nil).data()["active"])
	require.Equal(t, "ENABLED", s.call(t, key, "POST", "/webhooks/"+id, object{"state": "ENABLED"}).data()["state"])
	require.Equal(t, changed.data()["topics"], s.call(t, key, "GET", "/webhooks/"+id, nil).data()["topics"])
	list := s.call(t, key, "GET", "/webhooks", nil).list()
	require.Len(t, list, 1)
	require.Equal(t, id, list[0]["id"])

	test := s.call(t, key, "POST", "/webhooks/test/trigger/"+id, nil)
	require.Equal(t, 200, test.status, test.raw)
	require.Equal(t, "email.sent", test.str("event_type"))
	require.Equal(t, true, test.data()["test"])
	require.Equal(t, "a.b", s.call(t, key, "POST", "/webhooks/test/trigger/"+id, object{"topic": "a.b"}).str("event_type"))

	require.Equal(t, 200, s.call(t, key, "DELETE", "/webhooks/"+id, nil).status)
	s.call(t, key, "GET", "/webhooks/"+id, nil).problem(t, 404)
	s.call(t, key, "POST", "/webhooks/test/trigger/"+id, nil).problem(t, 404)
}

func TestCommendaPathsNameFieldsInTheirOwnWords(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for body, pointer := range map[string]string{
		`{"url":"https://example.com/","topics":["a..b"]}`:                   "/topics/0",
		`{"url":"https://example.com/"}`:                                     "/topics",
		`{"url":"https://example.com/","topics":["a"],"state":"on"}`:         "/state",
		`{"url":"https://example.com/","topics":["a"],"api_version":"v2.0"}`: "/api_version",
		`{"url":"https://example.com/","topics":["a"],"events":["a"]}`:       "/events",
	} {
		g := s.call(t, key, "POST", "/webhooks", body)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), body)
	}
	g := s.call(t, key, "POST", "/webhooks/test/trigger/"+s.create(t, key, "/webhooks", object{
		"url": "https://example.com/", "topics": []string{"a"},
	}).str("id"), object{"topic": "a..b"})
	g.problem(t, 422)
	require.Equal(t, []string{"/topic"}, g.pointers())
}

func TestFormatFollowsFromPathAndEvents(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, c := range []struct {
		events  []string
		format  string
		timeout float64
	}{
		{[]string{"email.sent", "email.delivered", "email.bounced", "email.complained", "email.opened", "email.clicked"}, "sendcomms", 5},
		{[]string{"email.bounced"}, "sendcomms", 5},
		{[]string{"email.sent", "email.failed"}, "standard", 10},
		{[]string{"email.*"}, "standard", 10},
		{[]string{"email"}, "standard", 10},
		{[]string{"message.received"}, "standard", 10},
	} {
		g := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": c.events})
		require.Equal(t, c.format, g.data()["format"], c.events)
		require.InDelta(t, c.timeout, g.data()["timeout"], 0)
		require.InDelta(t, 10, g.data()["disable_after"], 0)
	}
	g := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"message"}, "format": "inboxcomponents"})
	require.Equal(t, []any{5.0, 10.0, 20.0, 40.0, 80.0}, g.data()["retry_policy"])
	require.InDelta(t, 5, g.data()["disable_after"], 0)
	require.InDelta(t, 10, g.data()["timeout"], 0)
}

// The fields, and their types, of SendComms' own registration.
func TestRegistrationIsSendComms(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	g := s.create(t, key, "/api/v1/webhooks", object{
		"url": "https://your-server.com/webhooks/email", "events": []string{"email.sent", "email.delivered"}, "secret": "your_webhook_secret",
	})
	require.Regexp(t, `^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`, g.str("id"))
	require.Equal(t, "https://your-server.com/webhooks/email", g.str("url"))
	require.Equal(t, []any{"email.sent", "email.delivered"}, g.data()["events"])
	require.Equal(t, "your_webhook_secret", g.str("secret"))
	require.Equal(t, true, g.data()["active"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, g.str("created_at"))
}

func TestSurveyHasTenWebhooksAtMost(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	body := object{"url": "https://example.com/", "events": []string{"survey"}, "survey_id": "s-1"}
	var last got
	for range 10 {
		last = s.create(t, key, "/api/v1/webhooks", body)
		require.Equal(t, "s-1", last.str("survey_id"))
	}
	g := s.call(t, key, "POST", "/api/v1/webhooks", body)
	g.problem(t, 422)
	require.Equal(t, []string{"/survey_id"}, g.pointers())
	freed := s.call(t, key, "PATCH", "/api/v1/webhooks/"+last.str("id"), object{"survey_id": nil})
	require.Nil(t, freed.data()["survey_id"])
	s.create(t, key, "/api/v1/webhooks", body)
}
