package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMalformedBodyIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	for body, says := range map[string]string{
		"":                        "empty",
		" \n":                     "empty",
		"{\"a\":1,}":              "at byte 8",
		message("1") + "x":        "at byte",
		"{\"a\":\"\xff\"}":        "UTF-8",
		"\xef\xbb\xbf{}":          "at byte 1",
		"{'a':1}":                 "at byte 2",
		"{\"a\":01}":              "at byte 7",
		"{\"a\":NaN}":             "at byte 6",
		"{\"a\":\"x\ny\"}":        "at byte 8",
		strings.Repeat("[", 129):  "128 deep",
		strings.Repeat("[", 9e6):  "128 deep",
		`{"external_id":"1","occ`: "at byte 23",
	} {
		g := s.deliver(t, e, body)
		g.problem(t, 400)
		require.Contains(t, g.body["detail"], says)
	}
}

// changed is a valid message with some fields changed; null takes one away.
func changed(t *testing.T, change string) string {
	t.Helper()
	var m map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(message("1")), &m))
	var c map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(change), &c))
	for name, value := range c {
		if m[name] = value; string(value) == "null" {
			delete(m, name)
		}
	}
	raw, err := json.Marshal(m)
	require.NoError(t, err)
	return string(raw)
}

func TestWrongFieldsAreAllNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	for body, pointers := range map[string][]string{
		`[]`:   {""},
		`null`: {""},
		`"x"`:  {""},
		`{}`:   {"/external_id", "/occurred_at", "/from", "/to", "/body", "/attachments"},
		`{"external_id":1,"occurred_at":2,"from":3,"to":4,"body":5,"attachments":6}`: {"/external_id", "/occurred_at", "/from", "/to", "/body", "/attachments"},
		`{"External_ID":"1"}`: {"/external_id", "/occurred_at", "/from", "/to", "/body", "/attachments"},
	} {
		g := s.deliver(t, e, body)
		g.problem(t, 422)
		require.ElementsMatch(t, pointers, g.pointers(), body)
	}
	for change, pointer := range map[string]string{
		`{"external_id":""}`: "/external_id",
		`{"external_id":"` + strings.Repeat("é", 256) + `"}`: "/external_id",
		`{"external_id":"a\u0000"}`:                          "/external_id",
		`{"external_id":"\ud800"}`:                           "/external_id",
		`{"occurred_at":"yesterday"}`:                        "/occurred_at",
		`{"occurred_at":"2026-02-30T00:00:00Z"}`:             "/occurred_at",
		`{"occurred_at":"2026-05-28 14:30:00Z"}`:             "/occurred_at",
		`{"occurred_at":"2026-05-28T14:30:00"}`:              "/occurred_at",
		`{"from":{}}`:                                        "/from/identifier",
		`{"from":{"identifier":""}}`:                         "/from/identifier",
		`{"from":{"identifier":"x","display_name":1}}`:       "/from/display_name",
		`{"to":[]}`:                      "/to",
		`{"to":["+1",{"identifier":7}]}`: "/to/1/identifier",
		`{"to":["+1",""]}`:               "/to/1",
		`{"attachments":{}}`:             "/attachments",
		`{"attachments":[7]}`:            "/attachments/0",
		`{"attachments":[{}]}`:           "/attachments/0",
		`{"attachments":[{"content":"x","url":"https://x.com/"}]}`:       "/attachments/0",
		`{"attachments":[{"content":"!"}]}`:                              "/attachments/0/content",
		`{"attachments":[{"content":"YQ=="},{"content":"YQ"}]}`:          "/attachments/1/content",
		`{"attachments":[{"url":"http://example.com/"}]}`:                "/attachments/0/url",
		`{"attachments":[{"url":"https://169.254.169.254/"}]}`:           "/attachments/0/url",
		`{"attachments":[{"url":"https://0x7f000001/"}]}`:                "/attachments/0/url",
		`{"attachments":[{"url":"https://example.com/","sha256":"zz"}]}`: "/attachments/0/sha256",
	} {
		g := s.deliver(t, e, changed(t, change))
		g.problem(t, 422)
		require.Equal(t, []string{pointer}, g.pointers(), change)
	}
	require.Empty(t, s.call(t, key, "GET", "/api/v1/messages", nil).list())
}

func TestUnusualFieldsAreTaken(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	for _, change := range []string{
		`{"external_id":"` + strings.Repeat("é", 255) + `"}`,
		`{"external_id":"\ud83d\ude00 \\ud800"}`,
		`{"occurred_at":"0001-01-01T00:00:00.123456789+14:00"}`,
		`{"occurred_at":"9999-12-31T23:59:59Z"}`,
		`{"from":{"identifier":"x","display_name":null},"to":"+1","body":""}`,
		`{"to":{"identifier":"x"}}`,
		`{"body":"\u0000\ud800","x":"\u0000","y":1e400000,"z":{"a":[null,{"\u0000":1}]}}`,
		`{"attachments":[{"content":""},{"filename":"a","content_type":"text/plain","content":"YQ=="},{"url":"https://example.com/x"}]}`,
		`{"deep":` + strings.Repeat("[", 127) + strings.Repeat("]", 127) + `}`,
	} {
		e := s.endpoint(t, key, object{})
		g := s.deliver(t, e, changed(t, change))
		require.Equal(t, 200, g.status, "%s: %s", change, g.raw)
		require.Equal(t, 200, s.call(t, key, "GET", "/api/v1/messages/"+g.str("id"), nil).status)
	}
	require.Len(t, s.call(t, key, "GET", "/api/v1/messages", nil).list(), 9)
}

func TestAdditionalFieldsAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	body := `{"external_id":"1","thread":{"id":12345678901234567890,"<b>":[1.0,1e400]},"occurred_at":"2026-05-28T16:30:00.1+02:00",
		"from":"+1555","to":{"identifier":"a","display_name":"A"},"body":"hi","attachments":[{"filename":"f","content":"YWJj"}],"Body":null,"direction":"outbound"}`
	g := s.deliver(t, e, body)
	require.Equal(t, 200, g.status, g.raw)
	shown := s.call(t, key, "GET", "/api/v1/messages/"+g.str("id"), nil)
	require.Contains(t, shown.raw, `"fields":{"Body":null,"direction":"outbound","thread":{"id":12345678901234567890,"<b>":[1.0,1e400]}}`)
	want := `{"external_id":"1","endpoint_id":"` + e.id + `","status":"accepted","occurred_at":"2026-05-28T14:30:00.100Z",
		"from":{"identifier":"+1555"},"to":[{"identifier":"a","display_name":"A"}],"body":"hi","conflicting":false,"number":null,"archive":null}`
	var wanted object
	require.NoError(t, json.Unmarshal([]byte(want), &wanted))
	for name, value := range wanted {
		require.Equal(t, value, shown.data()[name], name)
	}
	require.Equal(t, body, s.call(t, key, "GET", "/api/v1/messages/"+g.str("id")+"/raw", nil).raw)
	listed := s.call(t, key, "GET", "/api/v1/messages", nil).list()
	require.Equal(t, shown.data(), listed[0])
}
