package api_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
)

// FuzzSplitLines: each line that is not blank comes out as it went in, or all
// are refused.
func FuzzSplitLines(f *testing.F) {
	for _, text := range []string{"", "\n", "a", "a\nb", "a\r\n\r\nb\r\n", "\r", "a\rb", "\xff\n\x00", " \n\t\n x", strings.Repeat("a\n", 1001)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want := map[int]string{}
		for i, text := range bytes.Split(body, []byte("\n")) {
			if len(bytes.TrimSpace(text)) > 0 {
				want[i+1] = strings.TrimSuffix(string(text), "\r")
			}
		}
		lines, err := api.SplitLines(body)
		switch {
		case len(want) == 0:
			require.Equal(t, hook.CodeMalformed, hook.CodeOf(err))
		case len(want) > api.MaxLines:
			require.Equal(t, hook.CodeTooLarge, hook.CodeOf(err))
		default:
			require.NoError(t, err)
			require.Equal(t, want, lines)
		}
	})
}

func FuzzWaitPreference(f *testing.F) {
	for _, text := range []string{"", "wait=10", `wait="5"; x=y, wait=3`, "respond-async,WAIT=99", "wait=-1", "wait", "=", ",;=\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		wait := api.WaitPreference([]string{text})
		require.GreaterOrEqual(t, wait, time.Duration(0))
		require.LessOrEqual(t, wait, 30*time.Second)
		require.Zero(t, wait%time.Second)
		if wait > 0 {
			require.Contains(t, strings.ToLower(text), "wait")
			require.Equal(t, wait, api.WaitPreference([]string{"other", text, "wait=1"}), "the first one counts")
		}
	})
}
