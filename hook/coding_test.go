package hook_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func zip(t testing.TB, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(body))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestOneCodingIsTaken(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]hook.Coding{
		"": hook.CodingNone, "identity": hook.CodingNone, "Identity, identity": hook.CodingNone,
		"gzip": hook.CodingGzip, "X-GZIP": hook.CodingGzip, " gzip ,identity,": hook.CodingGzip, "|gzip": hook.CodingGzip,
	} {
		coding, err := hook.ParseCoding(strings.Split(values, "|"))
		require.NoError(t, err, values)
		require.Equal(t, want, coding, values)
	}
	for _, values := range []string{"br", "deflate", "gzip, gzip", "gzip|x-gzip", "zstd, gzip", "gzip;q=1", "gzi\x00p", "*"} {
		_, err := hook.ParseCoding(strings.Split(values, "|"))
		require.Equal(t, hook.CodeUnsupported, hook.CodeOf(err), values)
	}
}

func TestABodyIsDecodedAsItsRequestSays(t *testing.T) {
	t.Parallel()
	r := hook.Request{Header: [][2]string{{"Accept", "br"}, {"content-encoding", "gzip"}}}
	body, err := r.Decode(zip(t, "hello"), hook.MaxBody)
	require.NoError(t, err)
	require.Equal(t, "hello", string(body))
	body, err = r.Decode(append(zip(t, "two "), zip(t, "members")...), hook.MaxBody)
	require.NoError(t, err)
	require.Equal(t, "two members", string(body))

	plain := r.WithoutCoding()
	require.Equal(t, [][2]string{{"Accept", "br"}}, plain.Header)
	body, err = plain.Decode([]byte("as it is"), hook.MaxBody)
	require.NoError(t, err)
	require.Equal(t, "as it is", string(body))

	payload, err := r.ReadPayload(zip(t, string(payload(nil))))
	require.NoError(t, err)
	require.NotEmpty(t, payload.ExternalID)
}

func TestWhatCannotBeDecodedIsRefused(t *testing.T) {
	t.Parallel()
	r := hook.Request{Header: [][2]string{{"Content-Encoding", "gzip"}}}
	good := zip(t, strings.Repeat("hello ", 100))
	damaged := bytes.Clone(good)
	damaged[len(damaged)-5] ^= 1
	for name, raw := range map[string][]byte{
		"none": nil, "no gzip": []byte("hello"), "cut off": good[:len(good)-1], "head alone": good[:10],
		"checksum": damaged, "garbage behind": append(bytes.Clone(good), "garbage"...),
	} {
		_, err := r.Decode(raw, hook.MaxBody)
		require.Equal(t, hook.CodeMalformed, hook.CodeOf(err), name)
	}
	_, err := r.Decode(zip(t, strings.Repeat(" ", hook.MaxBody)), hook.MaxBody)
	require.NoError(t, err)
	_, err = r.Decode(zip(t, strings.Repeat(" ", hook.MaxBody+1)), hook.MaxBody)
	require.Equal(t, hook.CodeTooLarge, hook.CodeOf(err))
}

// FuzzDecode: whatever is sent, decoding ends within the limit, and what can be
// encoded comes back.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(""))
	f.Add(zip(f, "hello"))
	f.Add(zip(f, strings.Repeat(" ", 1<<16)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := hook.Request{Header: [][2]string{{"Content-Encoding", "x-gzip"}}}
		body, err := r.Decode(raw, hook.MaxBody)
		if err != nil {
			require.Contains(t, []hook.Code{hook.CodeMalformed, hook.CodeTooLarge}, hook.CodeOf(err))
		}
		require.LessOrEqual(t, len(body), hook.MaxBody)
		body, err = r.Decode(zip(t, string(raw)), hook.MaxBody)
		require.NoError(t, err)
		require.Equal(t, string(raw), string(body))
	})
}
