package mail_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/mail"
)

const from = "Posthorn <posthorn@example.com>"

func sender(t *testing.T, s *server, url string) *mail.Sender {
	t.Helper()
	made, err := mail.New(mail.Config{URL: strings.ReplaceAll(url, "HOST", s.addr), From: from})
	require.NoError(t, err)
	made.Trust(s.roots)
	return made
}

var hello = mail.Message{ID: "notify/1/2", To: "ops@example.com", Subject: "Grüße", Text: "text\n", HTML: "<p>html</p>"}

func TestMailIsSentAsTheURLSays(t *testing.T) {
	t.Parallel()
	user := func(s *server) { s.user = "u@example.com" }
	for name, c := range map[string]struct {
		encryption, url string
		change          func(*server)
		encrypted       bool
	}{
		"STARTTLS":              {"starttls", "smtp://HOST", nil, true},
		"with a password":       {"starttls", "smtp://u%40example.com:a%2Bb%2Fc%3A%40@HOST", user, true},
		"TLS from the start":    {"tls", "smtps://u%40example.com:a%2Bb%2Fc%3A%40@HOST", user, true},
		"required by name":      {"starttls", "smtp://HOST?starttls=required", nil, true},
		"opportunistic":         {"starttls", "smtp://HOST?starttls=opportunistic", nil, true},
		"opportunistic without": {"", "smtp://HOST?starttls=opportunistic", nil, false},
		"never":                 {"starttls", "smtp://HOST?starttls=never", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.encryption, c.change)
			require.NoError(t, sender(t, s, c.url).Send(t.Context(), hello))
			got := s.received()
			require.Len(t, got, 1)
			require.Equal(t, "posthorn@example.com", got[0].from)
			require.Equal(t, "ops@example.com", got[0].to)
			require.Equal(t, c.encrypted, got[0].tls)
			header, text, html := parts(t, got[0].text)
			require.Equal(t, "<notify/1/2@example.com>", header.Get("Message-Id"))
			require.Equal(t, "auto-generated", header.Get("Auto-Submitted"))
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			require.NoError(t, err)
			require.Equal(t, "Grüße", subject)
			require.Equal(t, "text", strings.TrimSpace(text))
			require.Equal(t, "<p>html</p>", strings.TrimSpace(html))
		})
	}
}

// parts reads a mail with the standard library.
func parts(t *testing.T, text string) (header netmail.Header, plain, html string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	reader := multipart.NewReader(m.Body, params["boundary"])
	for _, into := range []*string{&plain, &html} {
		part, err := reader.NextRawPart()
		require.NoError(t, err)
		content, err := io.ReadAll(quotedprintable.NewReader(part))
		require.NoError(t, err)
		*into = string(content)
	}
	return m.Header, plain, html
}

