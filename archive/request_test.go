package archive

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
)

func TestTargetURI(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"h.example", "/a?b=c", "http://h.example/a?b=c"},
		{"h.example:8080", "/", "http://h.example:8080/"},
		{"[2001:db8::1]:80", "/", "http://[2001:db8::1]:80/"},
		{"h.example", "", "http://h.example/"},
		{"h.example", "*", "http://h.example/*"},
		{"h.example", "http://other.example/a/b?c", "http://h.example/a/b?c"},
		{"h.example", "http://other.example", "http://h.example/"},
		{"h.example", "/a?u=http://x/y", "http://h.example/a?u=http://x/y"},
		{"h.example", "/%41%zz%4", "http://h.example/%41%25zz%254"},
		{"h.example", "/ä #<>", "http://h.example/%C3%A4%20%23%3C%3E"},
		{"", "/a", "http://unknown.invalid/a"},
		{"a b", "/a", "http://unknown.invalid/a"},
		{"user@h", "/a", "http://unknown.invalid/a"},
		{"h/x", "/a", "http://unknown.invalid/a"},
		{":80", "/a", "http://unknown.invalid/a"},
		{"ä.example", "/a", "http://unknown.invalid/a"},
	} {
		require.Equal(t, c[2], targetURI(&hook.Request{Host: c[0], Target: c[1]}))
	}
	long := targetURI(&hook.Request{Host: "h", Target: "/" + strings.Repeat("ä", maxURI)})
	require.LessOrEqual(t, len(long), maxURI)
	require.Greater(t, len(long), maxURI-6)
	_, err := url.Parse(long)
	require.NoError(t, err)
}

func TestTargetURIIsOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		uri := targetURI(&hook.Request{Host: rapid.String().Draw(t, "host"), Target: rapid.String().Draw(t, "target")})
		u, err := url.Parse(uri)
		require.NoError(t, err)
		require.Equal(t, "http", u.Scheme)
		require.NotEmpty(t, u.Hostname())
		require.True(t, strings.HasPrefix(u.EscapedPath(), "/"))
		for i := range len(uri) {
			require.True(t, uri[i] > ' ' && uri[i] < 0x7f)
		}
	})
}
