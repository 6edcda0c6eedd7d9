package expr

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// encode writes a value as JSON: bytes as base64, a timestamp as RFC 3339 with
// milliseconds, a duration as seconds ("1.5s"). The keys of maps are sorted, so
// that the same value is always the same text.
func encode(value ref.Val) (json.RawMessage, error) {
	return appendValue(nil, value, 0)
}

func appendValue(b []byte, value ref.Val, depth int) ([]byte, error) {
	switch {
	case depth > MaxDepth:
		return nil, &Error{Message: "the value is nested more than " + strconv.Itoa(MaxDepth) + " deep"}
	case len(b) > MaxOutput:
		return nil, &Error{Message: "the value is larger than " + strconv.Itoa(MaxOutput) + " bytes"}
	}
	switch v := value.(type) {
	case types.Null:
		return append(b, "null"...), nil
	case types.Bool:
		return strconv.AppendBool(b, bool(v)), nil
	case types.Int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case types.Uint:
		return strconv.AppendUint(b, uint64(v), 10), nil
	case types.Double:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, &Error{Message: "the value has a number that JSON cannot write"}
		}
		written, err := json.Marshal(float64(v))
		return append(b, written...), err
	case types.String:
		return appendString(b, string(v)), nil
	case types.Bytes:
		return appendString(b, base64.StdEncoding.EncodeToString(v)), nil
	case types.Timestamp:
		return appendString(b, v.UTC().Format("2006-01-02T15:04:05.000Z07:00")), nil
	case types.Duration:
		return appendString(b, strconv.FormatFloat(v.Duration.Seconds(), 'f', -1, 64)+"s"), nil
	case traits.Lister:
		return appendList(b, v, depth)
	case traits.Mapper:
		return appendMap(b, v, depth)
	}
	return nil, &Error{Message: "the value has a " + value.Type().TypeName() + ", which is no JSON"}
}

func appendList(b []byte, list traits.Lister, depth int) (_ []byte, err error) {
	b = append(b, '[')
	for i, it := 0, list.Iterator(); it.HasNext() == types.True; i++ {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendValue(b, it.Next(), depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendMap(b []byte, m traits.Mapper, depth int) (_ []byte, err error) {
	var keys []string
	for it := m.Iterator(); it.HasNext() == types.True; {
		key, ok := it.Next().(types.String)
		if !ok {
			return nil, &Error{Message: "the value has a map with a key that is no string"}
		}
		keys = append(keys, string(key))
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		if b, err = appendValue(b, m.Get(types.String(key)), depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendString(b []byte, s string) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always can
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}