func TestWhatIsWorthAnotherTryIsToldFromWhatIsNot(t *testing.T) {
	t.Parallel()
	reply := func(code int) func(*server) {
		return func(s *server) { s.reply = func(string) error { return &smtp.SMTPError{Code: code, Message: "no"} } }
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	for name, c := range map[string]struct {
		server  *server
		url     string
		refused bool
	}{
		"no such mailbox":      {serve(t, "starttls", reply(550)), "smtp://HOST", true},
		"greylisted":           {serve(t, "starttls", reply(451)), "smtp://HOST", false},
		"a server without TLS": {serve(t, "", nil), "smtp://HOST", false},
		"a wrong password":     {serve(t, "starttls", func(s *server) { s.user = "u" }), "smtp://u:hunter2@HOST", false},
		"nobody there":         {&server{addr: closed.Addr().String()}, "smtp://HOST", false},
	} {
		err := sender(t, c.server, c.url).Send(t.Context(), hello)
		require.Error(t, err, name)
		_, refused := errors.AsType[*mail.RefusedError](err)
		require.Equal(t, c.refused, refused, "%s: %v", name, err)
		require.NotContains(t, err.Error(), "hunter2")
		require.Empty(t, c.server.received(), name)
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://:25", "smtp://host:0", "smtp://host:99999", "smtp://host?starttls=perhaps",
		"smtp://user@host", "smtp://user:hunter2@host?starttls=never", "smtp://user:hunter2@host?starttls=opportunistic", "smtp://host/inbox", "smtp://us er:hunter2@host",
	} {
		_, err := mail.New(mail.Config{URL: url, From: from})
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := mail.New(mail.Config{URL: "smtp://host", From: "nobody"})
	require.ErrorContains(t, err, "sender")
}

func failure(t testing.TB, eventType, name, url string) mail.About {
	t.Helper()
	status, held := 503, 7
	data := hook.FailureData{
		WebhookID: hook.NewID(), Name: name, URL: url, Reason: hook.DisabledByFailures, ConsecutiveFailures: 10, DisableAfter: 10, Held: &held,
		LastAttempt: hook.LastAttempt{StatusCode: &status, StartedAt: "2026-01-02T03:04:05.678Z", Error: hook.ErrorStatus},
	}
	return mail.About{Tenant: "acme", Link: "https://hooks.example.com/portal/webhooks/1", Operation: hook.Operation{
		WebhookID: data.WebhookID, Generation: 3, Notice: hook.Notice{Type: eventType, Data: hook.EncodeJSON(data)},
	}}
}

func TestANoticeSaysWhatHappened(t *testing.T) {
	t.Parallel()
	a := failure(t, hook.EventWebhookDisabled, `<b>orders & "more"</b>`, "https://example.com/hook")
	m, err := mail.Notice(a, "ops@example.com")
	require.NoError(t, err)
	require.Equal(t, "notify/"+a.Operation.WebhookID.String()+"/3", m.ID)
	require.Equal(t, `Webhook disabled: <b>orders & "more"</b>`, m.Subject)
	for _, part := range []string{"10 attempts failed in a row", "https://example.com/hook", "HTTP status 503", "7 deliveries", a.Link, "acme"} {
		require.Contains(t, m.Text, part)
		require.Contains(t, m.HTML, part)
	}
	require.NotContains(t, m.HTML, "<b>orders", "names are text")
	require.NotContains(t, m.Text, "{{")

	m, err = mail.Notice(failure(t, hook.EventWebhookFailing, "orders", "https://example.com/"), "ops@example.com")
	require.NoError(t, err)
	require.Equal(t, "Webhook is failing: orders", m.Subject)
	require.Contains(t, m.Text, "After 10 it will be disabled")
	require.NotContains(t, m.Text, "Held")
}

// FuzzNoticeAddsNoHeader: whatever a webhook is called, the mail's header has
// the fields that it has for any other, or there is no mail.
func FuzzNoticeAddsNoHeader(f *testing.F) {
	for _, name := range []string{"orders", "a\r\nBcc: eve@example.com", "a\nX: y", "=?utf-8?q?=0d=0aBcc:_eve?=", "\u2028Bcc: eve", strings.Repeat("ä", 200)} {
		f.Add(name, "ops@example.com")
	}
	f.Add("orders", "ops@example.com\r\nBcc: eve@example.com")
	fields := 0
	f.Fuzz(func(t *testing.T, name, to string) {
		made, err := mail.New(mail.Config{URL: "smtp://localhost", From: from})
		require.NoError(t, err)
		m, err := mail.Notice(failure(t, hook.EventWebhookDisabled, name, "https://example.com/"), to)
		require.NoError(t, err)
		var out bytes.Buffer
		if made.Write(&out, m) != nil {
			return
		}
		parsed, err := netmail.ReadMessage(&out)
		require.NoError(t, err)
		if fields == 0 {
			fields = len(parsed.Header)
		}
		require.Len(t, parsed.Header, fields)
		require.Empty(t, parsed.Header.Get("Bcc"))
		recipients, err := parsed.Header.AddressList("To")
		require.NoError(t, err)
		require.Len(t, recipients, 1)
	})
}
