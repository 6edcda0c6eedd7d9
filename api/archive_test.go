package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/hook"
)

func TestArchivedMessageIsShownFromTheArchive(t *testing.T) {
	t.Parallel()
	s := setup(t, inArchive(t))
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"retention": "24h"})
	body := strings.Replace(message("1"), `"attachments":[]`, `"thread":7,"attachments":[
		{"filename":"naïve \"x\".html","content_type":"text/html","content":"PGI+"},{"content":""}]`, 1)
	accepted := s.deliver(t, e, body)
	require.Equal(t, 200, accepted.status, accepted.raw)
	path := "/api/v1/messages/" + accepted.str("id")
	before := s.call(t, key, "GET", path, nil).data()
	s.call(t, key, "GET", path+"/attachments/0", nil).problem(t, 404)

	id, err := hook.ParseID(accepted.str("id"))
	require.NoError(t, err)
	worker := activities.Activities{Store: s.store, Archive: s.config.Archive}
	_, err = worker.Seal(t.Context(), id)
	require.NoError(t, err)

	after := s.call(t, key, "GET", path, nil).data()
	require.Equal(t, "archived", after["status"])
	require.EqualValues(t, 1, after["number"])
	require.NotNil(t, after["archived_at"])
	require.NotNil(t, after["retain_until"])
	require.NotEmpty(t, after["archive"].(map[string]any)["version_id"])
	for _, name := range []string{"id", "external_id", "from", "to", "body", "fields", "sha256", "size", "occurred_at", "received_at"} {
		require.Equal(t, before[name], after[name], name)
	}
	require.Equal(t, body, s.call(t, key, "GET", path+"/raw", nil).raw)

	g := s.call(t, key, "GET", path+"/attachments/0", nil)
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, "<b>", g.raw)
	require.Equal(t, "text/html", g.header.Get("Content-Type"))
	require.Equal(t, "nosniff", g.header.Get("X-Content-Type-Options"))
	require.Contains(t, g.header.Get("Content-Security-Policy"), "sandbox")
	require.True(t, strings.HasPrefix(g.header.Get("Content-Disposition"), "attachment;"))
	g = s.call(t, key, "GET", path+"/attachments/1", nil)
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, "0", g.header.Get("Content-Length"))
	require.Contains(t, g.header.Get("Content-Disposition"), "attachment-1")
	s.call(t, key, "GET", path+"/attachments/2", nil).problem(t, 404)
	s.call(t, key, "GET", path+"/attachments/-1", nil).problem(t, 422)
	s.call(t, key, "GET", path+"/attachments/x", nil).problem(t, 422)

	events := s.call(t, key, "GET", "/api/v1/events?message_id="+accepted.str("id"), nil).list()
	require.Len(t, events, 1)
	require.Equal(t, "message.received", events[0]["type"])
	require.Equal(t, e.id, events[0]["endpoint_id"])
	_, stranger := s.tenant(t)
	s.call(t, stranger, "GET", path+"/raw", nil).problem(t, 404)
	s.call(t, stranger, "GET", path+"/attachments/0", nil).problem(t, 404)
}

func TestArchiveThatIsAwayIsNoReasonToRefuse(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	require.Equal(t, 200, s.deliver(t, e, message("1")).status)
	g := s.call(t, "", "GET", "/readyz", nil)
	require.Equal(t, 200, g.status, g.raw)
	require.Equal(t, object{"status": "ok", "database": "ok", "object_store": "away", "temporal": "ok"}, g.data())
}
