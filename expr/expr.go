// Package expr runs what users write in CEL (https://cel.dev): a webhook's
// filter, its transform, what it is ordered by, and an endpoint's mapping. It
// does no I/O and bounds what an expression may cost; it says nothing of what
// follows from a value.
package expr

import (
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
)

// Limits of an expression, and of what it works on and makes.
const (
	MaxText   = 4096      // characters of an expression
	MaxInput  = 1 << 20   // bytes of the data that it works on
	MaxOutput = 1 << 20   // bytes of the JSON that a transform makes
	MaxDepth  = 128       // of that JSON
	maxCost   = 100_000   // CEL's units, about one for each simple step: some tens of milliseconds
	maxMemory = 1_000_000 // values that are there at once, as CEL counts them
)

// Error is an expression that does not compile, or that failed.
type Error struct {
	Line    int // from 1; 0 where there is no place
	Column  int // from 1, in characters
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// kind is what an expression is for.
type kind int

const (
	filter kind = iota
	transform
	order
	mapping
)

// CheckFilter compiles a filter, whose value must be true or false.
func CheckFilter(text string) error { return check(filter, text) }

// CheckTransform compiles a transform, whose value is what is sent as data.
func CheckTransform(text string) error { return check(transform, text) }

// CheckOrder compiles what a webhook is ordered by, whose value must be a
// string.
func CheckOrder(text string) error { return check(order, text) }

func check(k kind, text string) error {
	_, err := program(k, text)
	return err
}

// Every expression may use the language itself, optional values, and the
// variables of what it looks at: an event, or a request. Extensions are left
// out, for what they cost is not known as well.
var (
	ofEvents = sync.OnceValues(func() (*cel.Env, error) {
		return environment(
			cel.Variable("id", cel.StringType), cel.Variable("type", cel.StringType),
			cel.Variable("data", cel.DynType), cel.Variable("occurred_at", cel.TimestampType))
	})
	ofRequests = sync.OnceValues(func() (*cel.Env, error) {
		texts := cel.MapType(cel.StringType, cel.StringType)
		return environment(
			cel.Variable("body", cel.DynType), cel.Variable("headers", texts), cel.Variable("query", texts),
			cel.Variable("received_at", cel.TimestampType))
	})
)

func environment(variables ...cel.EnvOption) (*cel.Env, error) {
	env, err := cel.NewEnv(append(variables,
		cel.OptionalTypes(), cel.DefaultUTCTimeZone(true), cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(MaxText), cel.ParserRecursionLimit(50), cel.ExpressionNodeLimit(5000),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(3), cel.ValidateRegexLiterals(),
			cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)...)
	if err != nil {
		return nil, err
	}
	// The first name that is not known makes a checker list those that are, and
	// it is shared without a lock (cel-go 0.33): so one goroutine meets that name.
	_, _ = env.Compile("unknown")
	return env, nil
}

func compile(k kind, text string) (compiled, error) {
	if strings.TrimSpace(text) == "" {
		return compiled{}, &Error{Message: "the expression is empty"}
	}
	variables := ofEvents
	if k == mapping {
		variables = ofRequests
	}
	env, err := variables()
	if err != nil {
		return compiled{}, err
	}
	tree, issues := env.Compile(text)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return compiled{}, &Error{Line: first.Location.Line(), Column: first.Location.Column() + 1, Message: first.Message}
	}
	want := map[kind]*cel.Type{filter: cel.BoolType, order: cel.StringType}[k]
	if got := tree.OutputType(); want != nil && !got.IsExactType(want) && !got.IsExactType(cel.DynType) {
		return compiled{}, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("the value must be a %s, but is a %s", want, got)}
	}
	p, err := env.Program(tree, cel.CostLimit(maxCost), cel.MemoryLimit(maxMemory), cel.EvalOptions(cel.OptOptimize),
		cel.InterruptCheckFrequency(1000))
	return compiled{Program: p, source: tree.NativeRep().SourceInfo()}, err
}
