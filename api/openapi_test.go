package api_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOpenAPINamesEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	s := setup(t)
	doc := s.call(t, "", "GET", "/openapi.json", nil)
	require.Equal(t, 200, doc.status)
	require.Regexp(t, `^3\.1\.`, doc.body["openapi"])
	require.Equal(t, "1.2.3", doc.body["info"].(map[string]any)["version"])

	described := map[string]object{}
	ids := map[string]bool{}
	for path, item := range doc.body["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			operation := object(op.(map[string]any))
			described[strings.ToUpper(method)+" "+path] = operation
			id, _ := operation["operationId"].(string)
			require.NotEmpty(t, id)
			require.False(t, ids[id], "%s stands twice", id)
			ids[id] = true
			requireParameters(t, path, operation)
		}
	}
	table := routes(t)
	require.Len(t, described, len(table))
	for _, route := range table {
		operation := described[route.Method+" "+route.Path]
		require.NotNil(t, operation, "%s %s", route.Method, route.Path)
		require.NotEmpty(t, operation["summary"])
		require.Equal(t, !route.Public, operation["security"] != nil, "%s %s", route.Method, route.Path)
		responses := operation["responses"].(map[string]any)
		problem := responses["default"].(map[string]any)["content"].(map[string]any)
		require.Contains(t, problem, "application/problem+json")
		require.True(t, slices.ContainsFunc([]string{"200", "201"}, func(status string) bool { return responses[status] != nil }))
	}
}

// requireParameters holds an operation to the parameters in its path.
func requireParameters(t *testing.T, path string, operation object) {
	t.Helper()
	want := regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1)
	parameters, _ := operation["parameters"].([]any)
	found := 0
	for _, p := range parameters {
		parameter := p.(map[string]any)
		if parameter["in"] == "path" {
			found++
			require.Equal(t, true, parameter["required"])
			require.Contains(t, path, "{"+parameter["name"].(string)+"}")
		}
	}
	require.Equal(t, len(want), found, path)
}

func TestOpenAPIReferencesResolve(t *testing.T) {
	t.Parallel()
	s := setup(t)
	doc := s.call(t, "", "GET", "/openapi.json", nil)
	schemas := doc.body["components"].(map[string]any)["schemas"].(map[string]any)
	references := regexp.MustCompile(`"\$ref":\s*"([^"]*)"`).FindAllStringSubmatch(doc.raw, -1)
	require.NotEmpty(t, references)
	for _, reference := range references {
		name, ok := strings.CutPrefix(reference[1], "#/components/schemas/")
		require.True(t, ok, reference[1])
		require.Contains(t, schemas, name)
	}
	for name, schema := range schemas {
		raw, err := json.Marshal(schema)
		require.NoError(t, err)
		for _, pattern := range regexp.MustCompile(`"pattern":"((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(string(raw), -1) {
			var text string
			require.NoError(t, json.Unmarshal([]byte(`"`+pattern[1]+`"`), &text))
			_, err := regexp.Compile(text)
			require.NoError(t, err, name)
		}
	}
}

func TestOpenAPISaysWhatMayBeNull(t *testing.T) {
	t.Parallel()
	s := setup(t)
	schemas := s.call(t, "", "GET", "/openapi.json", nil).body["components"].(map[string]any)["schemas"].(map[string]any)
	for _, name := range []string{"LocationView", "FilterErrorView", "PhasesView"} {
		require.ElementsMatch(t, []any{"object", "null"}, schemas[name].(map[string]any)["type"], name)
	}
	for of, fields := range map[string][]string{"EndpointView": {"signature", "mapping"}, "MappingResult": {"message"}} {
		for _, name := range fields {
			field := schemas[of].(map[string]any)["properties"].(map[string]any)[name].(map[string]any)
			require.ElementsMatch(t, []any{"object", "null"}, field["type"], name)
		}
	}
}

func TestOpenAPIShowsNothingOfThisDeployment(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, path := range []string{"/openapi.json", "/openapi.yaml", "/openapi-3.0.json"} {
		g := s.call(t, "", "GET", path, nil)
		require.Equal(t, 200, g.status, path)
		require.NotContains(t, g.raw, rootKey)
		require.NotContains(t, g.raw, "hooks.example.com")
	}
	s.call(t, "", "GET", "/docs", nil).problem(t, 404)
	s.call(t, "", "GET", "/schemas/problem.json", nil).problem(t, 404)
}
