package hook_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// FuzzParsePayload: whatever is sent is refused with a reason or accepted, and
// what was accepted is the same when it is written and read again.
func FuzzParsePayload(f *testing.F) {
	for _, seed := range []string{
		"", "null", "{}", `{"external_id":1}`, "[[[[", `{"a":"\ud800"}`, "\xff", string(payload(nil)),
		string(payload(map[string]string{
			"from": `"x"`, "to": `["y",{"identifier":"z"}]`, "extra": `{"n":1e400000}`, "direction": `"outbound"`,
			"attachments": `[{"content":"aGk="},{"url":"https://x.test/","sha256":null}]`, "external_id": `"\ud83d\ude00�"`,
		})),
		string(payload(map[string]string{"occurred_at": `"0000-01-01T00:00:00+01:00"`, "\\u2028": `"<\u2029>"`})),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := hook.ParsePayload(raw, nil)
		if err != nil {
			require.Nil(t, p)
			require.Contains(t, []hook.Code{hook.CodeMalformed, hook.CodeInvalid}, hook.CodeOf(err))
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		require.True(t, json.Valid(p.Fields))
		require.NotEmpty(t, p.ExternalID)
		require.NotEmpty(t, p.To)

		again, err := hook.ParsePayload(encode(t, p), nil)
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

// encode writes a payload as a producer would send it.
func encode(t *testing.T, p *hook.Payload) []byte {
	t.Helper()
	var object map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(p.Fields, &object))
	attachments := []map[string]any{}
	for _, a := range p.Attachments {
		one := map[string]any{"filename": a.Filename, "content_type": a.ContentType}
		if a.URL == "" {
			one["content"] = a.Content
		} else {
			one["url"], one["sha256"] = a.URL, a.WantSHA256
		}
		attachments = append(attachments, one)
	}
	for name, value := range map[string]any{
		"external_id": p.ExternalID, "occurred_at": hook.FormatTime(p.OccurredAt), "from": p.From, "to": p.To,
		"body": p.Body, "attachments": attachments,
	} {
		object[name] = hook.EncodeJSON(value)
	}
	return hook.EncodeJSON(object)
}

func TestEncodeJSONWritesValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		`{"a":"<b> & é","n":1e400000}`: map[string]any{"a": "<b> & é", "n": json.RawMessage(` 1e400000 `)},
		`null`:                         nil,
	} {
		require.Equal(t, want, string(hook.EncodeJSON(value)))
	}
}
