package envelope

import (
	"encoding/json"
	"strings"
)

// source is an event's data, read by name: whatever it was made from, a format
// takes from it what its receivers expect.
type source struct{ fields map[string]json.RawMessage }

func sourceOf(data json.RawMessage) source {
	// A map: the fields of a struct would match in any case of letters.
	var s source
	if json.Unmarshal(data, &s.fields) != nil {
		s.fields = nil // not an object: it has nothing
	}
	return s
}

// at finds a value by its path, names joined by dots; nil where there is none,
// or null.
func (s source) at(path string) json.RawMessage {
	first, rest, nested := strings.Cut(path, ".")
	value := s.fields[first]
	if nested {
		return sourceOf(value).at(rest)
	}
	if len(value) == 0 || string(value) == "null" {
		return nil
	}
	return value
}

// text finds the first path that has text, or a number.
func (s source) text(paths ...string) (string, bool) {
	for _, path := range paths {
		value := s.at(path)
		var text string
		var number json.Number
		switch {
		case value == nil:
		case json.Unmarshal(value, &text) == nil:
			return text, true
		case json.Unmarshal(value, &number) == nil:
			return number.String(), true
		}
	}
	return "", false
}

// list finds the first path that has an array.
func (s source) list(paths ...string) json.RawMessage {
	for _, path := range paths {
		if value := s.at(path); len(value) > 0 && value[0] == '[' {
			return value
		}
	}
	return json.RawMessage("[]")
}

// flag finds a truth value.
func (s source) flag(path string, otherwise bool) bool {
	var value *bool
	if json.Unmarshal(s.at(path), &value) != nil || value == nil {
		return otherwise
	}
	return *value
}

// parties lists the identifiers that stand at a path: a party, an address, or
// an array of them.
func (s source) parties(path string) []string {
	value := s.at(path)
	if value == nil {
		return nil
	}
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		items = []json.RawMessage{value}
	}
	var names []string
	for _, item := range items {
		one := source{map[string]json.RawMessage{"party": item}}
		if name, ok := one.text("party.identifier", "party.email", "party.address", "party"); ok {
			names = append(names, name)
		}
	}
	return names
}

// orNull writes text, or null where there is none.
func (o *object) orNull(name, value string, ok bool) {
	if ok {
		o.text(name, value)
	} else {
		o.raw(name, json.RawMessage("null"))
	}
}
