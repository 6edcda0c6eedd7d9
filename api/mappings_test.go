package api_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func mappingOf(change object) object {
	m := object{"external_id": "body.id", "from": "body.who", "to": "[body.who]", "body": "body.text", "fields": object{"kind": "body.?kind"}}
	maps.Copy(m, change)
	return m
}

func TestAForeignPayloadIsAMessageByItsMapping(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"mapping": mappingOf(nil)})
	path := "/api/v1/endpoints/" + e.id
	payload := strings.Replace(`{"id":"1","who":"ann","text":"TEXT","kind":"greeting"}`, "TEXT", "hello", 1)
	accepted := s.deliver(t, e, payload)
	require.Equal(t, 200, accepted.status, accepted.raw)
	require.Equal(t, "1", accepted.str("external_id"))
	require.Equal(t, true, s.deliver(t, e, payload).data()["duplicate"])

	other := object{"mapping": mappingOf(object{"body": `"another"`})}
	require.Equal(t, 200, s.call(t, key, "PATCH", path, other).status)
	g := s.call(t, key, "GET", "/api/v1/messages/"+accepted.str("id"), nil)
	require.Equal(t, "hello", g.str("body"), "the mapping that was in force when it came")
	require.Equal(t, map[string]any{"kind": "greeting"}, g.data()["fields"])
	require.Equal(t, g.data()["received_at"], g.data()["occurred_at"])
	require.Equal(t, payload, s.call(t, key, "GET", "/api/v1/messages/"+accepted.str("id")+"/raw", nil).raw)

	batch := s.send(t, "POST", e.path+"/batch", strings.NewReader("{\"id\":\"2\",\"who\":\"b\",\"text\":\"\"}\n{\"who\":\"b\"}\n"), "Authorization", "Bearer "+e.secret)
	lines := strings.Split(strings.TrimSpace(batch.raw), "\n")
	require.Contains(t, lines[0], `"external_id":"2"`)
	require.Contains(t, lines[1], `"/mapping/external_id"`)

	require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"mapping": nil}).status)
	require.Nil(t, s.call(t, key, "GET", path, nil).data()["mapping"])
	require.Eventually(t, func() bool { return s.deliver(t, e, message("native")).status == 200 }, patience, 100*time.Millisecond)
}

func TestAMappingThatIsWrongIsRefusedWithThePlaceOfEachError(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, m := range []object{{"external_id": "body."}, {"external_id": "data.x"}, {"fields": object{"to": "1"}}, {"from": ""}} {
		g := s.call(t, key, "POST", "/api/v1/endpoints", object{"name": "n", "mapping": mappingOf(m)})
		g.problem(t, 422)
		require.Len(t, g.pointers(), 1, g.raw)
		require.True(t, strings.HasPrefix(g.pointers()[0], "/mapping/"), g.raw)
	}
	s.call(t, key, "POST", "/api/v1/endpoints", `{"name":"n","mapping":{"external_id":"1","unknown":"1"}}`).problem(t, 422)
	s.call(t, key, "POST", "/api/v1/endpoints", object{"name": "n", "mapping": mappingOf(object{"body": strings.Repeat("x", 5000)})}).problem(t, 422)
}

func TestAPayloadThatItsMappingRefusedIsReadmittedOnceItIsMended(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"mapping": mappingOf(nil)})
	path := "/api/v1/endpoints/" + e.id
	const payload = `{"id":7,"who":"ann","text":"hello"}`
	refused := s.deliver(t, e, payload)
	refused.problem(t, 422)
	require.Equal(t, []string{"/mapping/external_id"}, refused.pointers())
	f := s.refused(t, key, e, 1).list()[0]

	tried := s.call(t, key, "POST", path+"/mapping/test", object{"refused_id": f["id"]})
	require.Equal(t, 200, tried.status, tried.raw)
	require.Nil(t, tried.data()["message"])
	require.Contains(t, tried.raw, "must be a string")
	mended := mappingOf(object{"external_id": "string(body.id)"})
	tried = s.call(t, key, "POST", path+"/mapping/test", object{"refused_id": f["id"], "mapping": mended})
	made, _ := tried.data()["message"].(map[string]any)
	require.Equal(t, "7", made["external_id"], tried.raw)
	require.Equal(t, f["at"], made["occurred_at"])
	require.Equal(t, "message.received", made["event_type"])
	s.call(t, key, "POST", s.refusedPath(e, f["id"], "readmit"), nil).problem(t, 422)

	require.Equal(t, 200, s.call(t, key, "PATCH", path, object{"mapping": mended}).status)
	g := s.call(t, key, "POST", s.refusedPath(e, f["id"], "readmit"), nil)
	require.Equal(t, 200, g.status, g.raw)
	shown := s.call(t, key, "GET", "/api/v1/messages/"+g.str("id"), nil)
	require.Equal(t, f["at"], shown.data()["received_at"])
	require.Equal(t, f["at"], shown.data()["occurred_at"], "received_at is when it first came")
	s.call(t, key, "POST", path+"/mapping/test", object{"refused_id": f["id"]}).problem(t, 409)
}

