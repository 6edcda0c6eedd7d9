package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/search"
	"posthorn/store"
)

// index makes what was accepted searchable, as a worker does all the time.
func (s *service) index(t *testing.T) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = s.store.Index(t.Context(), 100, func(u store.Unindexed) []string {
			p, err := hook.ParsePayload(u.Message.Raw, nil)
			require.NoError(t, err)
			return search.Terms(search.Document{Tenant: u.Message.TenantID, Endpoint: u.Message.EndpointID, ExternalID: u.ExternalID, Payload: p})
		})
		require.NoError(t, err)
	}
}

// say sends a message with some fields of its own.
func (s *service) say(t *testing.T, e endpoint, externalID string, fields object) {
	t.Helper()
	m := object{
		"external_id": externalID, "occurred_at": "2026-05-28T14:30:00Z", "from": "Ann@Example.com", "to": []string{"+1666", "bob"},
		"body": "hello", "attachments": []any{},
	}
	maps.Copy(m, fields)
	raw, err := json.Marshal(m)
	require.NoError(t, err)
	require.Equal(t, 200, s.deliver(t, e, string(raw)).status)
}

// found lists the external ids of a list of messages.
func (s *service) found(t *testing.T, key, query string) []string {
	t.Helper()
	g := s.call(t, key, "GET", "/api/v1/messages?"+query, nil)
	require.Equal(t, 200, g.status, "%s: %s", query, g.raw)
	ids := []string{}
	for _, item := range g.list() {
		ids = append(ids, item["external_id"].(string))
	}
	return ids
}

func TestMessagesAreFoundByWhatTheyHold(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	_, stranger := s.tenant(t)
	e, other := s.endpoint(t, key, object{}), s.endpoint(t, key, object{})
	s.say(t, e, "one", object{"body": "Über alles: the quick FOX", "subject": "Invoice 4711", "ticket": object{"id": 7, "open": true, "tags": []string{"vip", "new"}}})
	s.say(t, other, "two", object{"body": "a lazy dog; 東京タワー", "from": object{"identifier": "carl", "display_name": "Carl Jones"}, "channel": "a b&c=d"})
	require.Empty(t, s.found(t, key, "q=fox"), "nothing is indexed yet")
	require.Equal(t, []string{"two", "one"}, s.found(t, key, ""), "a list does not depend on the index")
	require.Equal(t, []string{"one"}, s.found(t, key, "endpoint_id="+e.id))
	s.index(t)

	for query, want := range map[string][]string{
		"q=fox": {"one"}, "q=uber": {"one"}, "q=%C3%9CBER+quick": {"one"}, "q=fox+dog": {}, "q=do*": {"two"}, "q=-fox": {"two"},
		"q=%E6%9D%B1%E4%BA%AC": {"two"}, "q=jones": {"two"}, "q=4711": {"one"}, "q=vip": {"one"}, "q=one": {"one"}, "q=": {"two", "one"},
		"from=ann@example.COM": {"one"}, "from=ann": {}, "to=bob": {"two", "one"}, "to=%2B1666&from=carl": {"two"}, "to=": {"two", "one"},
		"field.ticket.id=7": {"one"}, "field.ticket.open=true": {"one"}, "field.ticket.open=tru": {}, "field.subject=Invoice+4711": {"one"},
		"field.ticket.tags=vip&field.ticket.tags=new": {"one"}, "field.ticket.tags=vip&field.ticket.tags=old": {},
		"field.channel=a+b%26c%3Dd": {"two"}, "field.channel=": {}, "field.none=x": {},
		"q=hello&endpoint_id=" + e.id: {}, "q=fox&endpoint_id=" + e.id: {"one"}, "q=fox&endpoint_id=" + other.id: {},
		"to=bob&after=2020-01-01T00:00:00Z": {"two", "one"}, "to=bob&before=2020-01-01T00:00:00Z": {}, "to=bob&after=2999-01-01T00:00:00Z": {},
		"to=bob&before=1960-01-01T00:00:00Z": {}, "to=bob&after=1960-01-01T00:00:00Z": {"two", "one"}, "q=fox&q=": {"one"},
	} {
		require.Equal(t, want, s.found(t, key, query), query)
		require.Empty(t, s.found(t, stranger, query), query)
	}
}

func TestSearchesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("field.f%d=1", i)
	}
	for query, pointer := range map[string]string{
		"q=!!!": "query.q", "q=+": "query.q", "q=-": "query.q", "q=" + strings.Repeat("a+", 100): "query.q", "q=%00": "query.q", "q=%ff": "query.q",
		"from=%00": "query.from", "field.=x": "query.field", "field=x": "query.field", "field.a=%00": "query.field.a", "field.%00=a": "query.field",
		"field.%ff=a": "query.field", strings.Join(many, "&"): "query.field", "q=a&endpoint_id=x": "query.endpoint_id",
		"q=a&after=today": "query.after", "q=a&before=2026": "query.before", "q=a&cursor=x": "query.cursor", "q=a&limit=0": "query.limit",
		"field.a=%zz": "query",
	} {
		g := s.call(t, key, "GET", "/api/v1/messages?"+query, nil)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), query)
	}
	g := s.call(t, key, "GET", "/api/v1/messages?q=!", nil)
	require.Contains(t, g.raw, "holds no word to search for")
}

func TestSearchTakesHostileTextAsText(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	hostile := []string{`a' & !b | 'c':*`, `\`, `'; DROP TABLE messages; --`, "=t:x", "::tsquery", "a\x1fb", "\u200d\u0301x", `<script>"&`, strings.Repeat("long ", 500)}
	for i, text := range hostile {
		s.say(t, e, strconv.Itoa(i), object{"body": text + " end", "field": text, text: "named"})
	}
	s.index(t)
	for i, text := range hostile {
		require.Equal(t, []string{strconv.Itoa(i)}, s.found(t, key, "field.field="+url.QueryEscape(text)), "%q", text)
		require.Equal(t, []string{strconv.Itoa(i)}, s.found(t, key, "field."+url.QueryEscape(text)+"=named"), "%q", text)
		require.Empty(t, s.found(t, key, "from="+url.QueryEscape(text)), "%q", text)
		if len(text) < 100 {
			require.Contains(t, s.found(t, key, "q="+url.QueryEscape(text+" end")), strconv.Itoa(i), "%q", text)
		}
	}
}

func TestPagesOfASearchHoldEachMatchOnceWhileMoreArrive(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1000})
	want := []string{}
	for i := range 23 {
		id := fmt.Sprintf("%02d", i)
		colour := []string{"red", "blue"}[i%2]
		s.say(t, e, id, object{"colour": colour})
		if colour == "red" {
			want = append([]string{id}, want...)
		}
	}
	s.index(t)
	var got []string
	for query, n := "field.colour=red&q=hello&limit=5", 0; query != ""; n++ {
		g := s.call(t, key, "GET", "/api/v1/messages?"+query, nil)
		require.Equal(t, 200, g.status, g.raw)
		for _, item := range g.list() {
			got = append(got, item["external_id"].(string))
		}
		s.say(t, e, fmt.Sprint("late", n), object{"colour": "red"})
		s.index(t)
		next, _ := g.body["next_cursor"].(string)
		if query = ""; next != "" {
			query = "field.colour=red&q=hello&limit=5&cursor=" + next
		}
	}
	require.Equal(t, want, got)
	middle := s.call(t, key, "GET", "/api/v1/messages?limit=10", nil).body["next_cursor"].(string)
	require.NotContains(t, s.found(t, key, "q=hello&cursor="+middle), "late0", "a cursor works with any filter")
}

func TestOpenAPIDescribesTheSearch(t *testing.T) {
	t.Parallel()
	s := setup(t)
	doc := s.call(t, "", "GET", "/openapi.json", nil)
	list := doc.body["paths"].(map[string]any)["/api/v1/messages"].(map[string]any)["get"].(map[string]any)
	names := []string{}
	for _, p := range list["parameters"].([]any) {
		parameter := p.(map[string]any)
		names = append(names, parameter["name"].(string))
		require.Equal(t, "query", parameter["in"])
	}
	require.ElementsMatch(t, []string{"limit", "cursor", "q", "endpoint_id", "status", "from", "to", "after", "before", "field.{path}"}, names)
	require.Contains(t, list["description"], "within a second")
}
