package dashboard

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func FuzzTheProblemOfASampleHasItsPlace(f *testing.F) {
	for _, seed := range []string{"", "{", "{\n \"a\": 1,\n}", "[1, 2\n", "nul", "{\"ä\": \"\x01\"}", "\xff", "{}\n\n}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		err := json.Unmarshal([]byte(text), &v)
		if err == nil || text == "" {
			return
		}
		problem := jsonProblem([]byte(text), err)
		require.Regexp(t, `^line [0-9]+, column [0-9]+: `, problem)
		shown := place(text, problem)
		require.NotEmpty(t, shown, problem)
	})
}

func FuzzAPlaceIsWithinItsExpression(f *testing.F) {
	f.Add("a ==\n b", "line 2, column 3: no")
	f.Add("a", "line 0, column -1: no")
	f.Add("ä\tb", "line 1, column 99999999999999999999: no")
	f.Fuzz(func(t *testing.T, expression, problem string) {
		shown := place(expression, problem)
		if shown == "" {
			return
		}
		line, caret, ok := strings.Cut(shown, "\n")
		require.True(t, ok)
		require.Contains(t, strings.ReplaceAll(expression, "\r\n", "\n"), line)
		require.LessOrEqual(t, len(caret), len([]rune(line))+1)
	})
}

func FuzzAMappingFormKeepsItsExpressions(f *testing.F) {
	f.Add("external_id=body.id&field_name=a&field_value=b&headers=X%3A+y&sample=%7B%7D")
	f.Add("field_name=a&field_name=a&field_value=1&field_value=2&refused=x")
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		form := newForm(values)
		m := mappingOf(form)
		rows(form)
		sampleOf(form)
		require.Equal(t, m, mappingOf(newForm(fillMapping(&m))))
	})
}

func FuzzAProvidersFormIsJSON(f *testing.F) {
	guides, err := loadGuides()
	require.NoError(f, err)
	f.Add("ses", "config.topic_arns=a%0Ab&config.require_signature_version_2=on")
	f.Add("ses", "config.certificates=%7B")
	f.Add("twilio-sms", "config.tolerance_seconds=NaN")
	f.Fuzz(func(t *testing.T, name, body string) {
		values, err := url.ParseQuery(body)
		if guides[name] == nil || err != nil {
			return
		}
		form := newForm(values)
		require.True(t, json.Valid(configOf(form, guides[name], nil)))
		guides[name].Fields(form, true)
	})
}

func FuzzSettingsAreReadWithinTheirBounds(f *testing.F) {
	f.Add("retention=NaN&dedup_window=1e99&rate_limit=9999999999999")
	f.Add("events=a&patterns=b%0Ac&retry_policy=1%2C+x&timeout=9223372037&headers=%3A")
	f.Add("since=2026-01-01T00%3A00&include=all")
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		form := newForm(values)
		if e := endpointSettings(form, true); e.Retention != nil {
			require.GreaterOrEqual(t, int64(*e.Retention), int64(0))
		}
		if w := settings(form, true); w.Timeout != nil && values.Get("timeout")[0] != '-' {
			require.GreaterOrEqual(t, int64(*w.Timeout), int64(0))
		}
		recoveryOf(form)
	})
}

func FuzzACookieFramesForOriginsAlone(f *testing.F) {
	f.Add(writeFramers([]string{"https://app.example.com", "http://localhost:3000"}))
	f.Add(writeFramers([]string{"https://a;", "script-src", "*"}))
	f.Fuzz(func(t *testing.T, text string) {
		origins := readFramers(text)
		_, err := hook.ParseFrames(origins)
		require.NoError(t, err)
		require.Equal(t, origins, readFramers(writeFramers(origins)))
	})
}

func FuzzOneIsLedToOurPagesAlone(f *testing.F) {
	for _, seed := range []string{"/portal/webhooks?x=1#y", "//evil.example/portal/", "/portal/\\evil", "/portal/..//evil.example", "javascript:alert(1)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, to string) {
		base, err := url.Parse("https://posthorn.example/portal/sign-in")
		require.NoError(t, err)
		led, err := base.Parse(within(to))
		require.NoError(t, err)
		require.Equal(t, base.Host, led.Host)
		require.Equal(t, base.Scheme, led.Scheme)
	})
}
