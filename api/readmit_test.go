package api_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
)

func (s *service) refusedPath(e endpoint, id any, rest ...string) string {
	text, _ := id.(string)
	return "/api/v1/endpoints/" + e.id + "/refused/" + strings.Join(append([]string{text}, rest...), "/")
}

func TestARefusedPayloadCanBeLookedAt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	body := strings.Replace(message("1"), "body", "text", 1)
	s.deliver(t, e, body).problem(t, 422)
	s.send(t, "POST", e.path, strings.NewReader(body)).problem(t, 401)
	list := s.refused(t, key, e, 2).list()
	require.Nil(t, list[0]["kept"], "what is not authentic is not kept")
	require.Equal(t, "payload", list[1]["kept"])
	require.EqualValues(t, len(body), list[1]["size"])
	require.Nil(t, list[1]["readmitted_at"])

	g := s.call(t, key, "GET", s.refusedPath(e, list[1]["id"]), nil)
	request, _ := g.data()["request"].(map[string]any)
	require.Equal(t, e.path, request["target"])
	require.NotContains(t, g.raw, e.secret)
	require.Equal(t, body, s.call(t, key, "GET", s.refusedPath(e, list[1]["id"], "raw"), nil).raw)
	require.Nil(t, s.call(t, key, "GET", s.refusedPath(e, list[0]["id"]), nil).data()["request"])
	s.call(t, key, "GET", s.refusedPath(e, list[0]["id"], "raw"), nil).problem(t, 404)
	s.call(t, key, "POST", s.refusedPath(e, list[0]["id"], "readmit"), nil).problem(t, 409)

	_, stranger := s.tenant(t)
	for _, call := range [][]string{{"GET"}, {"GET", "raw"}, {"POST", "readmit"}} {
		s.call(t, stranger, call[0], s.refusedPath(e, list[1]["id"], call[1:]...), nil).problem(t, 404)
		s.call(t, key, call[0], s.refusedPath(e, hook.NewID().String(), call[1:]...), nil).problem(t, 404)
		s.call(t, key, call[0], s.refusedPath(e, "x", call[1:]...), nil).problem(t, 404)
	}
	s.call(t, stranger, "POST", "/api/v1/endpoints/"+e.id+"/refused/readmit", nil).problem(t, 404)
}

func TestARefusedPayloadStaysRefusedUntilItsEndpointTakesIt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	s.deliver(t, e, `{"external_id":"1"}`).problem(t, 422)
	s.deliver(t, e, `{"external_id":`).problem(t, 400)
	list := s.refused(t, key, e, 2).list()
	again := s.call(t, key, "POST", s.refusedPath(e, list[1]["id"], "readmit"), nil)
	again.problem(t, 422)
	require.Contains(t, again.raw, "/occurred_at")
	all := s.call(t, key, "POST", "/api/v1/endpoints/"+e.id+"/refused/readmit", nil)
	require.Equal(t, 200, all.status, all.raw)
	require.EqualValues(t, 2, all.data()["refused"])
	results, _ := all.data()["results"].([]any)
	require.Len(t, results, 2)
	first, _ := results[0].(map[string]any)
	require.Equal(t, list[1]["id"], first["id"], "the oldest first")
	require.EqualValues(t, 422, first["status"])
	require.NotEmpty(t, first["errors"])
	require.Len(t, s.refused(t, key, e, 2).list(), 2)
}

func TestARefusedPayloadIsReadmittedAsItFirstCame(t *testing.T) {
	t.Parallel()
	var allowed atomic.Bool // the addresses that the deployment refuses are a setting, too
	s := setup(t, func(c *api.Config) {
		check := c.CheckURL
		c.CheckURL = func(link string) error {
			if allowed.Load() {
				return nil
			}
			return check(link)
		}
	})
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	link := func(id string) string {
		return strings.Replace(message(id), `"attachments":[]`, `"attachments":[{"url":"https://10.0.0.1/`+id+`"}]`, 1)
	}
	s.deliver(t, e, link("1")).problem(t, 422)
	batch := s.send(t, "POST", e.path+"/batch", strings.NewReader(link("2")+"\n"+message("fine")+"\n"+link("1")+"\n"+link("3")+"\n"),
		"Authorization", "Bearer "+e.secret)
	require.Equal(t, 200, batch.status)
	list := s.refused(t, key, e, 4).list()

	allowed.Store(true)
	one := s.call(t, key, "POST", s.refusedPath(e, list[3]["id"], "readmit"), nil)
	require.Equal(t, 200, one.status, one.raw)
	require.Equal(t, false, one.data()["duplicate"])
	require.Equal(t, list[3]["at"], one.data()["received_at"])
	s.call(t, key, "POST", s.refusedPath(e, list[3]["id"], "readmit"), nil).problem(t, 409)

	all := s.call(t, key, "POST", "/api/v1/endpoints/"+e.id+"/refused/readmit", nil)
	require.Equal(t, 200, all.status, all.raw)
	require.Equal(t, []any{2.0, 1.0, 0.0}, []any{all.data()["accepted"], all.data()["duplicates"], all.data()["refused"]})
	for i, f := range s.refused(t, key, e, 4).list() {
		require.NotNil(t, f["readmitted_at"])
		want := f["id"]
		if i == 1 { // the line that came as 1 once more
			want = list[3]["id"]
		}
		require.Equal(t, want, f["message_id"])
	}
	messages := s.call(t, key, "GET", "/api/v1/messages?endpoint_id="+e.id, nil).list()
	var ids []any
	for _, m := range messages {
		ids = append(ids, m["external_id"])
	}
	require.Equal(t, []any{"3", "fine", "2", "1"}, ids, "each stands where it first came")
	require.Equal(t, link("2"), s.call(t, key, "GET", "/api/v1/messages/"+messages[2]["id"].(string)+"/raw", nil).raw)
	received, err := time.Parse(time.RFC3339, messages[3]["received_at"].(string))
	require.NoError(t, err)
	require.Equal(t, list[3]["at"], hook.FormatTime(received))
}
