package provider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mailOf is the event of a raw message, as its JSON has it. A line end in it
// stands for CRLF.
func mailOf(t testing.TB, raw string) map[string]any {
	t.Helper()
	r := post("message/rfc822", strings.ReplaceAll(raw, "\n", "\r\n"))
	result := lookup(t, "email").Events(&r, configOf(t, "email", map[string]any{}))
	require.Equal(t, OutcomeEvents, result.Outcome)
	require.NotEmpty(t, result.Events)
	var e map[string]any
	require.NoError(t, json.Unmarshal(encode(result.Events[0]), &e))
	return e
}

func messageOf(t testing.TB, raw string) map[string]any {
	t.Helper()
	m, ok := mailOf(t, raw)["message"].(map[string]any)
	require.True(t, ok)
	return m
}

func TestTextIsReadInAnyCharsetAndEncoding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"none":             {"\nJo\xe3o", "João"},
		"none, but UTF-8":  {"\nJoão", "João"},
		"latin 1":          {"Content-Type: text/plain; charset=ISO-8859-1\n\nJo\xe3o", "João"},
		"windows":          {"Content-Type: text/plain; charset=\"windows-1252\"\n\n\x93\x80\x94", "“€”"},
		"utf-8, broken":    {"Content-Type: text/plain; charset=utf-8\n\nJo\xe3o", "Jo\uFFFDo"},
		"unknown":          {"Content-Type: text/plain; charset=x-none\n\nJo\xe3o", "João"},
		"gb2312":           {"Content-Type: text/plain; charset=gb2312\n\n\xc4\xe3", "你"},
		"shift_jis":        {"Content-Type: text/plain; charset=Shift_JIS\n\n\x93\xfa", "日"},
		"iso-2022-jp":      {"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$BF|\x1b(B", "日"},
		"koi8-r":           {"Content-Type: text/plain; charset=koi8-r\n\n\xc4\xc1", "да"},
		"utf-16":           {"Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\nZQA=", "e"},
		"base64":           {"Content-Transfer-Encoding: BASE64\n\nSm/\n Do28=\n", "João"},
		"base64, broken":   {"Content-Transfer-Encoding: base64\n\n***", "***"},
		"quoted":           {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nJo=C3=A3o =\nx=\n", "João x"},
		"unknown encoding": {"Content-Transfer-Encoding: x-uue\n\nhi", "hi"},
		"type is nonsense": {"Content-Type: nonsense;;;\n\nhi", "hi"},
		"blank lines":      {"\n\n \n\t\n  a\n\nb  \n \n\n", "  a\n\nb  "},
		"bare line ends":   {"\na\rb\rc", "a\nb\nc"},
	} {
		require.Equal(t, c[1], messageOf(t, "Subject: x\n"+c[0])["text"], name)
	}
	require.Nil(t, messageOf(t, "Content-Type: text/html\n\n<p>x</p>")["text"])
}

func TestHeadersAreReadAsTheyComeFromTheWild(t *testing.T) {
	t.Parallel()
	e := mailOf(t, "From someone Thu Jan  1 00:00:00 1970\n"+
		" a line that continues nothing\nthis is no field\nSubject : =?UTF-8?Q?Zo=C3=AB?= =?iso-8859-1?q?_=E9t=E9?=\n folded\n"+
		"From: \"Last, First\" <first.last@example.com>\nTo: undisclosed: a@example.com, B <b@example.com>;\nCc: broken <c@example.com, d@example.com\n"+
		"Date: Thu, 9 Oct 2025 10:53:20 +0200 (CEST)\nMessage-ID:\n <1@example.com>\nReferences: <a@x>\n\t<b@x> <c d> <>\nIn-Reply-To: Your message of <b@x>\nX: \x01\n\nhi")
	m := e["message"].(map[string]any)
	require.Equal(t, "Zoë été folded", m["subject"])
	require.Equal(t, "Last, First", m["from_name"])
	require.Equal(t, "first.last@example.com", e["sender"])
	require.Equal(t, []any{"a@example.com", "b@example.com"}, m["to"])
	require.Equal(t, []any{"c@example.com", "d@example.com"}, m["cc"])
	require.Equal(t, "2025-10-09T08:53:20Z", e["occurred_at"])
	require.Equal(t, "1@example.com", e["dedupe_key"])
	require.Equal(t, []any{"a@x", "b@x"}, m["references"])
	require.Equal(t, "b@x", m["in_reply_to"])
	require.Equal(t, "hi", m["text"])

	e = mailOf(t, "Subject: Jo\xe3o\nFrom: =?x?=\nDate: never\nTo:\n")
	m = e["message"].(map[string]any)
	require.Equal(t, "João", m["subject"])
	require.Nil(t, e["occurred_at"])
	require.Nil(t, e["recipient"])
	require.Contains(t, e["dedupe_key"], "sha256:")
}

func TestPartsBecomeTextAndFiles(t *testing.T) {
	t.Parallel()
	m := messageOf(t, `Content-Type: multipart/mixed; boundary="b 1"

preamble
--b 1
Content-Type: text/plain

one
--b 1
Content-Type: image/png; name="=?UTF-8?Q?r=C3=A9?=.png"
Content-ID: <c1@x>
Content-Transfer-Encoding: base64

AAEC
--b 1
Content-Type: text/plain
Content-Disposition: inline

two
--b 1
Content-Type: message/rfc822

Subject: inner

not ours
--b 1
Content-Type: text/plain; charset=iso-8859-1
Content-Disposition: attachment; filename*0*=UTF-8''a%2Fb; filename*1*=%C3%A9.txt

`+"\xe9"+`
--b 1
Content-Disposition: attachment; filename="..\..\etc/passwd"

x
--b 1--
epilogue
--b 1

after the end
`)
	require.Equal(t, "one\ntwo", m["text"])
	media := m["media"].([]any)
	require.Len(t, media, 4)
	require.Equal(t, map[string]any{"filename": "ré.png", "content_type": "image/png", "size": 3., "inline": true, "content_id": "c1@x"}, media[0])
	require.Equal(t, "message/rfc822", media[1].(map[string]any)["content_type"])
	require.Nil(t, media[1].(map[string]any)["filename"])
	require.Equal(t, map[string]any{"filename": "bé.txt", "content_type": "text/plain", "size": 1., "inline": false}, media[2], "a file stays as it was")
	require.Equal(t, "passwd", media[3].(map[string]any)["filename"])
	require.NotContains(t, m, "truncated")
}

