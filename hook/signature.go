package hook

import (
	"net/textproto"
	"regexp"
	"strings"
	"time"
)

// SignatureScheme is where an HMAC-SHA256 is found, how it is written, and over
// what it is made.
type SignatureScheme struct {
	Header   string `json:"header"`
	Prefix   string `json:"prefix"`
	Encoding string `json:"encoding"` // "hex" or "base64"
	// Element names the part of a header such as "t=1,v1=abc" that is the
	// signature; it may be there more than once. "": the header is the signature.
	Element string `json:"element,omitempty"`
	// Signed is what the signature is made over: {body} and {timestamp} stand
	// for these. "": the body.
	Signed string `json:"signed,omitempty"`
	// The timestamp stands in a header of its own, or in an element of Header.
	// It is in Unix seconds or RFC 3339.
	TimestampHeader  string `json:"timestamp_header,omitempty"`
	TimestampElement string `json:"timestamp_element,omitempty"`
	Tolerance        int    `json:"tolerance,omitempty"` // seconds between timestamp and now; 0: DefaultTolerance
}

// DefaultTolerance is how far a signed timestamp may be from now.
const DefaultTolerance = 5 * time.Minute

// DefaultSignature is the scheme of seed 000: hex in X-Comma-Signature.
func DefaultSignature() SignatureScheme {
	return SignatureScheme{Header: "X-Comma-Signature", Encoding: "hex"}
}

// Timestamped reports whether a timestamp is signed, too.
func (s *SignatureScheme) Timestamped() bool {
	return s.TimestampHeader != "" || s.TimestampElement != ""
}

var (
	elementName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	placeholders = regexp.MustCompile(`\{[^}]*\}?|\}`)
)

func (s *SignatureScheme) validate(bad *fields) {
	if !isHeaderName(s.Header) {
		bad.add("/signature/header", "must be the name of an HTTP header")
	}
	if s.Encoding != "hex" && s.Encoding != "base64" {
		bad.add("/signature/encoding", `must be "hex" or "base64"`)
	}
	if s.TimestampHeader != "" && !isHeaderName(s.TimestampHeader) {
		bad.add("/signature/timestamp_header", "must be the name of an HTTP header")
	}
	for pointer, name := range map[string]string{"/signature/element": s.Element, "/signature/timestamp_element": s.TimestampElement} {
		if name != "" && !elementName.MatchString(name) {
			bad.add(pointer, "must be the name of an element: 1 to 64 letters, digits, - and _")
		}
	}
	switch {
	case s.TimestampHeader != "" && s.TimestampElement != "":
		bad.add("/signature/timestamp_element", "must be left out where timestamp_header is given")
	case s.TimestampElement != "" && (s.Element == "" || s.Element == s.TimestampElement):
		bad.add("/signature/element", "must name the signature's element, where the timestamp is another")
	}
	if s.Tolerance < 0 || s.Tolerance > 86_400 {
		bad.add("/signature/tolerance", "must be at most 86400 seconds")
	}
	s.validateSigned(bad)
}

// validateSigned holds the template to one {body}, and to one {timestamp} where
// there is one: what is not signed proves nothing.
func (s *SignatureScheme) validateSigned(bad *fields) {
	template := s.Signed
	if template == "" {
		template = "{body}"
	}
	count := map[string]int{}
	for _, p := range placeholders.FindAllString(template, -1) {
		count[p]++
	}
	want := 0
	if s.Timestamped() {
		want = 1
	}
	switch {
	case len(template) > 200:
		bad.add("/signature/signed", "must have at most 200 bytes")
	case count["{body}"] != 1:
		bad.add("/signature/signed", "must have {body} once")
	case count["{timestamp}"] != want && want == 1:
		bad.add("/signature/signed", "must have {timestamp} once, as there is a timestamp: for instance {timestamp}.{body}")
	case count["{timestamp}"] != want:
		bad.add("/signature/signed", "has {timestamp}: say where it stands, by timestamp_header or timestamp_element")
	case len(count) != 1+want:
		bad.add("/signature/signed", "knows {body} and {timestamp} and no other braces")
	}
}

func isHeaderName(name string) bool {
	return name != "" && textproto.TrimString(name) == name && isToken(name)
}

// Parts is what is signed, in its order, for a timestamp as it was sent.
func (s *SignatureScheme) Parts(timestamp string, body []byte) [][]byte {
	before, after, ok := strings.Cut(s.Signed, "{body}")
	if !ok {
		return [][]byte{body}
	}
	stamp := func(text string) []byte { return []byte(strings.Replace(text, "{timestamp}", timestamp, 1)) }
	return [][]byte{stamp(before), body, stamp(after)}
}
