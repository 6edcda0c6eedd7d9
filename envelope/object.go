package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// object writes one JSON object, its fields in the order of the calls. It
// writes strings as JavaScript's JSON.stringify does, so that a receiver that
// signs what it parsed and wrote again finds the same bytes.
type object struct {
	buf bytes.Buffer
	err error
}

// overhead is about what an envelope adds to its data, in bytes.
const overhead = 256

func newObject(size int) *object {
	var o object
	o.buf.Grow(size + overhead)
	return &o
}

// raw writes a field whose value is JSON already, without its white space.
func (o *object) raw(name string, value json.RawMessage) {
	o.name(name)
	if o.err == nil {
		o.err = json.Compact(&o.buf, value)
	}
}

// ecma writes a field whose value is JSON already, as JavaScript would.
func (o *object) ecma(name string, value json.RawMessage) {
	if o.err == nil && !json.Valid(value) {
		o.err = errors.New("is not JSON")
	}
	if o.err == nil {
		o.name(name)
		o.buf.Write(appendECMA(o.buf.AvailableBuffer(), value))
	}
}

func (o *object) number(name string, value int64) {
	o.name(name)
	o.buf.Write(strconv.AppendInt(o.buf.AvailableBuffer(), value, 10))
}

func (o *object) text(name, value string) {
	o.name(name)
	o.buf.Write(appendString(o.buf.AvailableBuffer(), value))
}

func (o *object) name(name string) {
	if o.buf.Len() == 0 {
		o.buf.WriteByte('{')
	} else {
		o.buf.WriteByte(',')
	}
	o.buf.Write(appendString(o.buf.AvailableBuffer(), name))
	o.buf.WriteByte(':')
}

func (o *object) end() ([]byte, error) {
	o.buf.WriteByte('}')
	return o.buf.Bytes(), o.err
}

// appendString quotes s as ECMA-262 (QuoteJSONString) does. What is not UTF-8
// becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		b = appendChar(b, r)
	}
	return append(b, '"')
}

// appendChar writes a character of a string: escapes for the quote, the
// backslash and control characters, and for nothing else.
func appendChar(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r >= ' ':
		return utf8.AppendRune(b, r)
	case r >= '\b' && r <= '\r' && r != '\v':
		return append(b, '\\', "btn_fr"[r-'\b'])
	}
	return append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
}
