package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Bounds of settings.
const (
	maxText      = 4096 // bytes
	maxList      = 100
	maxPattern   = 200     // bytes
	maxTolerance = 2592000 // seconds: 30 days
)

// complaint says what is wrong with the value of a field, "" if nothing is.
func (f field) complaint(value json.RawMessage) string {
	switch f.kind {
	case flag:
		if string(value) != "true" && string(value) != "false" {
			return "must be true or false"
		}
	case seconds:
		var n int64
		if json.Unmarshal(value, &n) != nil || n < 1 || n > maxTolerance {
			return "must be a whole number of seconds, 1 to 2592000"
		}
	case list:
		return listComplaint(value)
	case texts:
		var m map[string]string
		if json.Unmarshal(value, &m) != nil || len(m) > maxList {
			return "must be an object of at most 100 strings"
		}
	default:
		var s string
		if json.Unmarshal(value, &s) != nil {
			return "must be a string"
		}
		return f.textComplaint(s)
	}
	return ""
}

func (f field) textComplaint(s string) string {
	switch {
	case s == "" && f.kind == secret:
		return "must not be empty: anybody could sign with an empty secret"
	case s == "":
		return "must not be empty"
	case len(s) > maxText:
		return "must have at most 4096 bytes"
	case f.kind != lines && strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }):
		return "must not contain control characters"
	case f.kind == secret && s == mask:
		return "is the mask of a secret, not a secret"
	case f.kind == secret && strings.TrimSpace(s) != s:
		return "must not begin or end with a space"
	case f.kind == choice:
		if slices.Contains(f.choices, s) {
			return ""
		}
		return "must be one of " + strings.Join(f.choices, ", ")
	case f.kind == pattern:
		if re, err := regexp.Compile(s); err != nil || len(s) > maxPattern || re.NumSubexp() != 1 {
			return "must be a regular expression (RE2) of at most 200 characters with one group, which is the ticket's id"
		}
	}
	return ""
}

func listComplaint(value json.RawMessage) string {
	var items []string
	if json.Unmarshal(value, &items) != nil || len(items) == 0 || len(items) > maxList {
		return "must be an array of 1 to 100 strings"
	}
	for _, item := range items {
		if item == "" || len(item) > maxText {
			return "must not hold an empty string"
		}
	}
	return ""
}

// prepare makes of the settings what each check would have to make again.
func (s *settings) prepare() error {
	var err error
	if s.PublicKey != "" {
		if s.ecdsaKey, err = publicKey(s.PublicKey); err != nil {
			return err
		}
	}
	if s.ticketAddress, err = compile(s.TicketAddress, ticketAddress); err != nil {
		return err
	}
	s.ticketReference, err = compile(s.TicketReference, ticketReference)
	return err
}

// publicKey reads the base64 of a DER SubjectPublicKeyInfo that holds a key on
// P-256. The armour of PEM is tolerated, since people paste it.
func publicKey(encoded string) (*ecdsa.PublicKey, error) {
	for _, armour := range []string{"-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"} {
		encoded = strings.ReplaceAll(encoded, armour, "")
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return nil, errors.New("must be base64, as the provider shows it")
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errors.New("must be the base64 of a public key in DER")
	}
	ec, ok := key.(*ecdsa.PublicKey)
	if !ok || ec.Curve != elliptic.P256() {
		return nil, errors.New("must be an ECDSA key on the curve P-256")
	}
	return ec, nil
}

// checkPublicKey complains about a key that cannot be one.
func checkPublicKey(s *settings, bad *problems) {
	if s.PublicKey == "" {
		return
	}
	if _, err := publicKey(s.PublicKey); err != nil {
		bad.add("public_key", err.Error())
	}
}

// escape writes a name as part of a JSON pointer (RFC 6901), cut to what is of use.
func escape(name string) string {
	const longest = 64
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(clip(name, longest))
}

// encode cannot fail for the maps, strings and structs that it is given.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}
