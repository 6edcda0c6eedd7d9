package dashboard_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/hook"
)

// orders publishes events to try a webhook on.
func (s *site) orders(t *testing.T) {
	t.Helper()
	for _, data := range []string{`{"n":1,"id":"small"}`, `{"n":5,"id":"large"}`, `{"id":"none"}`, `{"n":9}`} {
		_, err := s.api.Publish(s.as(t), client.NewEvent{Type: "order.placed", Data: json.RawMessage(data)})
		require.NoError(t, err)
	}
	_, err := s.api.Publish(s.as(t), client.NewEvent{Type: "ticket.opened", Data: json.RawMessage(`{"n":9,"id":"ticket"}`)})
	require.NoError(t, err)
}

func TestAFormIsTriedOnRecentEventsAndNotSaved(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.orders(t)
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	saved, err := s.api.CreateWebhook(s.as(t), client.WebhookSettings{URL: new("https://example.com/hooks"), Events: &[]string{"ticket"}, Filter: new("false")})
	require.NoError(t, err)
	for _, path := range []string{"/portal/webhooks/new", "/portal/webhooks/" + saved.ID + "/edit"} {
		form := b.get(t, path).body
		require.Contains(t, form, `<button name="do" value="try"`)
		g := b.post(t, path, "do", "try", "name", "typed name", "patterns", "order.*", "format", "platform",
			"filter", "data.n > 2", "transform", `{"order": data.id}`, "ordered_by", "data.id")
		require.Equal(t, http.StatusOK, g.status, g.body)
		page := html.UnescapeString(g.body)
		require.Contains(t, page, `"data":{"order":"large"}`)
		require.NotContains(t, page, `"order":"small"`)
		require.Contains(t, page, "The filter says no.")
		require.Contains(t, page, "Filter: line 1, column 5: no such key: n")
		require.Contains(t, page, "Transform: line 1, column 15: no such key: id")
		require.Contains(t, page, "<code>large</code>")
		require.Contains(t, page, `value="typed name"`)
		require.Contains(t, page, ">data.n > 2</textarea>")
		require.NotContains(t, page, "ticket.opened</a>", "the types are those of the form")
	}
	list, err := s.api.WebhookPage(s.as(t), client.Page{})
	require.NoError(t, err)
	saved.Secret = ""
	require.Equal(t, []client.Webhook{saved}, list.Items)
}

func TestATryShowsMistakesBesideTheirFields(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.orders(t)
	b := s.signedIn(t, s.tenant, hook.RoleOperator)
	g := b.send(t, http.MethodPost, "/portal/webhooks/new", url.Values{
		"do": {"try"}, "patterns": {"order"}, "filter": {"\r\ndata.n > 2 &&\r\n  datum"}, "transform": {"{"}, "ordered_by": {"1"},
	})
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	page := html.UnescapeString(g.body)
	require.Contains(t, page, `id="e-filter">line 2, column 3: undeclared reference`)
	require.Contains(t, page, "  datum\n  ^")
	require.Contains(t, page, `id="e-transform">line 1`)
	require.Contains(t, page, `id="e-ordered_by">line 1`)
	require.NotContains(t, page, `id="e-url"`, "what is not needed for a try may be missing")
	require.NotContains(t, page, `id="tried"`)

	g = b.post(t, "/portal/webhooks/new", "do", "try", "filter", "true")
	require.Equal(t, http.StatusUnprocessableEntity, g.status)
	require.Contains(t, g.body, "must have 1 to 50 items")
	g = b.post(t, "/portal/webhooks/new", "do", "try", "patterns", "invoice")
	require.Contains(t, g.body, "there is none among the last 1,000 events")
}
