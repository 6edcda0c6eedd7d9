package hook

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MaxMappedFields is how many additional fields a mapping may make.
const MaxMappedFields = 50

// Mapping makes messages of another platform's JSON: CEL expressions, one for
// each part of a message. Those that are left out give nothing, but for
// OccurredAt, which gives the time of receipt.
type Mapping struct {
	ExternalID  string            `json:"external_id"`
	OccurredAt  string            `json:"occurred_at,omitempty"`
	From        string            `json:"from"`
	To          string            `json:"to"`
	Body        string            `json:"body"`
	Attachments string            `json:"attachments,omitempty"`
	Direction   string            `json:"direction,omitempty"`
	Fields      map[string]string `json:"fields,omitempty"` // additional fields, by their names
	// Challenge gives the text that a request is answered with instead of being
	// a message, where it is a platform's question whether the endpoint is its
	// user's.
	Challenge string `json:"challenge,omitempty"`
}

// Part is an expression of a mapping, and where it stands in it.
type Part struct {
	Name       string // of the message's field
	Pointer    string // in the mapping
	Expression string
	Required   bool
}

// Parts lists what makes up a message: all but the challenge.
func (m *Mapping) Parts() []Part {
	parts := []Part{
		{"external_id", "/external_id", m.ExternalID, true}, {"occurred_at", "/occurred_at", m.OccurredAt, false},
		{"from", "/from", m.From, true}, {"to", "/to", m.To, true}, {"body", "/body", m.Body, true},
		{"attachments", "/attachments", m.Attachments, false}, {"direction", "/direction", m.Direction, false},
	}
	for _, name := range slices.Sorted(maps.Keys(m.Fields)) {
		parts = append(parts, Part{name, "/fields/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name), m.Fields[name], true})
	}
	return parts
}

// Validate names every part that is missing or in the wrong place, below a
// pointer. The expressions themselves are checked where they are run.
func (m *Mapping) Validate(pointer string) error {
	var bad fields
	for _, p := range m.Parts() {
		if p.Required && p.Expression == "" {
			bad.add(pointer+p.Pointer, "is required: a CEL expression")
		}
	}
	if len(m.Fields) > MaxMappedFields {
		bad.add(pointer+"/fields", "must have at most "+strconv.Itoa(MaxMappedFields)+" fields")
	}
	for name := range m.Fields {
		switch name {
		case "external_id", "occurred_at", "from", "to", "body", "attachments", "direction":
			bad.add(pointer+"/fields/"+name, "must have another name: the mapping has an expression of its own for it")
		case "":
			bad.add(pointer+"/fields/", "must have a name")
		}
		if len(name) > MaxExternalID {
			bad.add(pointer+"/fields", "must have names of at most "+strconv.Itoa(MaxExternalID)+" bytes")
		}
	}
	return bad.err("the mapping is not valid")
}
