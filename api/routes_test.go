package api_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
)

func routes(t *testing.T) []api.Route {
	t.Helper()
	table, _, err := api.Routes()
	require.NoError(t, err)
	require.NotEmpty(t, table)
	return table
}

// address is a route's path for the thing of an id.
func address(route api.Route, id string) string {
	path := strings.NewReplacer("{id}", id, "{rid}", id, "{n}", "0").Replace(route.Path)
	if route.Method == http.MethodDelete && !strings.Contains(route.Path, "{id}") {
		path += "?id=" + id
	}
	if strings.HasSuffix(route.Path, "/statuses") {
		path += "?provider_message_id=1"
	}
	if route.Method == http.MethodGet && strings.HasSuffix(route.Path, "/recover") {
		path += "?since=2026-01-02T03:04:05Z"
	}
	return path
}

func TestEveryRouteIsInTheTable(t *testing.T) {
	t.Parallel()
	table, registered, err := api.Routes()
	require.NoError(t, err)
	for _, r := range registered {
		if strings.HasPrefix(r[1], "/openapi") {
			continue
		}
		path := regexp.MustCompile(`:(\w+)`).ReplaceAllString(r[1], "{$1}")
		require.True(t, slices.ContainsFunc(table, func(route api.Route) bool {
			return route.Method == r[0] && route.Path == path
		}), "%s is served and has no role", r)
	}
	for _, route := range table {
		managed := strings.HasPrefix(route.Path, "/api/v1/") || strings.HasPrefix(route.Path, "/webhooks")
		require.Equal(t, !managed, route.Public, "%s %s", route.Method, route.Path)
	}
}

func TestNoRouteAnswersWithoutAValidKey(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, route := range routes(t) {
		path := address(route, hook.NewID().String())
		if route.Public {
			require.NotEqual(t, 401, s.call(t, "", route.Method, path, nil).status, path)
			continue
		}
		keys := []string{"", "phk_wrong", key + "x", key[1:], " ", "•••"}
		if route.Root {
			keys = append(keys, key, rootKey[:8])
		} else {
			keys = append(keys, rootKey)
		}
		for _, wrong := range keys {
			g := s.call(t, wrong, route.Method, path, "{")
			g.problem(t, 401)
		}
		g := s.send(t, route.Method, path, nil, "Authorization", "Basic "+key)
		g.problem(t, 401)
	}
}

func TestRootKeyThatIsNotSetOpensNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.RootKey = "" })
	for _, header := range []string{"Bearer ", "Bearer", "Bearer " + rootKey} {
		s.send(t, "GET", "/api/v1/tenants", nil, "Authorization", header).problem(t, 401)
	}
}

func TestRolesAreHeldToTheirRoutes(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, admin := s.tenant(t)
	keys := map[hook.Role]string{hook.RoleAdmin: admin}
	for _, role := range hook.Roles()[1:] {
		keys[role] = s.create(t, admin, "/api/v1/keys", object{"name": "a key", "role": role}).str("key")
	}
	for _, route := range routes(t) {
		if route.Public || route.Root {
			continue
		}
		for role, key := range keys {
			g := s.call(t, key, route.Method, address(route, hook.NewID().String()), "{")
			if slices.Contains(route.Roles, role) {
				require.NotContains(t, []int{401, 403}, g.status, "%s %s as %s", route.Method, route.Path, role)
				require.Less(t, g.status, 500, g.raw)
				continue
			}
			g.problem(t, 403)
			require.Contains(t, g.body["detail"], string(role))
		}
	}
}

// TestRolesAreTheContracts holds the table to what the roles are for.
func TestRolesAreTheContracts(t *testing.T) {
	t.Parallel()
	for _, route := range routes(t) {
		at := route.Method + " " + route.Path
		switch {
		case route.Public || route.Root:
		case route.Path == "/api/v1/events" && route.Method == http.MethodPost:
			require.ElementsMatch(t, []hook.Role{hook.RoleAdmin, hook.RoleOperator, hook.RoleProducer}, route.Roles, at)
		case route.Path == "/api/v1/tenant" && route.Method == http.MethodGet:
		case strings.HasPrefix(route.Path, "/api/v1/keys") || route.Path == "/api/v1/tenant":
			require.Equal(t, []hook.Role{hook.RoleAdmin}, route.Roles, at)
		case route.Method == http.MethodGet:
			require.NotContains(t, route.Roles, hook.RoleProducer, at)
			require.Contains(t, route.Roles, hook.RoleAuditor, at)
		default:
			require.ElementsMatch(t, []hook.Role{hook.RoleAdmin, hook.RoleOperator}, route.Roles, at)
		}
	}
}

