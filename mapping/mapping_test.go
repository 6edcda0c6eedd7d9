package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/mapping"
)

// small makes a message of {"id","who","text"}.
func small(change ...func(*hook.Mapping)) *hook.Mapping {
	m := &hook.Mapping{ExternalID: "body.id", From: "body.who", To: "[body.who]", Body: "body.text"}
	for _, c := range change {
		c(m)
	}
	return m
}

func faults(t *testing.T, err error, code hook.Code) map[string]string {
	t.Helper()
	require.Equal(t, code, hook.CodeOf(err), "%v", err)
	var wrong *hook.Error
	require.ErrorAs(t, err, &wrong)
	list := map[string]string{}
	for _, f := range wrong.Fields {
		list[f.Pointer] = f.Message
	}
	return list
}

func TestAMappingThatIsWrongSaysWhere(t *testing.T) {
	t.Parallel()
	require.NoError(t, mapping.Check(small()))
	bad := faults(t, mapping.Check(small(func(m *hook.Mapping) {
		m.ExternalID, m.From, m.Body, m.Challenge = "", "body.", "bodies.text", "data"
		m.Fields = map[string]string{"from": "1", "a/b": "", "": "1", "good": "body"}
	})), hook.CodeInvalid)
	require.Contains(t, bad["/mapping/external_id"], "is required")
	require.Contains(t, bad["/mapping/from"], "line 1, column")
	require.Contains(t, bad["/mapping/body"], "undeclared reference to 'bodies'")
	require.Contains(t, bad["/mapping/challenge"], "undeclared")
	require.Contains(t, bad["/mapping/fields/from"], "another name")
	require.Contains(t, bad["/mapping/fields/a~1b"], "is required")
	require.Contains(t, bad["/mapping/fields/"], "must have a name")
	require.Len(t, bad, 7)
	many := small(func(m *hook.Mapping) { m.Fields = map[string]string{} })
	for i := range hook.MaxMappedFields + 1 {
		many.Fields[strings.Repeat("x", i+1)] = "1"
	}
	require.Contains(t, faults(t, mapping.Check(many), hook.CodeInvalid), "/mapping/fields")
}

func TestAMappingThatFailsNamesEveryPlace(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]map[string]string{
		`{"text":"x"}`:                        {"/mapping/external_id": "line 1, column 5: no such key: id", "/mapping/from": "no such key", "/mapping/to": "no such key"},
		`{"id":1,"who":[],"text":null}`:       {"/mapping/external_id": "must be a string", "/mapping/from": "must be", "/mapping/to/0": "must be", "/mapping/body": "must be a string"},
		`{"id":"","who":"","text":""}`:        {"/mapping/external_id": "1 to 255", "/mapping/from": "must not be empty", "/mapping/to/0": "must not be empty"},
		`{"id":"\ud800","who":"a","text":""}`: {"/mapping/external_id": "U+FFFD"},
		`[]`:                                  {"/mapping/external_id": "", "/mapping/from": "", "/mapping/to": "", "/mapping/body": ""},
		`{"id":"` + strings.Repeat("x", 256) + `","who":"a","text":""}`: {"/mapping/external_id": "255"},
	} {
		_, err := mapping.Read(small(), &hook.Request{}, []byte(payload), received, nil)
		bad := faults(t, err, hook.CodeInvalid)
		for pointer, message := range want {
			require.Contains(t, bad[pointer], message, "%s at %s", payload, pointer)
		}
		require.Len(t, bad, len(want), payload)
	}
	for payload, code := range map[string]hook.Code{
		`{"id":`: hook.CodeMalformed, ``: hook.CodeMalformed, "a=b&c=d": hook.CodeMalformed, strings.Repeat("[", 200) + strings.Repeat("]", 200): hook.CodeMalformed,
		`"` + strings.Repeat("x", mapping.MaxBody) + `"`: hook.CodeTooLarge,
	} {
		_, err := mapping.Read(small(), &hook.Request{}, []byte(payload), received, nil)
		require.Equal(t, code, hook.CodeOf(err))
	}
	link := small(func(m *hook.Mapping) { m.Attachments = `[{"url": body.text}]` })
	_, err := mapping.Read(link, &hook.Request{}, []byte(`{"id":"1","who":"a","text":"http://10.0.0.1/"}`), received,
		func(string) error { return hook.Invalid("refused") })
	require.Equal(t, map[string]string{"/mapping/attachments/0/url": "refused"}, faults(t, err, hook.CodeInvalid))
}

