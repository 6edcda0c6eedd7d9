package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCatalogueHasWhatIsBuiltInAndTheTenantsOwn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	_, stranger := s.tenant(t)
	put := s.call(t, key, "PUT", "/api/v1/event-types", object{"type": "order.paid", "description": "An order was paid", "schema": object{"type": "object"}})
	require.Equal(t, 200, put.status, put.raw)
	require.Equal(t, "order", put.str("topic"))
	require.Equal(t, false, put.data()["built_in"])
	again := s.call(t, key, "PUT", "/api/v1/event-types", object{"type": "email.sent", "schema": nil})
	require.Equal(t, true, again.data()["built_in"])
	require.Contains(t, again.str("description"), "successfully sent", "ours, where the tenant says nothing")
	byType := map[string]object{}
	list := s.call(t, key, "GET", "/api/v1/event-types", nil).list()
	for _, item := range list {
		byType[item["type"].(string)] = item
	}
	require.Len(t, byType, len(list))
	for topic, names := range map[string]string{
		"email":      "sent delivered bounced complained opened clicked failed unsubscribed",
		"message":    "sent received queued delivered read failed created",
		"ticket":     "created updated status_changed resolved closed assigned sla_warning sla_breached",
		"survey":     "response_completed",
		"attachment": "failed", "delivery": "failed", "webhook": "failing disabled", "recovery": "completed", "export": "completed",
	} {
		for name := range strings.FieldsSeq(names) {
			item := byType[topic+"."+name]
			require.NotNil(t, item, "%s.%s", topic, name)
			require.Equal(t, true, item["built_in"])
			require.Equal(t, topic, item["topic"])
			require.NotEmpty(t, item["description"])
		}
	}
	require.Len(t, list, 31)
	require.Equal(t, map[string]any{"type": "object"}, byType["order.paid"]["schema"])
	require.Len(t, s.call(t, stranger, "GET", "/api/v1/event-types", nil).list(), 30)
}

func TestEventThatDoesNotFitItsSchemaIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	schema := `{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"a/b":{"items":{"pattern":"^x"}},"at":{"$ref":"#/$defs/time"}},"$defs":{"time":{"type":"string"}}}`
	g := s.call(t, key, "PUT", "/api/v1/event-types", `{"type":"order.paid","schema":`+schema+`}`)
	require.Equal(t, 200, g.status, g.raw)
	s.create(t, key, "/api/v1/events", `{"type":"order.paid","data":{"id":12345678901234567890,"a/b":["x1"],"at":""}}`)
	s.create(t, key, "/api/v1/events", `{"type":"order.paid.late","data":[]}`)
	for data, pointers := range map[string][]string{
		`[]`:   {"/data"},
		`{}`:   {"/data"},
		`null`: {"/data"},
		`{"id":"hunter2","a/b":["x","hunter2"],"at":1}`: {"/data/id", "/data/a~1b/1", "/data/at"},
	} {
		g := s.call(t, key, "POST", "/api/v1/events", `{"type":"order.paid","data":`+data+`}`)
		g.problem(t, 422)
		require.ElementsMatch(t, pointers, g.pointers(), g.raw)
		require.NotContains(t, g.raw, "hunter2")
	}
	require.Equal(t, 200, s.call(t, key, "PUT", "/api/v1/event-types", `{"type":"order.paid"}`).status)
	s.create(t, key, "/api/v1/events", `{"type":"order.paid","data":[]}`)
}

func TestBadEventTypesAreNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	many := make([]string, 2000)
	for i := range many {
		many[i] = fmt.Sprintf(`"p%d":{}`, i)
	}
	doubling := []string{`"d0":{}`}
	for i := range 20 {
		doubling = append(doubling, fmt.Sprintf(`"d%d":{"anyOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i+1, i, i))
	}
	for schema, says := range map[string]string{
		`1`:                                     "must be an object",
		`{"type":"thing"}`:                      "is no JSON Schema",
		`{"$ref":"https://example.com/schema"}`: "parts of itself only",
		`{"$ref":"file:///etc/passwd"}`:         "parts of itself only",
		`{"$schema":"https://example.com/own"}`: "another document",
		`{"properties":{"a":{"$ref":"#/properties/a"}}}`: "in a circle",
		`{"$ref":"#"}`: "parts of itself only",
		`{"properties":{"a":{"$id":"https://example.com/x"}}}`: "must not have $id",
		`{"pattern":"("}`: "is no JSON Schema",
		`{"properties":{` + strings.Join(many, ",") + `}}`:                     "is too large",
		`{"$defs":{` + strings.Join(doubling, ",") + `},"$ref":"#/$defs/d20"}`: "is too large",
		`{"title":"` + strings.Repeat("x", 70_000) + `"}`:                      "65536 bytes",
	} {
		g := s.call(t, key, "PUT", "/api/v1/event-types", `{"type":"a.b","schema":`+schema+`}`)
		g.problem(t, 422)
		require.Equal(t, []string{"/schema"}, g.pointers(), g.raw)
		require.Contains(t, g.raw, says, schema[:min(len(schema), 80)])
	}
	for body, pointer := range map[string]string{
		`{"type":"a..b"}`: "/type", `{"type":""}`: "/type",
		`{"type":"a","description":"` + strings.Repeat("x", 1001) + `"}`: "/description", `{"type":"a","description":"\u0000"}`: "/description",
	} {
		g := s.call(t, key, "PUT", "/api/v1/event-types", body)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), body)
	}
}
