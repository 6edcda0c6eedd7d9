package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// formats is JSON alone.
func formats() map[string]huma.Format {
	f := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return map[string]huma.Format{"application/json": f, "json": f} // the second is of types that end in +json
}

// unmarshal reads RFC 8259's JSON. Its errors say where, and hold no value
// that was sent.
func unmarshal(raw []byte, target any) error {
	if !utf8.Valid(raw) {
		return errors.New("is not UTF-8")
	}
	var err error
	if tree, ok := target.(*any); ok {
		err = unmarshalTree(raw, tree)
	} else {
		err = json.Unmarshal(raw, target)
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("is not well-formed JSON at byte %d: %w", syntax.Offset, err)
	case errors.As(err, &kind):
		return fmt.Errorf("the value of %s is out of range or of another type", kind.Field)
	}
	return err
}

// unmarshalTree reads what is to be validated. A number beyond float64 is JSON
// all the same, and may stand in an event's data: here it is an infinity.
func unmarshalTree(raw []byte, tree *any) error {
	if err := json.Unmarshal(raw, new(json.RawMessage)); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(tree); err != nil {
		return err
	}
	*tree = floats(*tree)
	return nil
}

func floats(value any) any {
	switch v := value.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(v.String(), 64) // the error is that of its range
		return f
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = floats(v[name])
		}
	}
	return value
}
