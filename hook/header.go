package hook

import (
	"maps"
	"slices"
	"strings"
)

// reserved are the headers that Posthorn or HTTP sets itself: those of a
// connection (RFC 9110, section 7.6.1) are not a webhook's, and HTTP/2 takes none.
var reserved = map[string]bool{
	"content-type": true, "user-agent": true, "x-webhook-event": true, "x-webhook-delivery": true,
	"x-webhook-signature": true, "webhook-id": true, "webhook-timestamp": true, "webhook-signature": true,
	"x-sendcomms-signature": true, "commenda-x-secret": true,
	"host": true, "content-length": true, "transfer-encoding": true, "connection": true,
	"keep-alive": true, "proxy-connection": true, "te": true, "trailer": true, "upgrade": true,
}

func validateHeaders(headers map[string]string, bad *fields) {
	if len(headers) > MaxHeaders {
		bad.add("/headers", "must have at most 50 items")
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		pointer := "/headers/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		lower := strings.ToLower(name)
		switch {
		case !isToken(name):
			bad.add(pointer, "must be the name of an HTTP header")
		case reserved[lower]:
			bad.add(pointer, "is set by Posthorn and cannot be changed")
		case seen[lower]:
			bad.add(pointer, "is given twice; the case of a header's name does not count")
		case !isFieldValue(headers[name]) || len(headers[name]) > MaxHeader:
			bad.add(pointer, "must be at most 4096 bytes without CR, LF, NUL or another control character but tab")
		}
		seen[lower] = true
	}
}

// isFieldValue reports whether s can stand in an HTTP header: net/http refuses
// to send others (RFC 9110, section 5.5).
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// isToken reports whether s is an RFC 9110 token, as header names are.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-' || c == '_' || c == '.' || c == '!' || c == '#' || c == '$' || c == '%' || c == '&' ||
			c == '\'' || c == '*' || c == '+' || c == '^' || c == '`' || c == '|' || c == '~':
		default:
			return false
		}
	}
	return s != ""
}
