package expr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// patience is how long an expression may take, where the limit of its cost does
// not end it before: on a machine that has much to do.
const patience = 2 * time.Second

// Input is the event that expressions look at. Its data are read once.
type Input struct {
	variables map[string]any
	data      json.RawMessage
	err       error
}

// NewInput makes the input of an event, whose data are valid JSON.
func NewInput(id, eventType string, data json.RawMessage, occurredAt time.Time) *Input {
	return &Input{
		data:      data,
		variables: map[string]any{"id": id, "type": eventType, "occurred_at": occurredAt},
	}
}

// read parses the data. Whole numbers become CEL's int, others its double.
func (in *Input) read() error {
	if in.err == nil && in.variables["data"] == nil {
		in.variables["data"], in.err = parse(in.data, "the event's data")
	}
	return in.err
}

// parse makes values of JSON.
func parse(text json.RawMessage, what string) (any, error) {
	if len(text) > MaxInput {
		return nil, &Error{Message: what + " are larger than " + strconv.Itoa(MaxInput) + " bytes, which is the most that expressions work on"}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &Error{Message: what + " are not JSON"}
	}
	if value = numbers(value); value == nil {
		value = types.NullValue
	}
	return value, nil
}

func numbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64() // the error is that of its range
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = numbers(v[name])
		}
	}
	return value
}

// Match reports whether a filter holds for an event. An error is an *Error.
func Match(text string, in *Input) (bool, error) {
	value, err := eval(filter, text, in)
	if err != nil {
		return false, err
	}
	if b, ok := value.(types.Bool); ok {
		return bool(b), nil
	}
	return false, &Error{Message: "the value is a " + value.Type().TypeName() + ", not a bool"}
}

// Order is what an event is ordered by; "" where the value is null. An error is
// an *Error.
func Order(text string, in *Input) (string, error) {
	value, err := eval(order, text, in)
	if err != nil {
		return "", err
	}
	switch v := value.(type) {
	case types.String:
		return string(v), nil
	case types.Null:
		return "", nil
	}
	return "", &Error{Message: "the value is a " + value.Type().TypeName() + ", not a string"}
}

// Transform makes what is sent as an event's data: JSON, the keys of its
// objects sorted. An error is an *Error.
func Transform(text string, in *Input) (json.RawMessage, error) {
	value, err := eval(transform, text, in)
	if err != nil {
		return nil, err
	}
	return encode(value)
}

func eval(k kind, text string, in *Input) (ref.Val, error) {
	p, err := program(k, text)
	if err != nil {
		return nil, err
	}
	if err := in.read(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	value, _, err := p.eval(ctx, in.variables)
	return value, err
}

// eval runs a program, and says what it has cost. An error is an *Error.
func (p compiled) eval(ctx context.Context, variables map[string]any) (ref.Val, uint64, error) {
	value, details, err := p.ContextEval(ctx, variables)
	cost := uint64(maxCost) // where it is not known
	if details != nil && details.ActualCost() != nil {
		cost = *details.ActualCost()
	}
	switch {
	case err == nil:
		return value, cost, nil
	case ctx.Err() != nil:
		return nil, cost, &Error{Message: "the expression took longer than " + patience.String()}
	}
	failure := &Error{}
	if located := new(types.Err); errors.As(err, &located) {
		err = located
		if at := p.source.GetStartLocation(located.NodeID()); located.NodeID() != 0 && at.Line() > 0 {
			failure.Line, failure.Column = at.Line(), at.Column()+1
		}
	}
	failure.Message = shorten(err.Error())
	return nil, cost, failure
}

// maxMessage is how long the message of a failure may be, in bytes.
const maxMessage = 500

func shorten(message string) string {
	if len(message) > maxMessage {
		return message[:maxMessage] + "…"
	}
	return message
}
