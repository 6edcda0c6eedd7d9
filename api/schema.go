package api

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"posthorn/hook"
)

// maxSchemaErrors is how many faults of one document are named.
const maxSchemaErrors = 50

// noLoader refuses every other document: a schema is complete in itself.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("must not refer to another document")
}

// compileSchema reads a JSON Schema. Its error says what is wrong with it.
func compileSchema(raw []byte) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, errors.New("is not JSON")
	}
	switch document.(type) {
	case map[string]any, bool:
	default:
		return nil, errors.New("must be an object, true or false")
	}
	size := schemaSize{root: document}
	if err := size.walk(document, true); err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	const name = "schema:///event"
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile(name)
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if wrong, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			if list := schemaErrors(wrong); len(list) > 0 {
				return nil, errors.New("is no JSON Schema: at " + strconv.Quote(strings.TrimPrefix(list[0].Pointer, "/data")) + ": " + list[0].Message)
			}
		}
	}
	return schema, err
}

// schemaErrors names the places in the data that do not fit.
func schemaErrors(wrong *jsonschema.ValidationError) []hook.FieldError {
	var list []hook.FieldError
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(list) >= maxSchemaErrors {
			return
		}
		if len(e.Causes) == 0 {
			list = append(list, hook.FieldError{
				Pointer: "/data" + jsonPointer(e.InstanceLocation), Message: schemaMessage(e.ErrorKind),
			})
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(wrong)
	return list
}

// schemaMessage says what would be right, without the value that was sent.
func schemaMessage(fault jsonschema.ErrorKind) string {
	switch f := fault.(type) {
	case *kind.Pattern:
		return "must match the pattern " + strconv.Quote(f.Want)
	case *kind.Format:
		return "must be a valid " + f.Want
	}
	return fault.LocalizedString(message.NewPrinter(language.English))
}

func jsonPointer(path []string) string {
	var b strings.Builder
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, name := range path {
		b.WriteString("/" + escape.Replace(name))
	}
	return b.String()
}
