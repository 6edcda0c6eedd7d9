package envelope

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"posthorn/hook"
)

// maxSignatures is how many elements of a header may be signatures: platforms
// send several while a secret is rotated.
const maxSignatures = 8

// signed is what a request says of its signature.
type signed struct {
	sums      [][]byte // each of sha256.Size
	timestamp string   // as it was sent, "" where none is signed
}

// schemeOf is the endpoint's scheme, what it leaves out taken from the default.
func schemeOf(e *hook.Endpoint) hook.SignatureScheme {
	s, standard := e.Signature, hook.DefaultSignature()
	if s.Header == "" {
		s.Header = standard.Header
	}
	if s.Encoding == "" {
		s.Encoding = standard.Encoding
	}
	return s
}

// once is the value of a header that must come once.
func once(header http.Header, name, form string) (string, error) {
	values := header.Values(name)
	switch len(values) {
	case 0:
		return "", unauthentic(ReasonMissing, "the "+name+" header is missing")
	case 1:
		return values[0], nil
	}
	return "", unauthentic(ReasonMalformed, "the "+name+" header is malformed; send it once"+form)
}

func signature(header http.Header, s hook.SignatureScheme) (given signed, err error) {
	form := ""
	if s.Prefix != "" {
		form = `, beginning with "` + s.Prefix + `"`
	}
	value, err := once(header, s.Header, form)
	if err != nil {
		return given, err
	}
	texts := []string{value}
	if s.Element != "" {
		texts, given.timestamp = elements(value, s)
	}
	if s.TimestampHeader != "" {
		if given.timestamp, err = once(header, s.TimestampHeader, ""); err != nil {
			return given, err
		}
	}
	if s.TimestampElement != "" && given.timestamp == "" {
		return given, unauthentic(ReasonMalformed, "the "+s.Header+" header has no element "+s.TimestampElement)
	}
	for _, text := range texts {
		text, ok := strings.CutPrefix(text, s.Prefix)
		if !ok {
			return given, unauthentic(ReasonMalformed, "the "+s.Header+" header is malformed; send it once"+form)
		}
		if sum, ok := decodeSum(text, s.Encoding); ok {
			given.sums = append(given.sums, sum)
		}
	}
	if len(given.sums) == 0 {
		return given, unauthentic(ReasonMalformed, "the "+s.Header+" header does not hold the "+s.Encoding+" of an HMAC-SHA256")
	}
	return given, nil
}

// elements reads a header such as "t=1,v1=abc,v1=def". Those of other names are
// passed over: they are other versions of the scheme.
func elements(value string, s hook.SignatureScheme) (signatures []string, timestamp string) {
	for element := range strings.SplitSeq(value, ",") {
		name, text, _ := strings.Cut(strings.Trim(element, " \t"), "=")
		switch {
		case name == s.Element && len(signatures) < maxSignatures:
			signatures = append(signatures, text)
		case name == s.TimestampElement && name != "":
			timestamp = text
		}
	}
	return signatures, timestamp
}

func decodeSum(text, encoding string) ([]byte, bool) {
	decode := hex.DecodeString
	if encoding == "base64" {
		decode = base64.StdEncoding.Strict().DecodeString
	}
	sum, err := decode(text)
	return sum, err == nil && len(sum) == sha256.Size
}

// checkAge holds a signed timestamp to the tolerance, in both directions: an
// old request must not be sent again by who has seen it.
func checkAge(timestamp string, s hook.SignatureScheme, now time.Time) error {
	var at time.Time
	if seconds, err := strconv.ParseInt(timestamp, 10, 64); err == nil {
		at = time.Unix(seconds, 0)
	} else if at, err = time.Parse(time.RFC3339, timestamp); err != nil {
		return unauthentic(ReasonMalformed, "the signature's timestamp is neither Unix seconds nor RFC 3339")
	}
	tolerance := hook.DefaultTolerance
	if s.Tolerance > 0 {
		tolerance = time.Duration(s.Tolerance) * time.Second
	}
	if at.Before(now.Add(-tolerance)) || at.After(now.Add(tolerance)) {
		return unauthentic(ReasonStale, "the signature's timestamp is more than "+tolerance.String()+" from now: check the clock, or whether the request was sent again")
	}
	return nil
}
