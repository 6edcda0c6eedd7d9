package api

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/hook"
)

// duration is written as integer seconds or as a Go string such as "90s". What
// no time.Duration can hold becomes the longest one; whoever takes a duration
// says which ones are too long.
type duration struct{ time.Duration }

const durationForm = `must be integer seconds, or a string such as "90s" or "24h"`

const longest = time.Duration(math.MaxInt64)

func (d *duration) UnmarshalJSON(raw []byte) error {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return err
	}
	switch v := value.(type) {
	case float64:
		d.Duration = longest
		if v < longest.Seconds() {
			d.Duration = time.Duration(v) * time.Second
		}
	case string: // of the schema's pattern: if it cannot be read it is too long
		d.Duration = longest
		if parsed, err := time.ParseDuration(v); err == nil {
			d.Duration = parsed
		}
	}
	return nil
}

// MarshalJSON writes whole seconds as a number and others as a string.
func (d duration) MarshalJSON() ([]byte, error) {
	if d.Truncate(time.Second) != d.Duration {
		return json.Marshal(d.String())
	}
	return json.Marshal(int64(d.Seconds()))
}

// Schema describes both forms.
func (duration) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: `Seconds, or a string such as "90s" or "24h"`,
		OneOf: []*huma.Schema{
			{Type: huma.TypeInteger, Minimum: new(float64)},
			{Type: huma.TypeString, Pattern: `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`},
		},
	}
}

// nullable is a field that may be left out, be null, or have a value. In an
// answer it is null unless it was set.
type nullable[T any] struct {
	Set   bool // it was sent
	Null  bool
	Value T
}

func (n *nullable[T]) UnmarshalJSON(raw []byte) error {
	n.Set = true
	if bytes.Equal(raw, []byte("null")) {
		n.Null = true
		return nil
	}
	return json.Unmarshal(raw, &n.Value)
}

// orNull is a field of an answer.
func orNull[T any](value *T) (n nullable[T]) {
	if n.Set = value != nil; n.Set {
		n.Value = *value
	}
	return n
}

func (n nullable[T]) MarshalJSON() ([]byte, error) {
	if !n.Set || n.Null {
		return []byte("null"), nil
	}
	return json.Marshal(n.Value)
}

// Schema is that of the value, or null.
func (n nullable[T]) Schema(r huma.Registry) *huma.Schema {
	schema := *r.Schema(reflect.TypeFor[T](), false, "")
	schema.Nullable = true
	return &schema
}

// set gives a target the value, if the field was sent; null is the zero value.
func (n nullable[T]) set(target *T) {
	if n.Set {
		*target = n.Value
	}
}

// setPointer gives a target the value, if the field was sent; null is nil.
func (n nullable[T]) setPointer(target **T) {
	if !n.Set {
		return
	}
	*target = nil
	if !n.Null {
		*target = &n.Value
	}
}

// set gives a target the value of a field that was sent.
func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}

// timestamp writes a time as the contract wants it; the zero time is null.
type timestamp struct{ time.Time }

func (t timestamp) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + hook.FormatTime(t.Time) + `"`), nil
}

// Schema describes a time that may be null.
func (timestamp) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

// queryTime reads an optional time from the query.
func queryTime(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := hook.ParseTime(value)
	if err != nil {
		return t, hook.Invalid("the request is not valid", hook.FieldError{Pointer: "query." + name, Message: err.Error()})
	}
	return t, nil
}
