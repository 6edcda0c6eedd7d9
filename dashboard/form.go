package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"posthorn/client"
	"posthorn/hook"
)

// form is what a form holds and what is wrong with it, by the fields' names.
type form struct {
	Values url.Values
	Errors map[string]string
	Error  string // of no field
}

func newForm(values url.Values) *form { return &form{Values: values, Errors: map[string]string{}} }

// refuse takes what is wrong from an error. It reports false for what a form
// cannot mend.
func (f *form) refuse(err error) bool {
	if refused, ok := errors.AsType[*client.Error](err); ok {
		if refused.StatusCode != http.StatusUnprocessableEntity && refused.StatusCode != http.StatusConflict &&
			refused.StatusCode != http.StatusBadRequest {
			return false
		}
		f.Error = refused.Detail
		for _, bad := range refused.Fields {
			f.add(bad.Pointer, bad.Message)
		}
		return true
	}
	known, ok := errors.AsType[*hook.Error](err)
	if !ok || known.Code != hook.CodeInvalid && known.Code != hook.CodeConflict {
		return false
	}
	f.Error = known.Message
	for _, bad := range known.Fields {
		f.add(bad.Pointer, bad.Message)
	}
	return true
}

// add puts an error beside the field that a pointer begins with.
func (f *form) add(pointer, message string) {
	if setting, ok := strings.CutPrefix(pointer, "/provider_config/"); ok {
		pointer = configField + setting
	}
	name, rest, nested := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if nested {
		message = rest + ": " + message
	}
	if before := f.Errors[name]; before != "" {
		message = before + "; " + message
	}
	f.Errors[name] = message
}

// field is one input with what belongs to it.
type field struct {
	Name, Label, Hint, Type, Value, Error string
	Required                              bool
	Attributes                            map[string]string
	Options                               []option
}

type option struct {
	Value, Label string
	Selected     bool
}

// newField describes an input of a form: name, label, hint, then words: a type
// (text, url, email, password, number, textarea, datetime-local), "required",
// or name=value for an attribute.
func newField(f *form, name, label, hint string, words ...string) field {
	out := field{
		Name: name, Label: label, Hint: hint, Type: "text", Value: f.Values.Get(name), Error: f.Errors[name], Attributes: map[string]string{},
	}
	for _, word := range words {
		attribute, value, ok := strings.Cut(word, "=")
		switch {
		case ok:
			out.Attributes[attribute] = value
		case word == "required":
			out.Required = true
		case word == "": // what a template left out
		default:
			out.Type = word
		}
	}
	if out.Type == "password" {
		out.Value = ""
	}
	return out
}

// newSelect describes a choice: options are "value=label".
func newSelect(f *form, name, label, hint string, options ...string) field {
	out := field{Name: name, Label: label, Hint: hint, Type: "select", Error: f.Errors[name]}
	chosen := f.Values[name]
	for _, o := range options {
		value, text, ok := strings.Cut(o, "=")
		if !ok {
			text = value
		}
		out.Options = append(out.Options, option{Value: value, Label: text, Selected: slices.Contains(chosen, value)})
	}
	return out
}

// lines are the lines of a text that hold something.
func lines(text string) []string {
	list := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// named puts the events themselves where an error counts them.
func named(err error, events []string) error {
	refused, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	for i, bad := range refused.Fields {
		index, found := strings.CutPrefix(bad.Pointer, "/events/")
		if n, err := strconv.Atoi(index); found && err == nil && n < len(events) {
			refused.Fields[i].Pointer = "/events/" + events[n]
		}
	}
	return refused
}

// refusal is the API's error; one without a status where it is another.
func refusal(err error) *client.Error {
	if refused, ok := errors.AsType[*client.Error](err); ok {
		return refused
	}
	return &client.Error{}
}

// number reads a whole number in a path; another text names nothing.
func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, hook.NotFound("page")
	}
	return n, nil
}
