package expr

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
)

// maxMappingCost is what all expressions of one mapping may cost together.
const maxMappingCost = 2 * maxCost

// CheckMapping compiles an expression of an endpoint's mapping.
func CheckMapping(text string) error { return check(mapping, text) }

// Request is what the expressions of a mapping look at. It is for one mapping:
// what they cost is counted together.
type Request struct {
	variables map[string]any
	cost      uint64
	until     time.Time
}

// NewRequest makes the input of a request whose body is valid JSON. Names of
// headers are in lower case.
func NewRequest(body json.RawMessage, headers, query map[string]string, receivedAt time.Time) (*Request, error) {
	value, err := parse(body, "the body's data")
	return &Request{
		variables: map[string]any{"body": value, "headers": headers, "query": query, "received_at": receivedAt},
		until:     time.Now().Add(patience),
	}, err
}

// Value is what an expression gives, as JSON; nil where it is an optional
// value that is none. An error is an *Error.
func (r *Request) Value(text string) (json.RawMessage, error) {
	p, err := program(mapping, text)
	if err != nil {
		return nil, err
	}
	if r.cost >= maxMappingCost {
		return nil, &Error{Message: "the mapping's expressions cost more than " + strconv.Itoa(maxMappingCost) + " together"}
	}
	ctx, cancel := context.WithDeadline(context.Background(), r.until)
	defer cancel()
	value, cost, err := p.eval(ctx, r.variables)
	r.cost += cost
	if err != nil {
		return nil, err
	}
	if optional, ok := value.(*types.Optional); ok {
		if !optional.HasValue() {
			return nil, nil
		}
		value = optional.GetValue()
	}
	return encode(value)
}
