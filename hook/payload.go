package hook

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a message's payload.
const (
	MaxDepth       = 128  // levels of nesting
	MaxExternalID  = 255  // characters
	MaxParties     = 1000 // recipients
	MaxAttachments = 1000
)

// ParsePayload reads the JSON of a message. A body that is no JSON gives an
// Error of CodeMalformed, one of the wrong shape CodeInvalid with every bad
// field. checkURL, which may be nil, refuses attachment URLs by their text.
func ParsePayload(raw []byte, checkURL func(string) error) (*Payload, error) {
	if err := CheckJSON(raw); err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return nil, Invalid("the message is not valid", FieldError{Pointer: "", Message: "must be a JSON object"})
	}
	r := reader{object: object, checkURL: checkURL}
	p := &Payload{
		ExternalID:  r.externalID(),
		OccurredAt:  r.occurredAt(),
		From:        r.from(),
		To:          r.to(),
		Body:        r.body(),
		Attachments: r.attachments(),
	}
	if err := r.bad.err("the message is not valid"); err != nil {
		return nil, err
	}
	for _, name := range []string{"external_id", "occurred_at", "from", "to", "body", "attachments"} {
		delete(object, name)
	}
	p.Fields = EncodeJSON(object)
	_ = json.Unmarshal(object["direction"], &p.Direction) // "" where it is no string
	return p, nil
}

type reader struct {
	object   map[string]json.RawMessage
	checkURL func(string) error
	bad      fields
}

// text reads a required string.
func (r *reader) text(name string) (string, bool) {
	raw, ok := r.object[name]
	if !ok {
		r.bad.add("/"+name, "is required")
		return "", false
	}
	return r.str(raw, "/"+name)
}

func (r *reader) str(raw json.RawMessage, pointer string) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		r.bad.add(pointer, "must be a string")
		return "", false
	}
	return s, true
}

func (r *reader) externalID() string {
	s, ok := r.text("external_id")
	if !ok {
		return ""
	}
	switch n := utf8.RuneCountInString(s); {
	case n < 1 || n > MaxExternalID:
		r.bad.add("/external_id", "must have 1 to "+strconv.Itoa(MaxExternalID)+" characters")
	case strings.ContainsRune(s, 0):
		r.bad.add("/external_id", "must not contain NUL")
	case halfPair(r.object["external_id"]):
		// The decoder writes U+FFFD for half a surrogate pair, so that two
		// different ids would become one and a message would be lost.
		r.bad.add("/external_id", "must not contain half of a surrogate pair")
	}
	return s
}

func (r *reader) occurredAt() time.Time {
	s, ok := r.text("occurred_at")
	if !ok {
		return time.Time{}
	}
	t, err := ParseTime(s)
	if err != nil {
		r.bad.add("/occurred_at", err.Error())
	}
	return t
}

// rfc3339 is the date-time of RFC 3339, section 5.6: time.Parse lets "4:30",
// "30,5" and "+25:00" pass.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,40})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// ParseTime reads an RFC 3339 time, to the contract's precision. In UTC, too,
// it must be in the years 0000 to 9999.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if y := t.UTC().Year(); err != nil || !rfc3339.MatchString(s) || y < 0 || y > 9999 {
		return time.Time{}, Invalid("must be an RFC 3339 time such as 2026-05-28T14:30:00Z")
	}
	return Time(t), nil
}

func (r *reader) body() string {
	s, _ := r.text("body")
	return s
}
