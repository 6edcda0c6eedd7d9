package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWebhookIsTriedOnRecentEventsBeforeItIsStored(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	_, stranger := s.tenant(t)
	publish := func(kind string, data object) string {
		return s.create(t, key, "/api/v1/events", object{"type": kind, "data": data}).str("id")
	}
	quiet, large := publish("order.paid", object{"n": 1, "id": "a"}), publish("order.paid", object{"n": 5, "id": "b"})
	broken, unshaped := publish("order.paid", object{}), publish("order.paid", object{"n": 7})
	publish("other.thing", object{"n": 9})
	s.create(t, stranger, "/api/v1/events", object{"type": "order.paid", "data": object{"n": 9, "id": "theirs"}})
	settings := object{"events": []string{"order.*"}, "filter": "data.n > 2", "transform": `{"id": data.id}`, "ordered_by": "data.id", "format": "platform"}
	g := s.call(t, key, "POST", "/api/v1/webhooks/dry-run", settings)
	require.Equal(t, 200, g.status, g.raw)
	require.Zero(t, g.data()["untried"])
	var got []string
	for _, one := range g.data()["events"].([]any) {
		e := one.(map[string]any)
		got = append(got, fmt.Sprint(e["id"], " ", e["matches"], " ", e["error"], " ", e["order_key"], " ", e["transform_error"], " ", e["order_error"]))
		require.Equal(t, e["id"] == large, e["body"] != nil, g.raw)
		if e["id"] == large {
			require.Contains(t, e["body"], `"data":{"id":"b"}`)
		}
	}
	require.Equal(t, []string{
		unshaped + " true <nil> <nil> line 1, column 12: no such key: id line 1, column 5: no such key: id",
		broken + " false line 1, column 5: no such key: n <nil> <nil> <nil>",
		large + " true <nil> b <nil> <nil>", quiet + " false <nil> <nil> <nil> <nil>",
	}, got)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/webhooks", nil).list(), "nothing is stored")
	require.Empty(t, s.call(t, key, "GET", "/api/v1/deliveries", nil).list(), "nothing is sent")
}

func TestADryRunNamesWhatIsWrongButTheAddress(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for body, pointers := range map[string][]string{
		`{}`: {"/events"}, `{"events":["*"],"filter":"x"}`: {"/filter"}, `{"events":["a b"],"transform":"y","ordered_by":"1"}`: {"/events/0", "/transform", "/ordered_by"},
	} {
		g := s.call(t, key, "POST", "/api/v1/webhooks/dry-run", body)
		g.problem(t, 422)
		require.ElementsMatch(t, pointers, g.pointers(), body)
	}
}

func TestADryRunLooksAtFewEventsAndEndsWhereBodiesAreLarge(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for range 24 {
		s.create(t, key, "/api/v1/events", object{"type": "order.paid", "data": strings.Repeat("x", 100_000)})
	}
	run := func(filter string) (int, float64) {
		g := s.call(t, key, "POST", "/api/v1/webhooks/dry-run", object{"events": []string{"*"}, "filter": filter})
		require.Equal(t, 200, g.status, g.raw)
		return len(g.data()["events"].([]any)), g.data()["untried"].(float64)
	}
	tried, untried := run("false")
	require.Equal(t, []any{20, 0.0}, []any{tried, untried})
	tried, untried = run("true")
	require.Equal(t, []any{11, 9.0}, []any{tried, untried})
}
