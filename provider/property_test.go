package provider

import (
	"crypto/sha1"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAFormIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Custom(func(t *rapid.T) pair {
			return pair{rapid.String().Draw(t, "key"), rapid.String().Draw(t, "value")}
		})).Draw(t, "pairs")
		var parts []string
		for _, p := range want {
			parts = append(parts, url.QueryEscape(p.key)+"="+url.QueryEscape(p.value))
		}
		got := parsePairs(strings.Join(parts, "&"))
		require.Len(t, got, len(want))
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
		require.Equal(t, got.values().Encode(), sortedQuery(strings.Join(parts, "&")))
	})
}

func TestTheOrderOfParametersDoesNotMatterWhereTheyAreSorted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[a-c]{0,2}=[a-c%2]{0,3}`), 1, 8).Draw(t, "parameters")
		other := rapid.Permutation(parts).Draw(t, "order")
		request := func(parts []string) *attempt {
			return &attempt{Request: &Request{Method: http.MethodPost, URL: callbackURL + "?" + strings.Join(parts, "&"),
				Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(strings.Join(parts, "&"))}, settings: &settings{}}
		}
		a, b := request(parts), request(other)
		one, err := a.twilioParameters()
		require.NoError(t, err)
		two, err := b.twilioParameters()
		require.NoError(t, err)
		require.Equal(t, one, two)
		one, err = a.plivoString("n")
		require.NoError(t, err)
		two, err = b.plivoString("n")
		require.NoError(t, err)
		require.Equal(t, one, two)
		p, _ := a.vonageParameters()
		q, _ := b.vonageParameters()
		require.Equal(t, vonageString(p), vonageString(q))
	})
}

func TestTwilioSignsEachValueOfAParameterOnce(t *testing.T) {
	t.Parallel()
	r := post("application/x-www-form-urlencoded", "b=2&a=1&b=1&b=2&a=1")
	r.Header.Set("X-Twilio-Signature", b64(sum(sha1.New, secretA, r.URL, "a1", "b1", "b2")))
	v := lookup(t, "twilio-sms").Verify(t.Context(), &r, configOf(t, "twilio-sms", map[string]any{"auth_token": secretA}), at, nil)
	require.True(t, v.Accepted)
}

func TestTidyTextStaysTidy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringOf(rapid.SampledFrom([]rune{' ', '\t', '\n', '\r', 'a', 'é'})).Draw(t, "text")
		once := *tidy(&raw)
		require.Equal(t, once, *tidy(&once))
		require.NotContains(t, once, "\r")
		require.Equal(t, strings.Join(strings.Fields(raw), ""), strings.Join(strings.Fields(once), ""), "nothing is lost")
		lines := strings.Split(once, "\n")
		require.True(t, once == "" || len(lines) == 1 || strings.TrimSpace(lines[0]) != "" && strings.TrimSpace(lines[len(lines)-1]) != "")
	})
}

func TestTextIsCutAtTheBorderOfACharacter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "text"), rapid.IntRange(3, 40).Draw(t, "bytes")
		cut := clip(s, n)
		require.LessOrEqual(t, len(cut), max(n, 0))
		require.True(t, cut == s || strings.HasSuffix(cut, "…") && strings.HasPrefix(s, strings.TrimSuffix(cut, "…")))
	})
}

func TestPlivosNewerVersionCanBeRequired(t *testing.T) {
	t.Parallel()
	all := samples()
	v2 := all[slices.IndexFunc(all, func(s sample) bool { return s.name == "plivo V2" })]
	v3 := all[slices.IndexFunc(all, func(s sample) bool { return s.name == "plivo V3" })]
	strict := map[string]any{"auth_token": secretA, "scheme": "plivo-v3"}
	require.Equal(t, ReasonMissing, v2.verify(t, v2.signed(secretA, at), strict).Reason)
	require.True(t, v3.verify(t, v3.signed(secretA, at), strict).Accepted)
}

func TestWithoutASecretInForceTheProviderIsAskedToComeAgain(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		v := s.verify(t, s.signed(secretA, at))
		require.Equal(t, http.StatusServiceUnavailable, v.Answer.Status, s.name)
	}
}
