package hook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestOriginsThatMayFrameAreReadStrictly(t *testing.T) {
	t.Parallel()
	got, err := hook.ParseFrames([]string{"https://App.Example.com", "https://app.example.com", "https://a.example:8443", "http://localhost:3000", "https://xn--bcher-kva.example"})
	require.NoError(t, err)
	require.Equal(t, []string{"https://app.example.com", "https://a.example:8443", "http://localhost:3000", "https://xn--bcher-kva.example"}, got)
	got, err = hook.ParseFrames(nil)
	require.NoError(t, err)
	require.Empty(t, got)
	for _, bad := range []string{
		"", "*", "https:", "https://*.example.com", "http://app.example.com", "https://app.example.com/", "https://app.example.com/x", "https://u@app.example.com",
		"https://app.example.com?x", "https://app.example.com#x", "https://app.example.com:0", "https://app.example.com:65536", "'self'", "https://a.example https://b.example",
		"https://a.example; script-src *", "https://a.example\n", "https://-a.example", "https://bücher.example", "http://localhost.example.com", "data:", "https://" + strings.Repeat("a.", 130) + "example",
	} {
		_, err := hook.ParseFrames([]string{"https://good.example", bad})
		require.Equal(t, hook.CodeInvalid, hook.CodeOf(err), bad)
		require.Contains(t, err.Error(), "/frame_ancestors/1", bad)
	}
	_, err = hook.ParseFrames(make([]string, hook.MaxFrames+1))
	require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
}

func FuzzParseFrames(f *testing.F) {
	for _, seed := range []string{"https://app.example.com", "http://localhost:3000", "https://a; b", "https://*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := hook.ParseFrames([]string{text})
		if err != nil {
			return
		}
		require.Len(t, got, 1)
		require.Equal(t, strings.ToLower(text), got[0])
		require.NotRegexp(t, `[^a-z0-9.:/-]`, got[0], "it stands in a header")
	})
}
