package provider

import (
	"bytes"
	"mime/multipart"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatPeopleSendIsReadInEveryFormat(t *testing.T) {
	t.Parallel()
	js := func(body string) Request { return post("application/json", body) }
	for _, c := range []struct {
		provider string
		request  Request
		message  string
	}{
		{"gupshup", js(`{"type":"message","timestamp":1718007189549,"payload":{"id":"m","source":"91","type":"button_reply","payload":{"title":"Yes","id":"1","postbackText":"yes-1"},"context":{"id":"w"}}}`),
			`{"text":"Yes","payload":"yes-1","in_reply_to":"w","media":[]}`},
		{"gupshup", js(`{"type":"message","payload":{"id":"m","type":"file","payload":{"url":"https://x/1","contentType":"application/pdf","name":"a.pdf"}}}`),
			`{"text":null,"media":[{"url":"https://x/1","content_type":"application/pdf","filename":"a.pdf"}]}`},
		{"gupshup", js(`{"type":"message","payload":{"id":"m","type":"location","payload":{"latitude":"1.5","longitude":2}}}`),
			`{"text":null,"media":[],"kind":"location","location":{"latitude":"1.5","longitude":"2"}}`},
		{"gupshup", js(`{"gs_app_id":"a","object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"messages":[{"id":"m","type":"button","button":{"text":"Yes","payload":"p"}}]}}]}]}`),
			`{"text":"Yes","payload":"p","media":[]}`},
		{"vonage", js(`{"message_uuid":"m","channel":"whatsapp","message_type":"text","text":"hi","profile":{"name":"A"},"context":{"message_uuid":"c"}}`),
			`{"text":"hi","from_name":"A","in_reply_to":"c","media":[]}`},
		{"vonage", js(`{"message_uuid":"m","message_type":"image","image":{"url":"https://x/1","name":"a.jpg","caption":"see"}}`),
			`{"text":"see","media":[{"url":"https://x/1","filename":"a.jpg"}]}`},
		{"vonage", js(`{"message_uuid":"m","message_type":"reply","reply":{"id":"r1","title":"Yes"}}`), `{"text":"Yes","payload":"r1","media":[]}`},
		{"vonage", js(`{"message_uuid":"m","from":{"type":"sms","number":"1"},"to":{"type":"sms","number":"2"},"message":{"content":{"type":"text","text":"hi"}}}`), `{"text":"hi","media":[]}`},
		{"messagebird", js(`{"event":"whatsapp.inbound","payload":{"id":"m","sender":{"contact":{"identifierValue":"+1"}},"body":{"type":"image","image":{"text":"see","images":[{"mediaUrl":"https://x/1"}]}}}}`),
			`{"text":"see","media":[{"url":"https://x/1"}]}`},
		{"meta", js(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"messages":[{"id":"m","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"body":"Sent","response_json":"{}"}}}]}}]}]}`),
			`{"text":"Sent","payload":"{}","media":[]}`},
		{"plivo", post("application/x-www-form-urlencoded", "MessageUUID=m&Type=whatsapp&Text=hi&Media0=https://x/0&Media1=https://x/1"), `{"text":"hi","media":[{"url":"https://x/0"},{"url":"https://x/1"}]}`},
	} {
		result := lookup(t, c.provider).Events(&c.request, configOf(t, c.provider, map[string]any{}))
		require.Len(t, result.Events, 1, "%s %s", c.provider, c.request.Body)
		e := result.Events[0]
		require.Equal(t, messageReceived, e.Type)
		require.Equal(t, inbound, e.Direction)
		require.Equal(t, "m", e.DedupeKey)
		require.JSONEq(t, c.message, string(encode(e.Message)))
	}
}

// multipartOf writes a form; a name with a file name is a file.
func multipartOf(t testing.TB, fields [][3]string) Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + f[0] + `"`}}
		if f[1] != "" {
			header = textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + f[0] + `"; filename="` + f[1] + `"`}, "Content-Type": {"application/octet-stream"}}
		}
		part, err := w.CreatePart(header)
		require.NoError(t, err)
		_, err = part.Write([]byte(f[2]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return post(w.FormDataContentType(), b.String())
}

func TestFilesOfInboundParseAreDescribedBesideThem(t *testing.T) {
	t.Parallel()
	r := multipartOf(t, [][3]string{
		{"headers", "", "Message-ID: <1@x>\nFrom: A <a@x.example>\n"}, {"text", "", "Ol\xe1\r\n"}, {"html", "", "<b>"}, {"charsets", "", `{"text":"iso-8859-1","html":"UTF-8"}`},
		{"envelope", "", `{"to":["s@x.example","t@x.example"],"from":""}`}, {"subject", "", "Hi"}, {"to", "", "S <s@x.example>"},
		{"attachment-info", "", `{"attachment1":{"filename":"r\u00e9.png","type":"image/png","content-id":"c1"},"attachment2":{"name":"b"}}`},
		{"attachment1", "x.bin", "\x00\xff"}, {"attachment2", "..", ""},
	})
	result := lookup(t, "sendgrid-inbound").Events(&r, configOf(t, "sendgrid-inbound", map[string]any{}))
	require.Len(t, result.Events, 1)
	m := result.Events[0].Message
	require.Equal(t, "Olá", *m.Text)
	require.Equal(t, "Hi", *m.Email.Subject)
	require.Equal(t, []string{"s@x.example"}, m.Email.To)
	require.True(t, m.Email.NullSender)
	require.Equal(t, "\x00\xff", string(m.Media[0].Content))
	require.JSONEq(t, `[{"filename":"ré.png","content_type":"image/png","size":2,"inline":true,"content_id":"c1"},
		{"filename":"b","content_type":"application/octet-stream","size":0,"inline":false}]`, string(encode(m.Media)))
}

func TestARouteOfMailgunWithFilesIsVerifiedByItsFields(t *testing.T) {
	t.Parallel()
	c := configOf(t, "mailgun-inbound", map[string]any{"signing_key": secretA})
	var signed Request
	for _, s := range samples() {
		if s.name == "mailgun-inbound" {
			signed = *s.signed(secretA, at)
		}
	}
	var fields [][3]string
	for _, p := range parsePairs(string(signed.Body)) {
		fields = append(fields, [3]string{p.key, "", p.value})
	}
	fields = append(fields, [][3]string{{"recipient", "", "s@x.example"}, {"sender", "", "a@x.example"}, {"from", "", "A <a@x.example>"}, {"subject", "", "Hi"}, {"body-plain", "", "x\r\n"}, {"attachment-1", "a.txt", "abc"}}...)
	r := multipartOf(t, fields)
	p := lookup(t, "mailgun-inbound")
	require.True(t, p.Verify(t.Context(), &r, c, at, nil).Accepted)
	e := p.Events(&r, c).Events[0]
	require.Contains(t, e.DedupeKey, "sha256:", "it has no Message-Id")
	require.Equal(t, "a@x.example", e.Sender)
	require.Equal(t, "A", e.Message.FromName)
	require.Equal(t, "x", *e.Message.Text)
	require.Equal(t, "abc", string(e.Message.Media[0].Content))

	again := multipartOf(t, append([][3]string{{"token", "", "other"}}, fields[1:]...))
	require.Equal(t, e.DedupeKey, p.Events(&again, c).Events[0].DedupeKey, "a retry may have another token")
}

func TestTimesAreReadInTheProvidersFormats(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2018-06-22T22:02:56.104692Z", unix("1529704976.104692").Format("2006-01-02T15:04:05.999999999Z07:00"))
	require.Equal(t, unixEither("1710930464"), unixEither("1710930464000"))
	for _, bad := range []string{"", "x", "-1", "1e9", "99999999999999", "1.x", "253402300800"} {
		require.Nil(t, unix(bad), bad)
	}
	require.Nil(t, unixMilli("9223372036854775807"))
	require.Nil(t, rfc3339("2016-13-01T00:00:00Z"))
	require.Nil(t, rfc3339("0000-01-01T00:00:00+14:00"))
	require.Nil(t, rfc3339("9999-12-31T23:59:59-14:00"))
	require.Equal(t, "2016-04-27T20:28:50.3963933Z", rfc3339("2016-04-27T16:28:50.3963933-04:00").Format("2006-01-02T15:04:05.999999999Z07:00"))
}

func TestReactionsAndOtherKindsOfGupshupSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"id":"m","type":"reaction","payload":{"emoji":"👍","gsId":"g"}}`: `{"text":"👍","kind":"reaction","in_reply_to":"g","media":[]}`,
		`{"id":"m","type":"contact","payload":{}}`:                        `{"text":null,"kind":"contact","media":[]}`,
		`{"id":"m","type":"text","payload":{"text":""}}`:                  `{"text":"","media":[]}`,
		`{"id":"m"}`: `{"text":null,"kind":"unknown","media":[]}`,
	} {
		r := post("application/json", `{"type":"message","payload":`+payload+`}`)
		result := lookup(t, "gupshup").Events(&r, configOf(t, "gupshup", map[string]any{}))
		require.JSONEq(t, want, string(encode(result.Events[0].Message)))
	}
	r := post("application/json", `{"type":"message","payload":{"type":"text"}}`)
	require.Len(t, lookup(t, "gupshup").Events(&r, configOf(t, "gupshup", map[string]any{})).Ignored, 1)
}
