package provider

import (
	"encoding/json"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"posthorn/simulate"
)

// fuzzConfigs are one configuration of each scheme of each provider.
func fuzzConfigs(t testing.TB) map[string][]*Config {
	t.Helper()
	_, public := sendgridKey(t)
	all := map[string][]*Config{}
	add := func(name string, fields map[string]any) {
		all[name] = append(all[name], configOf(t, name, fields))
	}
	for _, s := range samples() {
		add(s.provider, s.with(secretA))
	}
	add("sendgrid", map[string]any{"public_key": public})
	add("sendgrid-inbound", map[string]any{"public_key": public})
	certificate := string(certificateOf(t, &snsKey().PublicKey, snsKey()))
	add("ses", map[string]any{"topic_arns": []string{topic}, "certs": map[string]string{certURL: certificate}})
	require.Len(t, all, 15)
	return all
}

// A target for each provider, so that each is given its own time.
func FuzzSendGrid(f *testing.F)        { fuzz(f, "sendgrid") }
func FuzzSendGridInbound(f *testing.F) { fuzz(f, "sendgrid-inbound") }
func FuzzMailgun(f *testing.F)         { fuzz(f, "mailgun") }
func FuzzMailgunInbound(f *testing.F)  { fuzz(f, "mailgun-inbound") }
func FuzzPostmark(f *testing.F)        { fuzz(f, "postmark") }
func FuzzPostmarkInbound(f *testing.F) { fuzz(f, "postmark-inbound") }
func FuzzEmail(f *testing.F)           { fuzz(f, "email") }
func FuzzTwilioSMS(f *testing.F)       { fuzz(f, "twilio-sms") }
func FuzzTwilioWhatsApp(f *testing.F)  { fuzz(f, "twilio-whatsapp") }
func FuzzMeta(f *testing.F)            { fuzz(f, "meta") }
func FuzzMessageBird(f *testing.F)     { fuzz(f, "messagebird") }
func FuzzSES(f *testing.F)             { fuzz(f, "ses") }
func FuzzGupshup(f *testing.F)         { fuzz(f, "gupshup") }
func FuzzVonage(f *testing.F)          { fuzz(f, "vonage") }
func FuzzPlivo(f *testing.F)           { fuzz(f, "plivo") }

func TestEveryProviderIsFuzzed(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("fuzz_test.go")
	require.NoError(t, err)
	for _, name := range Names() {
		require.Contains(t, string(source), "{ fuzz(f, \""+name+"\") }")
	}
}

// fuzz gives any request to a provider, by each of its schemes: nothing of it
// may panic, be accepted, or come out as what JSON cannot hold.
func fuzz(f *testing.F, name string) {
	for _, r := range seeds(f, name) {
		f.Add(r.Method, r.URL, headerText(r.Header), r.Body)
	}
	p, configs := lookup(f, name), fuzzConfigs(f)[name]
	f.Fuzz(func(t *testing.T, method, url, header string, body []byte) {
		r := &Request{Method: method, URL: url, Header: http.Header{}, Body: body}
		for line := range strings.SplitSeq(header, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				r.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
			}
		}
		for _, c := range configs {
			v := p.Verify(t.Context(), r, c, time.Now(), noFetch)
			if v.Accepted {
				t.Fatalf("%s accepted what nobody signed with its secret", p.Name)
			}
			if v.Reason == "" || v.Answer.Status == 0 || len(v.Signed) > maxSigned || !utf8.ValidString(v.Signed) {
				t.Fatalf("%s: %+v", p.Name, v)
			}
		}
		result := p.Events(r, configs[0])
		for _, e := range result.Events {
			raw, err := json.Marshal(e)
			if err != nil || e.Type == "" || e.DedupeKey == "" || e.Provider != p.Name {
				t.Fatalf("%s: %+v: %s %v", p.Name, e, raw, err)
			}
		}
		if _, err := json.Marshal(result.Ignored); err != nil || result.Outcome == "" || result.Answer.Status != http.StatusOK {
			t.Fatalf("%s: %+v %v", p.Name, result, err)
		}
	})
}

// seeds are the provider's vectors and fixtures, and what simulate signs with
// other secrets.
func seeds(f *testing.F, name string) []*Request {
	f.Helper()
	var all []*Request
	for _, v := range vectors(f) {
		if v.Provider == name {
			all = append(all, v.request())
		}
	}
	for of, x := range fixtures(f) {
		if path.Dir(of) == name {
			all = append(all, &Request{Method: x.Method, URL: x.URL, Header: headerOf(x.Headers), Body: x.Body})
		}
	}
	require.NotEmpty(f, all)
	for _, scheme := range simulate.Schemes(name) {
		target, err := simulate.Generate(name, scheme, []byte("a seed of other secrets than those of the configurations"))
		require.NoError(f, err)
		if target.URL = callbackURL; name == "ses" {
			other, err := simulate.NewCertificate()
			require.NoError(f, err)
			target.Key, target.CertificateURL, target.Config.TopicARNs = other.Key, certURL, []string{topic}
		}
		for _, kind := range simulate.Kinds(name, scheme) {
			c, err := simulate.Make(name, kind.Name, target)
			require.NoError(f, err)
			all = append(all, &Request{Method: c.Method, URL: c.URL, Header: c.Header, Body: c.Body})
		}
	}
	return all
}

func headerText(h http.Header) string {
	var b strings.Builder
	_ = h.Write(&b) // to a string
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

// FuzzMIME reads any bytes as a message from the internet: what comes out is
// text, bounded by what went in.
func FuzzMIME(f *testing.F) {
	for name, x := range fixtures(f) {
		if strings.HasPrefix(name, "email/") {
			f.Add(x.Body)
		}
	}
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/x; boundary=b\n\n--b\n\n--b--"))
	f.Add([]byte("Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: quoted-printable\n\n=1B$BF|=\n"))
	f.Add([]byte("From: =?utf-7?q?+?= <a@b>, (\nTo: :;,<>\nReferences: <<<>>>\nDate: Mon, 99\nContent-Disposition: x; filename*0*=%\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, c := parseMIME(raw)
		size := 0
		for _, text := range []*string{c.text, c.html} {
			if text != nil {
				if size += len(*text); !utf8.ValidString(*text) {
					t.Fatalf("no UTF-8: %q", *text)
				}
			}
		}
		for _, m := range c.media {
			if size += len(m.Content); strings.ContainsAny(m.Filename, "/\\\x00") || len(m.Filename) > maxName {
				t.Fatalf("file name %q", m.Filename)
			}
		}
		const widest = 4 // bytes of UTF-8 that a byte of a charset can become
		if size > widest*len(raw)+maxParts || len(c.media) > maxParts {
			t.Fatalf("%d bytes became %d in %d files", len(raw), size, len(c.media))
		}
		for _, text := range []string{h.text("Subject"), strings.Join(h.ids("References"), ""), strings.Join(mailboxes(parseAddresses(h.Get("To"))), "")} {
			if !utf8.ValidString(text) {
				t.Fatalf("no UTF-8: %q", text)
			}
		}
	})
}