// owned makes one of everything that a tenant owns, by the route's path.
func owned(t *testing.T, s *service, key string) map[string]string {
	t.Helper()
	e := s.endpoint(t, key, object{})
	webhook := s.create(t, key, "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"*"}})
	event := s.create(t, key, "/api/v1/events", object{"type": "a.b", "data": object{}})
	recovery := s.create(t, key, "/api/v1/webhooks/"+webhook.str("id")+"/recover", object{"since": "2026-01-02T03:04:05Z"})
	return map[string]string{
		"operations": recovery.str("id"),
		"endpoints":  e.id,
		"messages":   s.deliver(t, e, message("1")).str("id"),
		"webhooks":   webhook.str("id"),
		"events":     event.str("id"),
		"deliveries": s.call(t, key, "GET", "/api/v1/deliveries", nil).list()[0]["id"].(string),
		"keys":       s.call(t, key, "GET", "/api/v1/keys", nil).list()[0]["id"].(string),
	}
}

func TestThingsOfAnotherTenantDoNotExist(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, owner := s.tenant(t)
	_, stranger := s.tenant(t)
	things := owned(t, s, owner)
	seen := map[string]bool{}
	for _, route := range routes(t) {
		if !strings.Contains(address(route, "x"), "x") || route.Public || route.Root {
			continue
		}
		resource, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(route.Path, "/api/v1"), "/"), "/")
		id, ok := things[resource]
		if !ok {
			require.NotContains(t, route.Path, "{id}", "the test has nothing of this kind")
			continue
		}
		if !strings.Contains(address(route, id), id) {
			for _, item := range s.call(t, stranger, route.Method, route.Path, nil).list() {
				require.NotEqual(t, id, item["id"], route.Path)
			}
			continue
		}
		seen[resource] = true
		var first object
		body := "{}"
		if strings.HasSuffix(route.Path, "/recover") {
			body = `{"since":"2026-01-02T03:04:05Z"}`
		}
		names := []string{id, hook.NewID().String(), "nonsense", strings.ToUpper(id) + "a", "{" + id + "}"}
		if strings.Contains(route.Path, "{id}") {
			names = append(names, "%00", "%ff")
		}
		for _, name := range names {
			g := s.call(t, stranger, route.Method, address(route, name), body)
			g.problem(t, http.StatusNotFound)
			delete(g.body, "request_id")
			if first == nil {
				first = g.body
			}
			require.Equal(t, first, g.body, "%s %s", route.Method, address(route, name))
		}
	}
	require.Len(t, seen, len(things))
	require.Equal(t, things, stillThere(t, s, owner, things), "nothing was changed")
}

func stillThere(t *testing.T, s *service, key string, things map[string]string) map[string]string {
	t.Helper()
	still := map[string]string{}
	for resource, id := range things {
		for _, item := range s.call(t, key, "GET", "/api/v1/"+resource, nil).list() {
			if item["id"] == id {
				still[resource] = id
			}
		}
	}
	return still
}

func TestFiltersByThingsOfAnotherTenantFindNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, owner := s.tenant(t)
	_, stranger := s.tenant(t)
	things := owned(t, s, owner)
	for query, found := range map[string]int{
		"messages?endpoint_id=" + things["endpoints"]:     1,
		"deliveries?webhook_id=" + things["webhooks"]:     1,
		"deliveries?event_id=" + things["events"]:         1,
		"deliveries?event_id=unknown":                     0,
		"events?type=a.b":                                 1,
		"events?endpoint_id=" + things["endpoints"]:       0,
		"deliveries?status=pending":                       1,
		"deliveries?status=held":                          0,
		"messages?after=1960-01-01T00:00:00Z":             1,
		"messages?before=1960-01-01T00:00:00Z":            0,
		"messages?after=2999-01-01T00:00:00Z":             0,
		"messages?before=2999-01-01T00:00:00.001%2B01:00": 1,
	} {
		require.Len(t, s.call(t, owner, "GET", "/api/v1/"+query, nil).list(), found, query)
		require.Empty(t, s.call(t, stranger, "GET", "/api/v1/"+query, nil).list(), query)
	}
}
