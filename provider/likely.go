package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxRetraced bounds the body of a refused callback that is checked again to
// find the cause: whoever sends rubbish must not make us work.
const maxRetraced = 64 << 10 // bytes

// likely looks for the cause of a signature that does not fit by checking the
// callback again as it may have been sent: to another URL, or with the body
// that a proxy changed. It is for people, and "" where nothing fits: the verdict
// stands.
func (p *Provider) likely(a *attempt, reason Reason) string {
	if reason != ReasonMismatch && reason != ReasonWrongURL && reason != ReasonBodyHash || len(a.Body) > maxRetraced || p == &ses {
		return "" // what ses signs is neither the URL nor the body's bytes
	}
	fits := func(r Request) bool {
		again := *a
		again.Request = &r
		_, err := p.verify(&again)
		return err == nil || reasonOf(err) == ReasonStale
	}
	for _, url := range a.otherURLs() {
		r := *a.Request
		if r.URL = url; fits(r) {
			before, port, _ := splitURL(url)
			return "the provider signed " + redactURL(url) + ": set POSTHORN_PUBLIC_URL, or the endpoint's public_url, to " + redactURL(before+port)
		}
	}
	for _, sent := range otherBodies(a.Body) {
		r := *a.Request
		if r.Body = sent.body; fits(r) {
			return "a proxy in front of Posthorn changes the body: the signature fits with " + sent.how
		}
	}
	return ""
}

// otherURLs are those that the provider may have been given: by the host that
// the request came for, and with the other scheme or port.
func (r *Request) otherURLs() []string {
	var urls []string
	add := func(url string) {
		if url != "" && url != r.URL && !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	_, _, target := splitURL(r.URL)
	forwarded, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Host"), ",")
	for _, url := range []string{r.URL, otherScheme(r.URL)} {
		add(url)
		add(withPort(url))
		add(withoutPort(url))
	}
	for _, host := range []string{strings.TrimSpace(forwarded), r.Host} {
		if host != "" && !strings.ContainsAny(host, "/?#@") {
			add("https://" + host + target)
			add("http://" + host + target)
		}
	}
	return urls
}

type otherBody struct {
	how  string
	body []byte
}

// otherBodies undo what proxies are known to do.
func otherBodies(body []byte) []otherBody {
	lf := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	list := []otherBody{
		{"no white space at its ends", bytes.TrimSpace(body)},
		{"a line end at its end", append(slices.Clone(body), '\n')},
		{"CR LF at its end", append(slices.Clone(body), "\r\n"...)},
		{"its line ends as LF", lf},
		{"its line ends as CR LF", bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n"))},
	}
	var compact bytes.Buffer
	if json.Compact(&compact, body) == nil {
		list = append(list,
			otherBody{"no white space in its JSON", compact.Bytes()},
			otherBody{"its JSON escaped as it was sent", escapedJSON(body)},
			otherBody{"no white space in its JSON, which is escaped as it was sent", escapedJSON(compact.Bytes())})
	}
	return slices.DeleteFunc(list, func(o otherBody) bool { return bytes.Equal(o.body, body) })
}

// escapedJSON writes JSON as PHP does, and Meta: what is not ASCII, and the
// slash, as escapes.
func escapedJSON(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		switch {
		case r == '/' && (at == 0 || text[at-1] != '\\'):
			out = append(out, `\/`...)
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		at += size
	}
	return out
}

// causes are the likely ones where a check knows no better.
var causes = map[Reason]string{
	ReasonMissing:     "signing is not switched on at the provider, or a proxy in front of Posthorn drops the header",
	ReasonMalformed:   "it is not the provider that sends this, or a proxy in front of Posthorn changes the header",
	ReasonBodyHash:    "a proxy in front of Posthorn changes the body",
	ReasonAlgorithm:   "the account at the provider is set to another way to sign than this endpoint",
	ReasonIssuer:      "the token is for another service, or of another product of the provider",
	ReasonUnsigned:    "it is not the provider that sends this, or the URL is entered for a product that signs otherwise",
	ReasonVerifyToken: "the verify token that was entered at the provider is not the verify_token of this endpoint",
	ReasonNoSecret:    "the endpoint's provider_config lacks what the request is to be checked with: change it by PATCH, and admit the request again",
}

// status is what a refused callback is answered with. What is not the sender's
// fault must come again: after 401 it may not.
func (r Reason) status() int {
	if r == ReasonUnavailable || r == ReasonNoSecret {
		return http.StatusServiceUnavailable
	}
	return http.StatusUnauthorized
}
