package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"posthorn/api"
)

// Whatever a schema and the data are, there is a verdict: no panic, no other
// document, and every fault has its place below /data.
func FuzzSchema(f *testing.F) {
	for _, schema := range []string{
		`true`, `{"type":["object","null"],"required":["a"]}`, `{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"minimum":1}}}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","id":"x"}`, `{"items":[{"pattern":"^(a+)+$"}]}`, `{"$id":"urn:x","$anchor":"a"}`,
		`{"if":{"const":1},"then":false,"unevaluatedProperties":false}`, `{"$ref":"#/%zz"}`, `{"format":"regex","contentEncoding":"base64"}`,
	} {
		f.Add(schema, `{"a":["aaaa",1e300,null]}`)
	}
	f.Fuzz(func(t *testing.T, schema, data string) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(data)))
		if err != nil || !json.Valid([]byte(schema)) {
			return
		}
		compiled, err := api.CompileSchema([]byte(schema))
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		wrong := new(jsonschema.ValidationError)
		if err := compiled.Validate(value); err != nil {
			require.ErrorAs(t, err, &wrong)
			for _, fault := range api.SchemaErrors(wrong) {
				require.Regexp(t, "^/data", fault.Pointer)
				require.NotEmpty(t, fault.Message)
			}
		}
	})
}
