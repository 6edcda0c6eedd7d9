package hook_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// payload is the example of the contract with some fields replaced; "" leaves
// one out.
func payload(changes map[string]string) []byte {
	object := map[string]string{
		"external_id": `"m-1"`, "occurred_at": `"2026-05-28T14:30:00Z"`, "body": `"hello"`, "attachments": `[]`,
		"from": `{"identifier":"+4560","display_name":"Ann"}`, "to": `[{"identifier":"+4570"}]`,
	}
	maps.Copy(object, changes)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if object[name] != "" {
			parts = append(parts, `"`+name+`":`+object[name])
		}
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

func TestPayloadIsNormalised(t *testing.T) {
	t.Parallel()
	p, err := hook.ParsePayload(payload(map[string]string{
		"from": `"+4560"`, "to": `{"identifier":"a@b","display_name":null}`, "occurred_at": `"2026-05-28T16:30:00.123999+02:00"`,
		"body": `""`, "direction": `"outbound"`,
	}), nil)
	require.NoError(t, err)
	require.Equal(t, &hook.Payload{
		ExternalID: "m-1", OccurredAt: time.Date(2026, 5, 28, 14, 30, 0, 123e6, time.UTC),
		From: hook.Party{Identifier: "+4560"}, To: []hook.Party{{Identifier: "a@b"}},
		Attachments: []hook.Attachment{}, Fields: json.RawMessage(`{"direction":"outbound"}`), Direction: "outbound",
	}, p)

	p, err = hook.ParsePayload(payload(map[string]string{"to": `["x",{"identifier":"y","display_name":"Y"}]`}), nil)
	require.NoError(t, err)
	require.Equal(t, []hook.Party{{Identifier: "x"}, {Identifier: "y", DisplayName: "Y"}}, p.To)
	require.Equal(t, hook.Party{Identifier: "+4560", DisplayName: "Ann"}, p.From)
}

func TestDirectionChoosesTheEventType(t *testing.T) {
	t.Parallel()
	for direction, want := range map[string]string{
		"": "message.received", `"outbound"`: "message.sent", `"inbound"`: "message.received", `"OUTBOUND"`: "message.received",
		`7`: "message.received", `null`: "message.received", `{"outbound":1}`: "message.received",
	} {
		p, err := hook.ParsePayload(payload(map[string]string{"direction": direction}), nil)
		require.NoError(t, err)
		require.Equal(t, want, p.EventType(), direction)
	}
}

func TestAdditionalFieldsAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`1e400000`, `-0`, `0.10`, `123456789012345678901234567890.5`, `"\u0000\ud800"`, `"<&>"`, `null`, `{"b":1,"a":{"a":[]},"b":2}`,
		`[[[]]]`, `true`, "\"\u2028é😀\"", `"\u00e9"`,
	} {
		p, err := hook.ParsePayload(payload(map[string]string{"extra": value}), nil)
		require.NoError(t, err, value)
		require.Equal(t, `{"extra":`+value+`}`, string(p.Fields))
	}
	p, err := hook.ParsePayload(payload(nil), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{}`, string(p.Fields))
}

func TestFieldNamesAreTakenByTheLetter(t *testing.T) {
	t.Parallel()
	p, err := hook.ParsePayload(payload(map[string]string{"External_ID": `"x"`, "BODY": `7`}), nil)
	require.NoError(t, err)
	require.Equal(t, "m-1", p.ExternalID)
	require.JSONEq(t, `{"External_ID":"x","BODY":7}`, string(p.Fields))
}

func TestOfADuplicateKeyTheLastCounts(t *testing.T) {
	t.Parallel()
	raw := strings.Replace(string(payload(nil)), "{", `{"external_id":7,"x":1,"x":2,`, 1)
	p, err := hook.ParsePayload([]byte(raw), nil)
	require.NoError(t, err)
	require.Equal(t, "m-1", p.ExternalID)
	require.JSONEq(t, `{"x":2}`, string(p.Fields))
}

func TestWhatIsNoJSONIsMalformed(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, raw := range map[string]string{
		"empty": "", "blank": " \n\t", "cut off": `{"external_id":`, "text": "hello", "two values": `{} {}`, "trailing comma": `{"a":1,}`,
		"comment": `{/**/}`, "single quotes": `{'a':1}`, "NaN": `{"a":NaN}`, "leading zero": `{"a":01}`, "plus": `{"a":+1}`,
		"control character": "{\"a\":\"\x01\"}", "invalid UTF-8": "{\"a\":\"\xff\"}", "encoded surrogate": "{\"a\":\"\xed\xa0\x80\"}",
		"BOM": "\uFEFF{}", "too deep": `{"a":` + deep(128) + `}`, "far too deep": strings.Repeat("[", 1<<20), "bad escape": `{"a":"\x"}`,
		"deep and closed first": strings.Repeat("]", 200) + strings.Repeat("[", 200),
	} {
		_, err := hook.ParsePayload([]byte(raw), nil)
		require.Equal(t, hook.CodeMalformed, hook.CodeOf(err), name)
	}
	_, err := hook.ParsePayload([]byte(`{"a":1,}`), nil)
	require.ErrorContains(t, err, "at byte 8")

	_, err = hook.ParsePayload(payload(map[string]string{"x": deep(127)}), nil)
	require.NoError(t, err, "128 levels with the object's own")
	_, err = hook.ParsePayload(payload(map[string]string{"x": `"` + strings.Repeat(`[\"{`, 1000) + `"`}), nil)
	require.NoError(t, err, "brackets in a string are no nesting")
}

func TestEveryBadFieldIsNamed(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`null`: {""}, `7`: {""}, `[]`: {""}, `"x"`: {""},
		`{}`: {"/external_id", "/occurred_at", "/from", "/to", "/body", "/attachments"},
		`{"external_id":1,"occurred_at":2,"from":3,"to":4,"body":5,"attachments":6}`: {
			"/external_id", "/occurred_at", "/from", "/to", "/body", "/attachments"},
		`{"external_id":null,"occurred_at":null,"from":null,"to":null,"body":null,"attachments":null}`: {
			"/external_id", "/occurred_at", "/from", "/to", "/body", "/attachments"},
		`{"external_id":"","occurred_at":"","from":"","to":"","body":"","attachments":{}}`: {
			"/external_id", "/occurred_at", "/from", "/to", "/attachments"},
		string(payload(map[string]string{"from": `{"display_name":7}`})):                      {"/from/identifier", "/from/display_name"},
		string(payload(map[string]string{"from": `{"identifier":""}`})):                       {"/from/identifier"},
		string(payload(map[string]string{"from": `{"identifier":null}`})):                     {"/from/identifier"},
		string(payload(map[string]string{"from": `[{"identifier":"x"}]`})):                    {"/from"},
		string(payload(map[string]string{"to": `[]`})):                                        {"/to"},
		string(payload(map[string]string{"to": `["x","",{"identifier":1},null,[]]`})):         {"/to/1", "/to/2/identifier", "/to/3", "/to/4"},
		string(payload(map[string]string{"to": "[" + strings.Repeat(`"x",`, 1000) + `"x"]`})): {"/to"},
	} {
		_, err := hook.ParsePayload([]byte(raw), nil)
		require.Equal(t, want, pointers(t, err), raw)
	}
}

func TestExternalIDs(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`"x"`: "x", `" "`: " ", `"` + strings.Repeat("é", 255) + `"`: strings.Repeat("é", 255), `"\u00e9"`: "é",
		`"\ud83d\ude00"`: "😀", `"�\ud83d\ude00"`: "�😀", `"�\\ud800"`: `�\ud800`, `"\uFFFD"`: "�", `"\\\ud83d\ude00"`: `\😀`,
	} {
		p, err := hook.ParsePayload(payload(map[string]string{"external_id": value}), nil)
		require.NoError(t, err, value)
		require.Equal(t, want, p.ExternalID)
	}
	for _, value := range []string{
		`""`, `"` + strings.Repeat("é", 256) + `"`, `"a\u0000"`, `"\ud800"`, `"\udc00\ud800"`, `"\ud800\ud83d\ude00"`, `"\uD83Dx"`,
		`"\ud83d\\ude00"`, `["x"]`,
	} {
		_, err := hook.ParsePayload(payload(map[string]string{"external_id": value}), nil)
		require.Equal(t, []string{"/external_id"}, pointers(t, err), value)
	}
}

func TestTimesOfTheContract(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"2026-05-28T14:30:00Z": "2026-05-28T14:30:00.000Z", "2026-05-28t14:30:00z": "2026-05-28T14:30:00.000Z",
		"2026-05-28T14:30:00.1239Z": "2026-05-28T14:30:00.123Z", "2026-05-28T00:30:00+02:00": "2026-05-27T22:30:00.000Z",
		"0000-01-01T00:00:00Z": "0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z": "9999-12-31T23:59:59.999Z",
	} {
		got, err := hook.ParseTime(value)
		require.NoError(t, err, value)
		require.Equal(t, want, hook.FormatTime(got))
	}
	for _, value := range []string{
		"", "2026-05-28", "2026-05-28T14:30:00", "2026-05-28 14:30:00Z", "2026-05-28T4:30:00Z", "2026-05-28T14:30:00,5Z", "2026-02-30T00:00:00Z",
		"2026-05-28T24:00:00Z", "2026-05-28T14:30:00+25:00", "1779978600", "2026-05-28T14:30:00.Z", "0000-01-01T00:00:00+01:00",
		"9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z", "2026-05-28T14:30:00." + strings.Repeat("1", 99) + "Z",
	} {
		_, err := hook.ParseTime(value)
		require.Equal(t, hook.CodeInvalid, hook.CodeOf(err), value)
	}
}

func TestAttachmentsAreInlineOrByURL(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("aB", 32)
	p, err := hook.ParsePayload(payload(map[string]string{"attachments": `[
		{"filename":"a.txt","content_type":"text/plain","content":"aGk="}, {"content":"","url":null}, {"content":"aG\nk="},
		{"url":"https://x.test/f?a=1","sha256":"` + sum + `","filename":null,"content":null}]`}), nil)
	require.NoError(t, err)
	require.Equal(t, []hook.Attachment{
		{Filename: "a.txt", ContentType: "text/plain", Content: []byte("hi")}, {Content: []byte{}}, {Content: []byte("hi")},
		{URL: "https://x.test/f?a=1", WantSHA256: strings.ToLower(sum)},
	}, p.Attachments)

	for attachments, want := range map[string][]string{
		`[7,null,[]]`:                       {"/attachments/0", "/attachments/1", "/attachments/2"},
		`[{}]`:                              {"/attachments/0"},
		`[{"content":null}]`:                {"/attachments/0"},
		`[{"content":"","url":"https://"}]`: {"/attachments/0"},
		`[{"content":"a"},{"content":"aGk"},{"content":"a-_="},{"content":7}]`: {
			"/attachments/0/content", "/attachments/1/content", "/attachments/2/content", "/attachments/3/content"},
		`[{"url":7},{"url":""},{"url":"bad"}]`:                                {"/attachments/0/url", "/attachments/1/url", "/attachments/2/url"},
		`[{"url":"x","sha256":"ab"},{"url":"x","sha256":"` + sum[1:] + `z"}]`: {"/attachments/0/sha256", "/attachments/1/sha256"},
		`[{"content":"","filename":1,"content_type":2}]`:                      {"/attachments/0/filename", "/attachments/0/content_type"},
		`[{"content":"","content_type":"a\r\nb"}]`:                            {"/attachments/0/content_type"},
		"[" + strings.Repeat("0,", 1000) + "0]":                               {"/attachments"},
	} {
		_, err := hook.ParsePayload(payload(map[string]string{"attachments": attachments}), func(u string) error {
			if u == "bad" {
				return errors.New("is refused")
			}
			return nil
		})
		require.Equal(t, want, pointers(t, err), attachments)
	}
}