func TestBrokenMessagesSayThatTheyAreNotWhole(t *testing.T) {
	t.Parallel()
	var deep strings.Builder
	deep.WriteString("Content-Type: multipart/mixed; boundary=b0\n\n")
	for i := range 100 {
		fmt.Fprintf(&deep, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	many := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: text/plain\n\nx\n", 5000) + "--b--\n"
	bomb := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: multipart/mixed; boundary=b\n\n", 5000)
	for name, c := range map[string]struct {
		raw  string
		text any
	}{
		"no last boundary": {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n", "hi"},
		"no part":          {"Content-Type: multipart/mixed; boundary=b\n\nhi", nil},
		"too deep":         {deep.String() + "hi", nil},
		"too many parts":   {many, strings.TrimSuffix(strings.Repeat("x\n", maxParts-1), "\n")},
		"same boundary":    {bomb, nil},
		"endless header":   {strings.Repeat("X: "+strings.Repeat("a", 990)+"\n", 2000) + "\nhi", "hi"},
		"endless line":     {"X: " + strings.Repeat("a", 2<<20) + "\n\nhi", "hi"},
		"broken base64":    {"Content-Transfer-Encoding: base64\n\n!!", "!!"},
	} {
		m := messageOf(t, c.raw)
		require.Equal(t, true, m["truncated"], name)
		require.Equal(t, c.text, m["text"], name)
	}
}

func TestMailThatMustNotBeAnsweredIsFlagged(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][2]any{
		"Subject: x\n\n": {nil, nil},
		"Auto-Submitted: no\nReturn-Path: <a@b>\n\n":      {nil, nil},
		"Auto-Submitted: auto-replied; x=y\n\n":           {true, nil},
		"Auto-Submitted: Auto-Generated\n\n":              {true, nil},
		"Return-Path: <>\nAuto-Submitted: auto-replied\n": {true, true},
	} {
		m := messageOf(t, raw)
		require.Equal(t, want[0], m["auto_submitted"], raw)
		require.Equal(t, want[1], m["null_sender"], raw)
	}
}

func TestTheEnvelopeIsTakenFromTheRequest(t *testing.T) {
	t.Parallel()
	const raw = "From: Zoë <zoe@example.net>\r\nTo: list@example.com\r\nMessage-ID: <1@x>\r\n\r\nhi"
	for _, c := range []struct {
		query             string
		headers           map[string]string
		recipient, sender string
		null              bool
	}{
		{"", nil, "list@example.com", "zoe@example.net", false},
		{"?recipient=me%2B7@example.com&sender=bounce@example.net", nil, "me+7@example.com", "bounce@example.net", false},
		{"", map[string]string{"X-Envelope-To": "<me@example.com>, <you@example.com>", "X-Envelope-From": "<>"}, "me@example.com", "zoe@example.net", true},
		{"?sender=", nil, "list@example.com", "zoe@example.net", true},
		{"?recipient=q@example.com", map[string]string{"X-Envelope-To": "h@example.com"}, "q@example.com", "zoe@example.net", false},
	} {
		r := &Request{Method: "POST", URL: callbackURL + c.query, Header: headerOf(c.headers), Body: []byte(raw)}
		result := lookup(t, "email").Events(r, configOf(t, "email", map[string]any{}))
		e := result.Events[0]
		require.Equal(t, c.recipient, *e.Recipient, c.query)
		require.Equal(t, c.sender, e.Sender, c.query)
		require.Equal(t, c.null, e.Message.Email.NullSender, c.query)
		require.Equal(t, c.sender != "zoe@example.net", e.Message.Email.From == "zoe@example.net", "From is told where the envelope has another")
	}
}

func TestFieldsThatBreakTheRulesAreReadAllTheSame(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"Content-Type: text/plain; charset=iso-8859-1; charset=utf-8\n\nJo\xe3o":                                 "João",
		"Content-Type: TEXT/PLAIN; CHARSET=ISO-8859-1; format\n\nJo\xe3o":                                        "João",
		"Content-Type: text/plain; charset=us-ascii\n\nJoão":                                                     "João",
		"Content-Type: text/plain; charset=\"\"\n\nhi":                                                           "hi",
		"Content-Type: multipart/mixed; boundary=a b;;\n\n--a b\n\nhi\n--a b--\n":                                "hi",
		"Content-Type: multipart/mixed; boundary=\"=_1\"; boundary=x\n\n--=_1\n\nhi\n--=_1--\n":                  "hi",
		"Content-Type: multipart/mixed\n\nhi":                                                                    "hi",
		"Content-Type: multipart/alternative; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nhi\n--b--": "hi",
	} {
		require.Equal(t, want, messageOf(t, raw)["text"], raw)
	}
	m := messageOf(t, "Content-Type: application/pdf\nContent-Disposition: Attachment; filename=a b é.pdf; x\n\nx")
	require.Equal(t, "a b é.pdf", m["media"].([]any)[0].(map[string]any)["filename"])
	require.Equal(t, false, m["media"].([]any)[0].(map[string]any)["inline"])
}