func TestAMappingIsTriedOnASample(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"mapping": mappingOf(nil)})
	path := "/api/v1/endpoints/" + e.id + "/mapping/test"
	for body, want := range map[string]string{
		`{"sample":{"id":"1","who":"a","text":"t"}}`:    `"external_id":"1"`,
		`{"sample":{"id":1}}`:                           `"/mapping/from"`,
		`{"sample":{"external_id":"1"},"mapping":null}`: `"/occurred_at"`,
		`{"sample":1,"mapping":{"external_id":"query.q","from":"headers.h","to":"'b'","body":"''","occurred_at":"received_at"},` +
			`"headers":{"H":"x"},"query":{"q":"5"},"received_at":"2026-01-02T03:04:05Z"}`: `"occurred_at":"2026-01-02T03:04:05.000Z"`,
		`{"sample":{},"mapping":{"external_id":"'1'","from":"'a'","to":"'b'","body":"''","challenge":"'yes'"}}`: `"challenge":"yes"`,
	} {
		g := s.call(t, key, "POST", path, body)
		require.Equal(t, 200, g.status, g.raw)
		require.Contains(t, g.raw, want, body)
	}
	for body, pointer := range map[string]string{
		`{}`: "/sample", `{"sample":1,"refused_id":"x"}`: "/refused_id", `{"sample":1,"received_at":"now"}`: "/received_at",
		`{"sample":1,"mapping":{"external_id":"(","from":"1","to":"1","body":"1"}}`: "/mapping/external_id",
	} {
		g := s.call(t, key, "POST", path, body)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), g.raw)
	}
	s.call(t, key, "POST", path, `{"refused_id":"x"}`).problem(t, 404)
	_, stranger := s.tenant(t)
	s.call(t, stranger, "POST", path, `{"sample":1}`).problem(t, 404)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/messages", nil).list())
}

func TestAChallengeIsAnsweredAndIsNoMessage(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"mapping": mappingOf(object{"challenge": "body.?challenge"})})
	g := s.deliver(t, e, `{"challenge":"<b>echo</b>%s"}`)
	require.Equal(t, 200, g.status)
	require.Equal(t, "<b>echo</b>%s", g.raw)
	require.Equal(t, "text/plain; charset=utf-8", g.header.Get("Content-Type"))
	require.Equal(t, "nosniff", g.header.Get("X-Content-Type-Options"))
	s.send(t, "POST", e.path, strings.NewReader(`{"challenge":"x"}`)).problem(t, 401)
	s.deliver(t, e, `{"challenge":1}`).problem(t, 422)
	require.Empty(t, s.call(t, key, "GET", "/api/v1/messages", nil).list())
	require.Equal(t, 200, s.deliver(t, e, `{"id":"1","who":"a","text":"t"}`).status)
}

func TestAnEndpointTakesASecretThatItsPlatformHasMade(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	made := s.create(t, key, "/api/v1/endpoints", object{"name": "n", "secret": "whsec_made_by_the_platform"})
	require.Equal(t, "whsec_made_by_the_platform", made.str("secret"))
	path := "/api/v1/endpoints/" + made.str("id")
	rotated := s.call(t, key, "POST", path+"/rotate", object{"secret": "another_of_the_platform"})
	require.Equal(t, "another_of_the_platform", rotated.str("secret"))
	require.Equal(t, []string{"/secret"}, s.call(t, key, "PATCH", path, object{"secret": "a-third-that-is-long-enough"}).pointers())
	for _, bad := range []string{"short", strings.Repeat("x", 501), "with blanks in it, and more"} {
		s.call(t, key, "POST", "/api/v1/endpoints", object{"name": "n", "secret": bad}).problem(t, 422)
	}
}
