// Package mapping makes messages of other platforms' JSON, by the CEL
// expressions that an endpoint has for it. The body stays what is archived: what
// is read of it follows from body, request and mapping alone, so that it can be
// read again. How an expression is run, and what it may cost, is expr's.
package mapping

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posthorn/expr"
	"posthorn/hook"
)

// MaxBody is the largest body that is mapped, in bytes: it lies in memory as
// values.
const MaxBody = expr.MaxInput

// root is where the fields of an error stand.
const root = "/mapping"

// Check holds a mapping to its rules and compiles its expressions. Its error
// names every bad one, with line and column.
func Check(m *hook.Mapping) error {
	var bad []hook.FieldError
	err := m.Validate(root)
	if wrong, ok := errors.AsType[*hook.Error](err); ok {
		bad = wrong.Fields
	}
	parts := append(m.Parts(), hook.Part{Pointer: "/challenge", Expression: m.Challenge})
	for _, p := range parts {
		if p.Expression == "" {
			continue
		}
		if err := expr.CheckMapping(p.Expression); err != nil {
			if _, ok := errors.AsType[*expr.Error](err); !ok {
				return err
			}
			bad = append(bad, hook.FieldError{Pointer: root + p.Pointer, Message: err.Error()})
		}
	}
	if len(bad) > 0 {
		return hook.Invalid("the mapping is not valid", bad...)
	}
	return nil
}

// Open reads the payload of a message that was accepted, by the mapping that
// was in force then; without one, the body is a message as it is.
func Open(m *hook.Message) (*hook.Payload, error) {
	if m.Mapping == nil {
		return m.Request.ReadPayload(m.Raw)
	}
	body, err := m.Request.Decode(m.Raw, hook.MaxBody)
	if err != nil {
		return nil, err
	}
	return Read(m.Mapping, &m.Request, body, hook.IDTime(m.ID), nil)
}

// Read makes a payload of a decoded body. A body that is no JSON gives an Error
// of hook.CodeMalformed; expressions that fail, or that give what is no part of
// a message, CodeInvalid with the place of each.
func Read(m *hook.Mapping, r *hook.Request, body []byte, receivedAt time.Time, checkURL func(string) error) (*hook.Payload, error) {
	in, err := request(r, body, receivedAt)
	if err != nil {
		return nil, err
	}
	object := map[string]json.RawMessage{
		"occurred_at": hook.EncodeJSON(hook.FormatTime(receivedAt)), "attachments": json.RawMessage("[]"),
	}
	var bad []hook.FieldError
	for _, p := range m.Parts() {
		if p.Expression == "" {
			continue
		}
		value, err := in.Value(p.Expression)
		switch {
		case err != nil:
			bad = append(bad, hook.FieldError{Pointer: root + p.Pointer, Message: err.Error()})
		case value != nil:
			object[p.Name] = value
		}
	}
	if len(bad) > 0 {
		return nil, hook.Invalid("the mapping failed on this payload", bad...)
	}
	payload, err := hook.ParsePayload(hook.EncodeJSON(object), checkURL)
	if err != nil {
		return nil, located(err)
	}
	// The decoder writes U+FFFD for what is no character, so that two different
	// ids could become one and a message be lost.
	if strings.ContainsRune(payload.ExternalID, utf8.RuneError) {
		return nil, hook.Invalid("the mapping failed on this payload", hook.FieldError{Pointer: root + "/external_id", Message: "gives a text with U+FFFD"})
	}
	return payload, nil
}

// Challenge is what a request is answered with instead of being a message: ""
// where it is none.
func Challenge(m *hook.Mapping, r *hook.Request, body []byte, receivedAt time.Time) (string, error) {
	if m.Challenge == "" {
		return "", nil
	}
	in, err := request(r, body, receivedAt)
	if err != nil {
		return "", err
	}
	value, err := in.Value(m.Challenge)
	if err != nil {
		return "", hook.Invalid("the mapping failed on this payload", hook.FieldError{Pointer: root + "/challenge", Message: err.Error()})
	}
	var text string
	if value != nil && json.Unmarshal(value, &text) != nil {
		return "", hook.Invalid("the mapping failed on this payload", hook.FieldError{Pointer: root + "/challenge", Message: "gives no string"})
	}
	return text, nil
}

func request(r *hook.Request, body []byte, receivedAt time.Time) (*expr.Request, error) {
	if err := hook.CheckJSON(body); err != nil {
		return nil, err
	}
	if len(body) > MaxBody {
		return nil, &hook.Error{Code: hook.CodeTooLarge, Message: "the body is larger than " + strconv.Itoa(MaxBody) + " bytes, which is the most that a mapping works on"}
	}
	headers, query := map[string]string{}, map[string]string{}
	for _, field := range r.Header {
		name, value := strings.ToLower(field[0]), field[1]
		if first, ok := headers[name]; ok {
			value = first + ", " + value // RFC 9110, section 5.3
		}
		headers[name] = value
	}
	_, text, _ := strings.Cut(r.Target, "?")
	values, _ := url.ParseQuery(text) // what can be read of it
	for name := range values {
		query[name] = values.Get(name)
	}
	return expr.NewRequest(body, headers, query, hook.Time(receivedAt))
}

// located says of the faults of a payload that they are those of the mapping's
// values.
func located(err error) error {
	wrong, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return err
	}
	bad := make([]hook.FieldError, len(wrong.Fields))
	for i, f := range wrong.Fields {
		bad[i] = hook.FieldError{Pointer: root + f.Pointer, Message: f.Message}
	}
	return &hook.Error{Code: hook.CodeInvalid, Message: "the mapping gives no message for this payload", Fields: bad, Err: err}
}
