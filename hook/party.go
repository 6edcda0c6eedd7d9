package hook

import (
	"encoding/json"
	"strconv"
)

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
		p.Identifier = r.name(raw, pointer)
	case '{':
		var object map[string]json.RawMessage
		_ = json.Unmarshal(raw, &object) // well-formed, as checked
		if id, ok := object["identifier"]; ok {
			p.Identifier = r.name(id, pointer+"/identifier")
		} else {
			r.bad.add(pointer+"/identifier", "is required")
		}
		p.DisplayName = r.optional(object, "display_name", pointer+"/")
	default:
		r.bad.add(pointer, `must be {"identifier","display_name"?} or a string`)
	}
	return p
}

// name reads a string that is not empty.
func (r *reader) name(raw json.RawMessage, pointer string) string {
	s, ok := r.str(raw, pointer)
	if ok && s == "" {
		r.bad.add(pointer, "must not be empty")
	}
	return s
}

// given finds a field; null is the same as leaving it out.
func given(object map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	raw, ok := object[name]
	return raw, ok && string(raw) != "null"
}

// optional reads a string that may be missing or null.
func (r *reader) optional(object map[string]json.RawMessage, name, parent string) string {
	raw, ok := given(object, name)
	if !ok {
		return ""
	}
	s, _ := r.str(raw, parent+name)
	return s
}
