package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// got is an answer.
type got struct {
	status int
	header http.Header
	raw    string
	body   object
}

type object map[string]any

func (g got) data() object {
	data, _ := g.body["data"].(map[string]any)
	return data
}

// str is a field of data that is a string.
func (g got) str(name string) string {
	s, _ := g.data()[name].(string)
	return s
}

func (g got) list() []object {
	items, _ := g.body["data"].([]any)
	list := make([]object, len(items))
	for i, item := range items {
		list[i], _ = item.(map[string]any)
	}
	return list
}

// pointers are the bad fields that a problem names.
func (g got) pointers() []string {
	errs, _ := g.body["errors"].([]any)
	pointers := make([]string, len(errs))
	for i, e := range errs {
		pointers[i], _ = e.(map[string]any)["pointer"].(string)
	}
	return pointers
}

// problem checks the form that every refusal has.
func (g got) problem(t *testing.T, status int) {
	t.Helper()
	require.Equal(t, status, g.status, g.raw)
	require.Equal(t, "application/problem+json", g.header.Get("Content-Type"))
	require.EqualValues(t, status, g.body["status"])
	require.Equal(t, http.StatusText(status), g.body["title"])
	require.Equal(t, false, g.body["success"])
	require.NotEmpty(t, g.body["type"])
	require.NotEmpty(t, g.body["detail"])
	require.NotEmpty(t, g.body["request_id"])
	require.Equal(t, g.header.Get("X-Request-Id"), g.body["request_id"])
	again := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	require.Equal(t, again, g.header.Get("Retry-After") != "")
	require.Equal(t, status == http.StatusUnauthorized, g.header.Get("WWW-Authenticate") != "")
}
