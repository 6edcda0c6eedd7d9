package envelope_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/envelope"
)

// fingerprint stands for the keyed one: it shows what it was given.
func fingerprint(value []byte) string { return "(" + string(value) + ")" }

func TestRedact(t *testing.T) {
	t.Parallel()
	require.Equal(t, [][2]string{
		{"Accept", "b"},
		{"Accept", "a"},
		{"Authorization", "Bearer fp:(s3cret)"},
		{"Cookie", "fp:(token abc)"},
		{"Proxy-Authorization", "basic fp:(dTpw)"},
		{"X-Comma-Signature", "abcdef"},
		{"X-Secret", "fp:(bearer word)"},
	}, envelope.Redact(http.Header{
		"X-Comma-Signature":   {"abcdef"},
		"Authorization":       {"Bearer  s3cret"},
		"Proxy-Authorization": {"basic dTpw"},
		"Cookie":              {"token abc"},
		"X-Secret":            {"bearer word"},
		"Accept":              {"b", "a"},
	}, []string{"x-secret"}, fingerprint))
}

func TestRedactKeepsNoWordThatMayBeTheSecret(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"s3cret":      "fp:(s3cret)",
		"s3cret more": "fp:(s3cret more)",
		"Bearer":      "Bearer fp:()",
		"":            "fp:()",
	} {
		got := envelope.Redact(http.Header{"Authorization": {value}}, nil, fingerprint)
		require.Equal(t, [][2]string{{"Authorization", want}}, got)
	}
}

func TestRedactLetsNoCredentialThrough(t *testing.T) {
	t.Parallel()
	const mark = "0f1e2d3c4b5a"
	rapid.Check(t, func(t *rapid.T) {
		header := http.Header{}
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			name := rapid.SampledFrom([]string{"authorization", "Cookie", "PROXY-AUTHORIZATION", "x-key"}).Draw(t, "name")
			before := rapid.SampledFrom([]string{"", "Bearer ", "Basic  ", "x ", "\t", "bearer\t", "a=b; "}).Draw(t, "before")
			header.Add(name, before+mark)
		}
		header.Set("Accept", "*/*")
		list := envelope.Redact(header, []string{"X-Key"}, func([]byte) string { return "0123456789abcdef" })
		for _, pair := range list {
			require.NotContains(t, pair[1], mark)
		}
		require.True(t, slices.IsSortedFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) }))
	})
}
