package hook

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
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
	if err := checkJSON(raw); err != nil {
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
	p.Fields = encode(object)
	_ = json.Unmarshal(object["direction"], &p.Direction) // "" where it is no string
	return p, nil
}

// checkJSON holds the body to RFC 8259: UTF-8, well-formed, not too deep.
func checkJSON(raw []byte) error {
	malformed := func(message string) error { return &Error{Code: CodeMalformed, Message: message} }
	if len(bytes.TrimSpace(raw)) == 0 {
		return malformed("the body is empty; send a JSON object")
	}
	if !utf8.Valid(raw) {
		return malformed("the body is not UTF-8")
	}
	if depth := depth(raw); depth > MaxDepth {
		return malformed("the JSON is nested more than " + strconv.Itoa(MaxDepth) + " deep")
	}
	var any json.RawMessage
	if err := json.Unmarshal(raw, &any); err != nil {
		where := ""
		if syntax, ok := err.(*json.SyntaxError); ok {
			where = " at byte " + strconv.FormatInt(syntax.Offset, 10)
		}
		return malformed("the body is not well-formed JSON" + where + ": " + err.Error())
	}
	return nil
}

// depth returns how deep the arrays and objects of a JSON text are nested. It
// runs before the parser, so that hostile depth costs one pass and no stack.
func depth(raw []byte) int {
	level, deepest, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
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
	case strings.ContainsRune(s, utf8.RuneError) && bytes.Contains(bytes.ToLower(r.object["external_id"]), []byte(`\ud`)):
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

// ParseTime reads an RFC 3339 time, to the contract's precision.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil || strings.Contains(s, ",") || len(s) > 64 {
		return time.Time{}, Invalid("must be an RFC 3339 time such as 2026-05-28T14:30:00Z")
	}
	return Time(t), nil
}

func (r *reader) body() string {
	s, _ := r.text("body")
	return s
}

func (r *reader) from() Party {
	raw, ok := r.object["from"]
	if !ok {
		r.bad.add("/from", "is required")
		return Party{}
	}
	return r.party(raw, "/from")
}

func (r *reader) to() []Party {
	raw, ok := r.object["to"]
	if !ok {
		r.bad.add("/to", "is required")
		return nil
	}
	if raw[0] != '[' {
		return []Party{r.party(raw, "/to")}
	}
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list) // well-formed, as checked
	if len(list) == 0 || len(list) > MaxParties {
		r.bad.add("/to", "must name 1 to "+strconv.Itoa(MaxParties)+" recipients")
		return nil
	}
	parties := make([]Party, len(list))
	for i, item := range list {
		parties[i] = r.party(item, "/to/"+strconv.Itoa(i))
	}
	return parties
}

func (r *reader) party(raw json.RawMessage, pointer string) (p Party) {
	switch raw[0] {
	case '"':
		_ = json.Unmarshal(raw, &p.Identifier)
	case '{':
		var object map[string]json.RawMessage
		_ = json.Unmarshal(raw, &object)
		pointer, p.Identifier = pointer+"/identifier", ""
		id, ok := object["identifier"]
		if !ok {
			r.bad.add(pointer, "is required")
			return p
		}
		if p.Identifier, ok = r.str(id, pointer); !ok {
			return p
		}
		p.DisplayName = r.optional(object, "display_name", strings.TrimSuffix(pointer, "identifier"))
	default:
		r.bad.add(pointer, `must be {"identifier","display_name"?} or a string`)
		return p
	}
	if p.Identifier == "" {
		r.bad.add(pointer, "must not be empty")
	}
	return p
}

// optional reads a string that may be missing or null.
func (r *reader) optional(object map[string]json.RawMessage, name, parent string) string {
	raw, ok := object[name]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return ""
	}
	s, _ := r.str(raw, parent+name)
	return s
}

func (r *reader) attachments() []Attachment {
	raw, ok := r.object["attachments"]
	if !ok {
		r.bad.add("/attachments", "is required; it may be an empty array")
		return nil
	}
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		r.bad.add("/attachments", "must be an array")
		return nil
	}
	if len(list) > MaxAttachments {
		r.bad.add("/attachments", "must have at most "+strconv.Itoa(MaxAttachments)+" items")
		return nil
	}
	attachments := make([]Attachment, len(list))
	for i, item := range list {
		attachments[i] = r.attachment(item, "/attachments/"+strconv.Itoa(i))
	}
	return attachments
}

func (r *reader) attachment(raw json.RawMessage, pointer string) (a Attachment) {
	var object map[string]json.RawMessage
	if raw[0] != '{' || json.Unmarshal(raw, &object) != nil {
		r.bad.add(pointer, `must be an object with "content" or "url"`)
		return a
	}
	a.Filename = r.optional(object, "filename", pointer+"/")
	a.ContentType = r.optional(object, "content_type", pointer+"/")
	if strings.ContainsAny(a.ContentType, "\r\n\x00") {
		r.bad.add(pointer+"/content_type", "must be a media type")
	}
	content, inline := object["content"]
	if link, byURL := object["url"]; inline == byURL {
		r.bad.add(pointer, `must have either "content" or "url"`)
	} else if inline {
		r.content(&a, content, pointer+"/content")
	} else {
		r.link(&a, link, object, pointer)
	}
	return a
}

func (r *reader) content(a *Attachment, raw json.RawMessage, pointer string) {
	s, ok := r.str(raw, pointer)
	if !ok {
		return
	}
	var err error
	if a.Content, err = base64.StdEncoding.DecodeString(s); err != nil {
		r.bad.add(pointer, "must be standard base64, padded")
	}
}

func (r *reader) link(a *Attachment, raw json.RawMessage, object map[string]json.RawMessage, pointer string) {
	var ok bool
	if a.URL, ok = r.str(raw, pointer+"/url"); ok && r.checkURL != nil {
		if err := r.checkURL(a.URL); err != nil {
			r.bad.add(pointer+"/url", err.Error())
		}
	}
	a.WantSHA256 = strings.ToLower(r.optional(object, "sha256", pointer+"/"))
	if sum, err := hex.DecodeString(a.WantSHA256); err != nil || (len(sum) != 32 && a.WantSHA256 != "") {
		r.bad.add(pointer+"/sha256", "must be 64 hex characters")
	}
}

// encode writes a JSON value as it is: no HTML escapes, no newline.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // of maps, strings and raw JSON that was checked
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
