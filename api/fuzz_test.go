package api_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/api"
	"posthorn/hook"
)

func FuzzCursor(f *testing.F) {
	f.Add(api.FormatCursor(hook.NewID()))
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("AZO\nAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := api.ParseCursor(text)
		if ok {
			require.Equal(t, text, api.FormatCursor(id), "a cursor has one spelling")
			require.NotEqual(t, hook.ID{}, id)
		}
	})
}

func FuzzBearerKey(f *testing.F) {
	for _, header := range []string{"", "Bearer", "Bearer x", "bearer  x ", "Basic x", "Bearer\tx", "Bearer x y", " Bearer x"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		key, ok := api.BearerKey(header)
		if !ok {
			return
		}
		require.NotEmpty(t, key.Reveal())
		require.Equal(t, strings.Trim(key.Reveal(), " "), key.Reveal())
		require.True(t, strings.HasSuffix(strings.TrimRight(header, " "), " "+key.Reveal()))
		require.True(t, strings.EqualFold(header[:7], "Bearer "))
	})
}

func FuzzPrefix(f *testing.F) {
	for _, text := range []string{"192.0.2.1", "192.0.2.0/24", "::ffff:192.0.2.0/120", "fe80::1%eth0", "::/0", "1.2.3.4/33", "10.0.0.1/8"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefix, err := api.ParsePrefix(text)
		if err != nil {
			return
		}
		again, err := netip.ParsePrefix(prefix.String())
		require.NoError(t, err, "it is stored as text")
		require.Equal(t, prefix, again)
		require.Equal(t, prefix.Masked(), prefix)
		require.True(t, prefix.Contains(prefix.Addr()))
	})
}

func FuzzToken(f *testing.F) {
	f.Add(hook.NewToken())
	f.Add("\x00")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if api.IsToken(text) {
			require.Regexp(t, `^[A-Za-z0-9_-]{0,64}$`, text)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{`{"a":1}`, `1e400000`, `{"a":1} x`, "\"\xff\"", "[[[", `{"a":[1e999,{"b":-0}]}`, ``, `null`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var tree any
		err := api.Unmarshal(raw, &tree)
		if !json.Valid(raw) {
			require.Error(t, err)
			return
		}
		var plain any
		if json.Unmarshal(raw, &plain) == nil && err == nil {
			require.Equal(t, plain, tree)
		}
	})
}
