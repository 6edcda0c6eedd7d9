package provider

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is JSON from outside: names are exact, and what has another type than
// expected is as good as absent.
type object map[string]any

func newDecoder(body []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // numbers keep the digits they came with
	return d
}

// parseObject reads a JSON object and nothing after it.
func parseObject(body []byte) (object, bool) {
	var o object
	d := newDecoder(body)
	if d.Decode(&o) != nil || o == nil || d.More() {
		return nil, false
	}
	return o, true
}

// text is a string, or a number as it is written; "" for all else.
func (o object) text(name string) string {
	switch v := o[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (o object) object(name string) object {
	m, _ := o[name].(map[string]any)
	return m
}

func (o object) list(name string) []any {
	l, _ := o[name].([]any)
	return l
}

// objects are the elements of a list that are objects.
func (o object) objects(name string) []object {
	var found []object
	for _, e := range o.list(name) {
		if m, ok := e.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}

func (o object) has(name string) bool {
	_, ok := o[name]
	return ok
}

// first is the first of the names that holds a text.
func (o object) first(names ...string) string {
	for _, name := range names {
		if s := o.text(name); s != "" {
			return s
		}
	}
	return ""
}

// optional is nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// deref is "" for nil.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// trimBrackets takes the angle brackets off a message id.
func trimBrackets(id string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(id), "<"), ">")
}
