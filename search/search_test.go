package search_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
	"posthorn/search"
)

func document(body string, fields string) search.Document {
	return search.Document{Tenant: hook.NewID(), Endpoint: hook.NewID(), ExternalID: "x-1", Payload: &hook.Payload{
		From: hook.Party{Identifier: "Ann@Example.com", DisplayName: "Ann Smith"}, To: []hook.Party{{Identifier: "bob"}},
		Body: body, Fields: json.RawMessage(fields),
	}}
}

func TestTermsAreWordsAndWholeValues(t *testing.T) {
	t.Parallel()
	d := document("Über 100% Straße, e-mail; 東京", `{"a":{"b":[1.50,"X y",null]},"channel":"chat"}`)
	want := []string{
		"=e:" + d.Endpoint.String(), "=f:a.b=1.5", "=f:a.b=X y", "=f:a.b=null", "=f:channel=chat", "=from:ann@example.com",
		"=t:" + d.Tenant.String(), "=to:bob", "=x:x-1",
		"1", "100", "50", "ann", "bob", "chat", "com", "e", "example", "mail", "smith", "straße", "uber", "x", "y", "京", "東",
	}
	slices.Sort(want)
	require.Equal(t, want, search.Terms(d))
}

func TestTermsOfHugeMessagesAreBounded(t *testing.T) {
	t.Parallel()
	var words strings.Builder
	for i := range 60_000 {
		words.WriteString(strings.Repeat(string(rune('a'+i%26)), i%300) + string(rune('a'+i/26%26)) + " ")
	}
	fields := `{"deep":` + strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100) + `,"long":"` + strings.Repeat("x", 1<<20) + `"}`
	terms := search.Terms(document(words.String(), fields))
	require.LessOrEqual(t, len(terms), 20_000)
	size := 0
	for _, term := range terms {
		require.LessOrEqual(t, len(term), 256)
		size += len(term)
	}
	require.LessOrEqual(t, size, 256<<10)
}

func TestExpressionsOfText(t *testing.T) {
	t.Parallel()
	tenant := hook.NewID()
	before := "'=t:" + tenant.String() + "'"
	for text, want := range map[string]string{
		"":                 "",
		"Quick fox":        " & 'quick' & 'fox'",
		"-slow":            " & !('slow')",
		"-a@b":             " & !('a' & 'b')",
		"inv*":             " & 'inv':*",
		"ann@exam*":        " & 'ann' & 'exam':*",
		`"-not a* flag"`:   " & 'not' & 'a' & 'flag'",
		`it's`:             " & 'it' & 's'",
		`say "it" -"that"`: " & 'say' & 'it' & 'that'",
	} {
		got, err := (&search.Query{Tenant: tenant, Text: text}).Expression()
		require.NoError(t, err)
		require.Equal(t, before+want, got, text)
	}
	_, err := (&search.Query{Tenant: tenant, Text: " -* !!! "}).Expression()
	require.ErrorIs(t, err, search.ErrNoWord)
	_, err = (&search.Query{Tenant: tenant, Text: strings.Repeat("a ", 100)}).Expression()
	require.ErrorIs(t, err, search.ErrTooLong)
}

// Whatever a message holds is found by its own text: each word of the query is
// among the terms.
func TestEveryWordIsATerm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		d := document(text, `{}`)
		terms := search.Terms(d)
		expression, err := (&search.Query{Tenant: d.Tenant, Text: `"` + strings.ReplaceAll(text, `"`, " ") + `"`}).Expression()
		if err != nil {
			return
		}
		for part := range strings.SplitSeq(expression, " & ") {
			require.Contains(t, terms, strings.Trim(part, "'"))
		}
	})
}

func FuzzTerms(f *testing.F) {
	f.Add("Hello, wörld 東京", `{"a":[1,"x"],"b":{"c":null}}`)
	f.Add("\x00\xff'\\", `{"\u0000":"\ud800"}`)
	f.Fuzz(func(t *testing.T, body, fields string) {
		d := document(body, fields)
		for _, term := range search.Terms(d) {
			require.True(t, utf8.ValidString(term), "%q", term)
			require.False(t, strings.ContainsFunc(term, unicode.IsControl), "%q", term)
			require.NotEmpty(t, term)
			require.LessOrEqual(t, len(term), 256)
		}
		expression, err := (&search.Query{Tenant: d.Tenant, Text: body, Fields: []search.Field{{Path: fields, Value: body}}}).Expression()
		if err == nil {
			require.False(t, strings.ContainsRune(expression, 0))
		}
	})
}
