package api_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}})
	const n = 5
	for i := range n {
		s.create(t, key, "/api/v1/events", object{"type": "a", "data": i})
		require.Equal(t, 200, s.deliver(t, e, message(strconv.Itoa(i))).status)
		if i > 0 {
			s.endpoint(t, key, object{})
			s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"none"}})
			s.create(t, key, "/api/v1/keys", object{"name": "k", "role": "auditor"})
			s.tenant(t)
		}
	}
	for _, list := range []string{"endpoints", "messages", "webhooks", "events", "deliveries", "keys", "tenants"} {
		with := key
		if list == "tenants" {
			with = rootKey
		}
		whole := s.call(t, with, "GET", "/api/v1/"+list, nil)
		require.Len(t, whole.list(), n, list)
		require.Contains(t, whole.body, "next_cursor")
		require.Nil(t, whole.body["next_cursor"])
		var seen []object
		cursor := ""
		for page := 0; page == 0 || cursor != ""; page++ {
			g := s.call(t, with, "GET", "/api/v1/"+list+"?limit=2&cursor="+url.QueryEscape(cursor), nil)
			require.Equal(t, 200, g.status, g.raw)
			seen = append(seen, g.list()...)
			cursor, _ = g.body["next_cursor"].(string)
			require.LessOrEqual(t, page, 2)
		}
		require.Equal(t, whole.list(), seen, list)
		exact := s.call(t, with, "GET", fmt.Sprintf("/api/v1/%s?limit=%d", list, n), nil)
		require.Nil(t, exact.body["next_cursor"], "nothing follows a page that holds the rest")
	}
}

func TestBadQueriesAreNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	zero := base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	for query, pointer := range map[string]string{
		"messages?limit=0":                        "query.limit",
		"messages?limit=101":                      "query.limit",
		"messages?limit=-1":                       "query.limit",
		"messages?limit=x":                        "query.limit",
		"messages?limit=99999999999999999999":     "query.limit",
		"messages?cursor=x":                       "query.cursor",
		"messages?cursor=" + zero:                 "query.cursor",
		"messages?cursor=" + zero + "AAAA":        "query.cursor",
		"messages?cursor=A%0A" + zero[1:]:         "query.cursor",
		"messages?endpoint_id=x":                  "query.endpoint_id",
		"messages?after=yesterday":                "query.after",
		"messages?before=2026-05-28":              "query.before",
		"messages?after=2026-05-28T14:30:00%00":   "query.after",
		"deliveries?status=lost":                  "query.status",
		"deliveries?webhook_id=7":                 "query.webhook_id",
		"deliveries?event_id=%00":                 "query.event_id",
		"events?type=%00":                         "query.type",
		"events?type=%ff":                         "query.type",
		"events?message_id=%7B" + zero:            "query.message_id",
		"events?endpoint_id=urn:uuid:" + zero[1:]: "query.endpoint_id",
		"events?after=1":                          "query.after",
	} {
		g := s.call(t, key, "GET", "/api/v1/"+query, nil)
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), query)
	}
	require.Equal(t, 200, s.call(t, key, "GET", "/api/v1/messages?limit=100", nil).status)
}
