package provider

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryFixtureBecomesItsEvents(t *testing.T) {
	t.Parallel()
	for name, f := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := lookup(t, path.Dir(name))
			r := &Request{Method: f.Method, URL: f.URL, Header: headerOf(f.Headers), Body: f.Body}
			result := p.Events(r, configOf(t, p.Name, map[string]any{}))

			require.Equal(t, f.Expected.Outcome, result.Outcome)
			want := f.Expected
			if len(want.Events) > 0 && want.Events[0]["dedupe_key"] == "sha256:<of the raw message>" {
				want.Events[0]["dedupe_key"] = digestKey(f.Body)
			}
			for _, e := range want.Events {
				e["provider"] = p.Name
			}
			require.Equal(t, notNone(want.Events), generic(t, result.Events))
			require.Equal(t, notNone(want.Ignored), generic(t, result.Ignored))
			require.Equal(t, want.Response.Status, result.Answer.Status)
			if want.Response.Body != nil {
				require.Equal(t, *want.Response.Body, result.Answer.Body)
			}
			if want.Response.ContentType != "" {
				require.Equal(t, want.Response.ContentType, result.Answer.ContentType)
			}
		})
	}
}

func generic(t *testing.T, v any) []map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	var list []map[string]any
	require.NoError(t, json.Unmarshal(raw, &list))
	return notNone(list)
}

func notNone(list []map[string]any) []map[string]any {
	if list == nil {
		return []map[string]any{}
	}
	return list
}
