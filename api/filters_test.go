package api_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpressionsAreCompiledAtRegistration(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	whole := object{"url": "https://example.com/", "events": []string{"*"}}
	cases := map[string]string{
		`{"filter":"data.a =="}`: "/filter", `{"filter":"1"}`: "/filter", `{"transform":"x"}`: "/transform", `{"ordered_by":"true"}`: "/ordered_by",
		`{"ordered_by":"id","ordered_on_failure":"stop"}`: "/ordered_on_failure", `{"ordered_on_failure":"skip"}`: "/ordered_on_failure",
		`{"filter":"` + strings.Repeat(" ", 5000) + `true"}`: "/filter", `{"survey_id":"` + strings.Repeat("x", 201) + `"}`: "/survey_id",
	}
	badSettings(t, s, key, "POST", "/api/v1/webhooks", whole, cases)
	g := s.call(t, key, "POST", "/api/v1/webhooks", `{"url":"https://example.com/","events":["*"],"filter":"true &&\n datum"}`)
	require.Contains(t, g.raw, "line 2, column 2: undeclared reference to 'datum'")
	both := s.call(t, key, "POST", "/api/v1/webhooks", `{"filter":"x","transform":"y"}`)
	require.ElementsMatch(t, []string{"/url", "/events", "/filter", "/transform"}, both.pointers())

	whole["filter"], whole["transform"], whole["ordered_by"] = `data.n > 1`, `{"n": data.n}`, `data.ticket`
	made := s.create(t, key, "/api/v1/webhooks", whole)
	for _, name := range []string{"filter", "transform", "ordered_by"} {
		require.Equal(t, whole[name], made.data()[name])
	}
	require.Equal(t, "hold", made.str("ordered_on_failure"))
	cleared := s.call(t, key, "PATCH", "/api/v1/webhooks/"+made.str("id"), object{"filter": nil, "transform": "", "ordered_by": nil})
	for _, name := range []string{"filter", "transform", "ordered_by", "ordered_on_failure"} {
		require.Nil(t, cleared.data()[name], name)
	}
}

func TestFilterThatFailsIsShownOnItsWebhook(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	w := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}, "filter": `data.n > 1`})
	require.Nil(t, w.data()["filter_error"])
	e := s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": object{}})
	s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": object{"n": 2}})
	require.Len(t, s.call(t, key, "GET", "/api/v1/deliveries", nil).list(), 1)
	seen := s.call(t, key, "GET", "/api/v1/webhooks/"+w.str("id"), nil).data()["filter_error"].(map[string]any)
	require.Equal(t, e.str("id"), seen["event_id"])
	require.Equal(t, "line 1, column 5: no such key: n", seen["message"])
}

func TestFilterIsTriedOnASampleOrAnEvent(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	path := "/api/v1/webhooks/" + s.create(t, key, "/api/v1/webhooks", object{
		"url": "https://example.com/", "events": []string{"a"}, "filter": `data.n > 1`, "survey_id": "7",
	}).str("id") + "/filter/test"
	event := s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": object{"n": 2, "surveyId": 7}}).str("id")
	for _, c := range []struct {
		body string
		want object
	}{
		{`{"event_id":"` + event + `"}`, object{"matches": true, "subscribed": true, "survey": true, "filter": true, "error": nil}},
		{`{"event_id":"` + event + `","filter":"data.n > 2"}`, object{"matches": false, "filter": false, "error": nil}},
		{`{"type":"b","data":{"n":2}}`, object{"matches": false, "subscribed": false, "survey": false, "filter": true}},
		{`{"data":{}}`, object{"matches": false, "filter": false, "error": "line 1, column 5: no such key: n"}},
		{`{"id":"e1","type":"a","data":1,"occurred_at":"2026-01-02T03:04:05Z","filter":"id == 'e1' && occurred_at.getMonth() == 0 && data == 1"}`, object{"filter": true}},
	} {
		g := s.call(t, key, "POST", path, c.body)
		require.Equal(t, 200, g.status, g.raw)
		for name, value := range c.want {
			require.Equal(t, value, g.data()[name], "%s: %s", c.body, name)
		}
	}
	for body, pointer := range map[string]string{
		`{"filter":"datum"}`: "/filter", `{"event_id":"` + event + `","data":1}`: "/event_id", `{"type":"a..b"}`: "/type",
		`{"occurred_at":"noon"}`: "/occurred_at",
	} {
		g := s.call(t, key, "POST", path, body)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), body)
	}
	s.call(t, key, "POST", path, `{"event_id":"none"}`).problem(t, 404)
	require.Len(t, s.call(t, key, "GET", "/api/v1/events", nil).list(), 1, "nothing is stored")
}

func TestTransformIsTriedBeforeItsFormat(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	path := "/api/v1/webhooks/" + s.create(t, key, "/api/v1/webhooks", object{
		"url": "https://example.com/", "events": []string{"email.sent"}, "transform": `{"to": data.who, "subject": type}`,
	}).str("id") + "/transform/test"
	g := s.call(t, key, "POST", path, `{"id":"e1","type":"email.sent","data":{"who":"bob@x"},"occurred_at":"2026-01-02T03:04:05Z"}`)
	require.Equal(t, map[string]any{"to": "bob@x", "subject": "email.sent"}, g.data()["data"])
	require.Regexp(t, `^`+regexp.QuoteMeta(`{"event":"email.sent","transaction_id":"e1","timestamp":"2026-01-02T03:04:05.000Z","data":{"id":"e1",`+
		`"email_id":null,"type":"email","status":"sent","to":"bob@x","subject":"email.sent","from":null}}`)+`$`, g.str("body"))
	g = s.call(t, key, "POST", path, `{"data":{}}`)
	require.Equal(t, 200, g.status)
	require.Equal(t, "line 1, column 12: no such key: who", g.data()["error"])
	require.Nil(t, g.data()["data"])
	g = s.call(t, key, "POST", path, `{"transform":"data","data":[1]}`)
	require.Equal(t, []any{1.0}, g.data()["data"])
}
