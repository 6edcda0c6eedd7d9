package archive

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"posthorn/hook"
)

// maxURI bounds WARC-Target-URI, in bytes; the request line has all of it.
const maxURI = 64 << 10

// httpRequest writes a request as HTTP/1.1, whatever it came by, so that every
// reader of WARC understands it. The body lies there without transfer coding,
// so the fields that told of one are left out, and its length is stated anew.
func httpRequest(r *hook.Request, raw []byte) []byte {
	var b bytes.Buffer
	b.WriteString(token(r.Method) + " " + strings.ReplaceAll(clean(cmp.Or(r.Target, "/")), " ", "%20") + " HTTP/1.1\r\n")
	b.WriteString("Host: " + clean(r.Host) + "\r\n")
	for _, field := range r.Header {
		switch http.CanonicalHeaderKey(field[0]) {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			continue
		}
		b.WriteString(token(field[0]) + ": " + clean(field[1]) + "\r\n")
	}
	b.WriteString("Content-Length: " + strconv.Itoa(len(raw)) + "\r\n\r\n")
	b.Write(raw)
	return b.Bytes()
}

// clean takes out what would break a line: whoever sent it must not write
// header fields of ours. Bytes that are not UTF-8 stay.
func clean(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c == '\r' || c == '\n' || c == 0 {
			b[i] = ' '
		}
	}
	return string(b)
}

// token makes a name of what should be one (RFC 9110, 5.6.2). A server hands
// on no other.
func token(s string) string {
	b := []byte(cmp.Or(s, "_"))
	for i, c := range b {
		alphanumeric := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !alphanumeric && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			b[i] = '_'
		}
	}
	return string(b)
}

// targetURI is the address that the request was for, as this server saw it:
// what stands before it may have taken TLS off.
func targetURI(r *hook.Request) string {
	target := r.Target
	if _, rest, ok := strings.Cut(target, "://"); ok && !strings.HasPrefix(target, "/") {
		// The absolute form (RFC 9112, 3.2.2): its path is all we need.
		_, path, _ := strings.Cut(rest, "/")
		target = "/" + path
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	uri := "http://" + host(r.Host) + escape(target)
	if len(uri) <= maxURI {
		return uri
	}
	uri = uri[:maxURI]
	if i := strings.LastIndexByte(uri, '%'); i > len(uri)-len("%XX") {
		uri = uri[:i]
	}
	return uri
}

// host is a request's host where it can be one, so that the URI is one: else a
// name that is nobody's (RFC 2606).
func host(s string) string {
	u, err := url.Parse("http://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(hostBytes, r) }) {
		return "unknown.invalid"
	}
	return s
}

const hostBytes = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._:[]"

// escape leaves only what may stand in a URI (RFC 3986).
func escape(s string) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`<>"{}|\^#`+"`", c) >= 0 || (c == '%' && !isEscape(s[i:])) {
			b.Write([]byte{'%', upper[c>>4], upper[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isEscape reports whether a percent sign begins two hexadecimal digits.
func isEscape(s string) bool {
	if len(s) < len("%XX") {
		return false
	}
	_, err := hex.DecodeString(s[1:3])
	return err == nil
}