func TestAMappingSeesTheRequest(t *testing.T) {
	t.Parallel()
	m := small(func(m *hook.Mapping) {
		m.Direction, m.OccurredAt = `"outbound"`, `received_at - duration("1h")`
		m.Fields = map[string]string{
			"header": `headers["x-a"]`, "query": `query.q`, "none": `body.?none`, "null": `null`, "all": `body`, "big": `body.big`,
		}
	})
	r := &hook.Request{Target: "/in?q=1&q=2", Header: [][2]string{{"X-A", "1"}, {"x-a", "2"}}}
	p, err := mapping.Read(m, r, []byte(`{"id":"1","who":{"identifier":"a","display_name":"A"},"text":"t","big":9007199254740993}`), received, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"direction":"outbound","header":"1, 2","query":"1","null":null,"big":9007199254740993,
		"all":{"id":"1","who":{"identifier":"a","display_name":"A"},"text":"t","big":9007199254740993}}`, string(p.Fields))
	require.Equal(t, "message.sent", p.EventType())
	require.Equal(t, received.Add(-time.Hour), p.OccurredAt)
	require.Equal(t, []hook.Party{{Identifier: "a", DisplayName: "A"}}, p.To)
	require.Empty(t, p.Attachments)
}

func TestTheExpressionsOfAMappingCostLittleTogether(t *testing.T) {
	t.Parallel()
	list := `{"id":"1","who":"a","text":"t","list":[` + strings.Repeat("1,", 290) + `1]}`
	one := small(func(m *hook.Mapping) {
		m.Fields = map[string]string{"x": `body.list.all(a, body.list.all(b, body.list.all(c, a == b && b == c)))`}
	})
	_, err := mapping.Read(one, &hook.Request{}, []byte(list), received, nil)
	require.Contains(t, faults(t, err, hook.CodeInvalid)["/mapping/fields/x"], "cost")
	costly := small(func(m *hook.Mapping) {
		m.Fields = map[string]string{}
		for i := range hook.MaxMappedFields {
			m.Fields[strings.Repeat("x", i+1)] = `body.list.map(a, body.list.filter(b, b < 30 && a < 0)).size()`
		}
	})
	_, err = mapping.Read(costly, &hook.Request{}, []byte(list), received, nil)
	bad := faults(t, err, hook.CodeInvalid)
	require.NotEmpty(t, bad)
	require.Contains(t, bad["/mapping/fields/"+strings.Repeat("x", hook.MaxMappedFields)], "together")
}

// What is made of a payload is a message of the same rules as any, or an error
// that names places in the mapping; and always the same.
func FuzzRead(f *testing.F) {
	f.Add("body.id", "body.who", "body.text", `{"id":"1","who":"a","text":"t"}`)
	f.Add("headers['x-a']", "{'identifier': body.a.b}", "string(body)", `{"a":{"b":"c"}}`)
	f.Add("query.q + body", "[1, 2]", "received_at", `"x"`)
	f.Add("body.map(x, x)[0]", "body.?a.orValue(null)", "b'x'", `[1,[2]]`)
	f.Fuzz(func(t *testing.T, externalID, from, body, payload string) {
		m := &hook.Mapping{ExternalID: externalID, From: from, To: from, Body: body, Fields: map[string]string{"all": body}}
		if mapping.Check(m) != nil {
			return
		}
		r := &hook.Request{Target: "/?q=1", Header: [][2]string{{"X-A", "1"}}}
		p, err := mapping.Read(m, r, []byte(payload), received, nil)
		if err != nil {
			require.Contains(t, []hook.Code{hook.CodeInvalid, hook.CodeMalformed, hook.CodeTooLarge}, hook.CodeOf(err), "%v", err)
			return
		}
		require.NotEmpty(t, p.ExternalID)
		require.NotEmpty(t, p.To)
		require.True(t, json.Valid(p.Fields))
		again, err := mapping.Read(m, r, []byte(payload), received, nil)
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

func BenchmarkRead(b *testing.B) {
	m, payload := small(), []byte(`{"id":"1","who":"a","text":"`+strings.Repeat("x", 1000)+`"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mapping.Read(m, &hook.Request{}, payload, received, nil); err != nil {
			b.Fatal(err)
		}
	}
}
