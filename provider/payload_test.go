package provider

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func TestACallbackIsAMessageOfTheArchive(t *testing.T) {
	t.Parallel()
	received := at.Add(time.Minute)
	payload := func(name string) *hook.Payload {
		f := fixtures(t)[name]
		p := lookup(t, name[:strings.IndexByte(name, '/')])
		r := &Request{Method: f.Method, URL: f.URL, Header: headerOf(f.Headers), Body: f.Body}
		result := p.Events(r, configOf(t, p.Name, map[string]any{}))
		return result.Payload(received)
	}
	p := payload("postmark-inbound/attachments-unicode")
	require.Equal(t, "22c74902-a0c1-4511-804f2-341342852c90", p.ExternalID)
	require.Equal(t, hook.Party{Identifier: "from+test@example.org", DisplayName: "Displayed From"}, p.From)
	require.Equal(t, []hook.Party{{Identifier: "test@inbound.example.com"}}, p.To)
	require.Equal(t, "Test body plain", p.Body)
	require.Equal(t, "é", string(p.Attachments[0].Content))
	require.Equal(t, "message.received", p.EventType())

	p = payload("twilio-sms/inbound-mms-two-media")
	require.Equal(t, received, p.OccurredAt)
	require.Len(t, p.Attachments, 2)
	require.Equal(t, "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM1/Media/ME1", p.Attachments[1].URL)

	p = payload("sendgrid/batch-unicode-duplicate-unknown")
	require.True(t, strings.HasPrefix(p.ExternalID, "sha256:"), "a batch is what it holds")
	require.LessOrEqual(t, len(p.ExternalID), hook.MaxExternalID)
	require.Contains(t, string(p.Fields), "some_future_event")
	require.Equal(t, "message.sent", p.EventType())

	p = payload("sendgrid/not-an-array")
	require.Equal(t, received, p.OccurredAt)
	require.Empty(t, p.To)
}

func TestWhatNoDatabaseHoldsIsReplaced(t *testing.T) {
	t.Parallel()
	form := url.Values{"MessageSid": {"SM\x00\xff"}, "Body": {"a\x00b\xffc"}, "From": {"\x00"}, "To": {strings.Repeat("9", 5000)}}
	r := post("application/x-www-form-urlencoded", form.Encode())
	e := lookup(t, "twilio-sms").Events(&r, configOf(t, "twilio-sms", map[string]any{})).Events[0]
	require.Equal(t, "SM\uFFFD\uFFFD", e.DedupeKey)
	require.Equal(t, "a\uFFFDb\uFFFDc", *e.Message.Text)
	require.NotContains(t, string(encode(e)), `\u0000`)

	long := "Message-ID: <" + strings.Repeat("a", 900) + "@x>\r\nSubject: a\x00b\r\n\r\n\x00"
	m := mailOf(t, long)
	require.Contains(t, m["dedupe_key"], "sha256:")
	require.Len(t, m["provider_message_id"], 902)
	require.NotContains(t, string(encode(m)), `\u0000`)
}

func TestRepeatsOfACallbackHaveOneKey(t *testing.T) {
	t.Parallel()
	for name, f := range fixtures(t) {
		p := lookup(t, name[:strings.IndexByte(name, '/')])
		r := &Request{Method: f.Method, URL: f.URL, Header: headerOf(f.Headers), Body: f.Body}
		first := p.Events(r, configOf(t, p.Name, map[string]any{}))
		second := p.Events(r, configOf(t, p.Name, map[string]any{}))
		require.Equal(t, first.DedupeKey, second.DedupeKey)
		require.NotEmpty(t, first.DedupeKey)
		require.LessOrEqual(t, len(first.DedupeKey), hook.MaxExternalID)
	}
}
