package provider

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// fuzzConfigs are one configuration of each scheme of each provider.
func fuzzConfigs(t testing.TB) map[*Provider][]*Config {
	t.Helper()
	_, public := sendgridKey(t)
	all := map[*Provider][]*Config{}
	add := func(name string, fields map[string]any) {
		p := lookup(t, name)
		all[p] = append(all[p], configOf(t, name, fields))
	}
	for _, s := range samples() {
		add(s.provider, s.with(secretA))
	}
	add("sendgrid", map[string]any{"public_key": public})
	add("sendgrid-inbound", map[string]any{"public_key": public})
	add("ses", map[string]any{"topic_arns": []string{topic}})
	require.Len(t, all, 15)
	return all
}

// FuzzCallback gives any request to every provider: nothing of it may panic, be
// accepted, or come out as what JSON cannot hold.
func FuzzCallback(f *testing.F) {
	for _, v := range vectors(f) {
		var header strings.Builder
		for name, value := range v.Headers {
			header.WriteString(name + ": " + value + "\n")
		}
		f.Add(v.Method, v.URL, header.String(), v.Body)
	}
	for _, x := range fixtures(f) {
		f.Add(x.Method, x.URL, "Content-Type: "+x.Headers["Content-Type"], x.Body)
	}
	configs := fuzzConfigs(f)
	f.Fuzz(func(t *testing.T, method, url, header string, body []byte) {
		r := &Request{Method: method, URL: url, Header: http.Header{}, Body: body}
		for line := range strings.SplitSeq(header, "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				r.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
			}
		}
		for p, list := range configs {
			for _, c := range list {
				v := p.Verify(t.Context(), r, c, time.Unix(1760000000, 0), noFetch)
				if v.Accepted {
					t.Fatalf("%s accepted what nobody signed with its secret", p.Name)
				}
				if v.Reason == "" || v.Answer.Status == 0 || len(v.Signed) > maxSigned || !utf8.ValidString(v.Signed) {
					t.Fatalf("%s: %+v", p.Name, v)
				}
			}
			result := p.Events(r, list[0])
			for _, e := range result.Events {
				raw, err := json.Marshal(e)
				if err != nil || e.Type == "" || e.DedupeKey == "" || e.Provider != p.Name {
					t.Fatalf("%s: %+v: %s %v", p.Name, e, raw, err)
				}
			}
			if _, err := json.Marshal(result.Ignored); err != nil || result.Outcome == "" || result.Answer.Status != http.StatusOK {
				t.Fatalf("%s: %+v %v", p.Name, result, err)
			}
		}
	})
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
