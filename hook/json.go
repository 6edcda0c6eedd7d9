package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// CheckJSON holds a body to RFC 8259: UTF-8, well-formed, nested at most
// MaxDepth deep. Its error is of CodeMalformed.
func CheckJSON(raw []byte) error {
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
	if json.Valid(raw) {
		return nil
	}
	if err := json.Unmarshal(raw, new(json.RawMessage)); err != nil { // it says where
		where := ""
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
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

// halfPair reports whether a JSON string, as written, escapes half of a
// surrogate pair (RFC 8259, section 8.2). The decoder makes U+FFFD of it.
func halfPair(raw []byte) bool {
	unit := func(i int) rune {
		if i+6 > len(raw) || raw[i] != '\\' || raw[i+1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16) // hex, as checked
		return rune(n)
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if u := unit(i); utf16.IsSurrogate(u) {
			if utf16.DecodeRune(u, unit(i+6)) == utf8.RuneError {
				return true
			}
			i += 6
		}
		i++ // what is escaped
	}
	return false
}

// EncodeJSON writes a JSON value as it is: no HTML escapes, no newline. The
// value must be one that can be encoded: maps, strings, checked raw JSON.
func EncodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // of maps, strings and raw JSON that was checked
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
