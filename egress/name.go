package egress

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of names (RFC 1035, section 2.3.4), in bytes.
const (
	maxName  = 253
	maxLabel = 63
)

// checkName refuses names that only have a meaning inside a network, numbers
// that a resolver takes for an address, and what is no name of a host.
func checkName(host string) error {
	name, ok := asciiName(host)
	if !ok || !validName(name) {
		return errHost
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if isNumber(last) {
		return errForm
	}
	switch last {
	case "localhost", "internal", "local", "svc":
		return errName
	}
	return nil
}

// asciiName is the name that is looked up: in lower case and Punycode, as
// net/http makes it too, without the dot of the root. Mapping comes first: full
// stops, digits and letters have look-alikes that it turns into the usual ones.
func asciiName(host string) (string, bool) {
	name := host
	if !isASCII(host) {
		if !utf8.ValidString(host) {
			return "", false // the mapping would make a name of it all the same
		}
		var err error
		if name, err = idna.Lookup.ToASCII(host); err != nil {
			return "", false
		}
	}
	return strings.TrimSuffix(strings.ToLower(name), "."), true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// validName takes letters, digits and hyphens (RFC 1123), and underscores,
// which are found in real names though no rule knows them.
func validName(name string) bool {
	if len(name) > maxName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// isNumber reports whether the last label of a name is a number, decimal,
// octal or hexadecimal. C libraries take such names for IPv4 addresses, also
// with fewer than four parts (WHATWG URL, "ends in a number"), and no top-level
// domain is one. An address in its usual form was found before.
func isNumber(label string) bool {
	if digits, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
