package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"posthorn/client"
)

// mappingPart is one expression of a mapping, as its form shows it.
type mappingPart struct{ Name, Hint, Required, Rows string }

// mappingParts are those that every mapping may have, in the order of the form.
var mappingParts = []mappingPart{
	{"external_id", "A string; what comes again under it is a duplicate. For instance string(body.id)", "required", "rows=2"},
	{"from", "A string, or {'identifier': …, 'display_name': …}", "required", "rows=2"},
	{"to", "One of these, or a list", "required", "rows=2"},
	{"body", "A string", "required", "rows=2"},
	{"occurred_at", "A timestamp; left out: when it was received", "", "rows=1"},
	{"attachments", "A list of {'url': …} or {'content': …}", "", "rows=1"},
	{"direction", "'outbound' makes the event message.sent", "", "rows=1"},
	{"challenge", "A text to answer with, where the request is a platform's question", "", "rows=1"},
}

// mapped is one additional field in the form.
type mapped struct{ Number, Name, Expression, Error string }

// spareFields are the empty rows of the form for further fields.
const spareFields = 2

// mappingOf reads a form's expressions. Rows of fields without name and
// expression are left out.
func mappingOf(f *form) client.Mapping {
	get := func(name string) string { return strings.TrimSpace(f.Values.Get(name)) }
	m := client.Mapping{
		ExternalID: get("external_id"), OccurredAt: get("occurred_at"), From: get("from"), To: get("to"), Body: get("body"),
		Attachments: get("attachments"), Direction: get("direction"), Challenge: get("challenge"),
	}
	names, values := f.Values["field_name"], f.Values["field_value"]
	for i, name := range names[:min(len(names), len(values))] {
		name, value := strings.TrimSpace(name), strings.TrimSpace(values[i])
		if name == "" && value == "" {
			continue
		}
		if m.Fields == nil {
			m.Fields = map[string]string{}
		}
		if _, twice := m.Fields[name]; twice {
			f.add("/fields", name+" is there twice")
		}
		m.Fields[name] = value
	}
	return m
}

func fillMapping(m *client.Mapping) url.Values {
	if m == nil {
		return url.Values{}
	}
	v := url.Values{
		"external_id": {m.ExternalID}, "occurred_at": {m.OccurredAt}, "from": {m.From}, "to": {m.To}, "body": {m.Body},
		"attachments": {m.Attachments}, "direction": {m.Direction}, "challenge": {m.Challenge},
	}
	for _, name := range slices.Sorted(maps.Keys(m.Fields)) {
		v.Add("field_name", name)
		v.Add("field_value", m.Fields[name])
	}
	return v
}

// rows are the form's additional fields, with room for more.
func rows(f *form) (list []mapped) {
	names, values := f.Values["field_name"], f.Values["field_value"]
	for i := range min(len(names), len(values)) {
		if names[i] != "" || values[i] != "" {
			list = append(list, mapped{Name: names[i], Expression: values[i], Error: f.Errors["fields/"+strings.TrimSpace(names[i])]})
		}
	}
	list = append(list, make([]mapped, spareFields)...)
	for i := range list {
		list[i].Number = strconv.Itoa(i + 1)
	}
	return list
}

// locate puts each error of a mapping beside its part. It reports false where
// the mapping has none.
func (f *form) locate(bad []client.FieldError) bool {
	for _, e := range bad {
		place := strings.TrimPrefix(e.Pointer, "/mapping/")
		switch name, ok := strings.CutPrefix(place, "fields/"); {
		case ok:
			f.Errors["fields/"+strings.NewReplacer("~1", "/", "~0", "~").Replace(name)] = e.Message
		case place == e.Pointer && !strings.HasPrefix(place, "/sample"):
			f.Error = strings.TrimSpace(e.Pointer + " " + e.Message)
		default:
			f.add("/"+strings.TrimPrefix(place, "/"), e.Message)
		}
	}
	return len(bad) > 0
}

// sampleOf is what a mapping is to be tried on.
func sampleOf(f *form) client.MappingSample {
	if id := f.Values.Get("refused"); id != "" {
		return client.MappingSample{RefusedID: id}
	}
	s := client.MappingSample{Payload: json.RawMessage(strings.TrimSpace(f.Values.Get("sample")))}
	var v any
	if err := json.Unmarshal(s.Payload, &v); err != nil {
		f.add("/sample", "must be JSON; "+jsonProblem(s.Payload, err))
	}
	for _, line := range lines(f.Values.Get("headers")) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			f.add("/headers", line+": must be a name, a colon and a value")
			continue
		}
		if s.Headers == nil {
			s.Headers = map[string]string{}
		}
		s.Headers[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return s
}

// jsonProblem says where a text stops being JSON.
func jsonProblem(text []byte, err error) string {
	wrong, ok := errors.AsType[*json.SyntaxError](err)
	if !ok || len(text) == 0 {
		return "paste a payload, or choose one that was refused"
	}
	before := string(text[:max(0, min(int(wrong.Offset)-1, len(text)))])
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
	return fmt.Sprintf("line %d, column %d: %s", line, column, wrong.Error())
}

// place points at what an error means in an expression; "" where it does not
// say.
func place(expression, problem string) string {
	var line, column int
	if _, err := fmt.Sscanf(problem, "line %d, column %d:", &line, &column); err != nil {
		return ""
	}
	all := strings.Split(strings.ReplaceAll(expression, "\r\n", "\n"), "\n")
	if line < 1 || line > len(all) || column < 1 || column > len([]rune(all[line-1]))+1 {
		return ""
	}
	return all[line-1] + "\n" + strings.Repeat(" ", column-1) + "^"
}
