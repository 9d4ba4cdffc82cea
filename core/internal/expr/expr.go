// Package expr is the language that flows are written in: CEL expressions, and text with {{ expression }} in it.
// It compiles them against the types in scope, so that a wrong name is found when a flow is saved, lists what they
// refer to, and evaluates them within limits of size, cost and time.
//
// Three rules go beyond plain CEL:
//
//   - Any value may be null, because vendors send null where their documentation promises a string. Comparing with
//     null always compiles, and a declared field that is absent reads as null, also through an absent parent:
//     steps.answer.reply.text is null when nobody replied. Where a type is open, an undeclared field that is
//     absent is an error; has(x.field) asks first.
//   - A field of kind time reads as a timestamp and prints as it was written; one of kind duration reads as a
//     duration and prints as "1h30m". So event.created_at > now - duration("24h") needs no conversion.
//   - Integers keep all their 64 bits. Only where the schema says number does 10 read as 10.0.
//
// The package knows no clock, disk or network; now is a name in scope like any other.
package expr

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"

	"github.com/cordboard/cordboard/sdk/schema"
)

// What an expression may weigh and take.
const (
	MaxSource = 16 << 10              // bytes of one expression
	MaxNodes  = 1000                  // nodes of its syntax tree, macros expanded
	MaxCost   = 1_000_000             // CEL's units, about one per operation and tenth per byte
	MaxTime   = 50 * time.Millisecond // of one evaluation
	MaxResult = 4 << 20               // bytes of a result as JSON, roughly
	maxRegex  = 1000                  // instructions of a compiled regular expression
)

// Scope lists the names that expressions may use, with their types.
type Scope struct {
	Names []schema.Field
}

// Env compiles expressions for one scope. It is safe for concurrent use.
type Env struct {
	cel   *cel.Env
	types *typeTable
}

// base holds what every scope shares: CEL's standard library and its string, math and list extensions. Building it
// takes milliseconds, extending it microseconds.
var base = sync.OnceValues(func() (*cel.Env, error) {
	env, err := cel.NewEnv(
		ext.Strings(), ext.Math(), ext.Lists(), ext.Sets(), ext.Encoders(),
		cel.OptionalTypes(),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(MaxSource),
		cel.ExpressionNodeLimit(MaxNodes),
		cel.RegexProgramSizeLimit(maxRegex),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)
	if err != nil {
		return nil, err
	}
	bounds, err := boundGrowing(env)
	if err != nil {
		return nil, err
	}
	return env.Extend(bounds...)
})

// NewEnv prepares compilation for a scope. It fails when a name is not an identifier.
func NewEnv(scope Scope) (*Env, error) {
	b, err := base()
	if err != nil {
		return nil, fmt.Errorf("prepare expressions: %w", err)
	}
	table := newTypeTable(scope, b.CELTypeProvider())
	opts := []cel.EnvOption{cel.CustomTypeProvider(table)}
	for _, f := range scope.Names {
		opts = append(opts, cel.Variable(f.Name, table.variables[f.Name]))
	}
	env, err := b.Extend(opts...)
	if err != nil {
		return nil, fmt.Errorf("prepare expressions: %w", err)
	}
	return &Env{cel: env, types: table}, nil
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	source     string
	program    cel.Program
	references []string
	types      *typeTable
	yields     schema.Type
}

// Compile checks src against the scope and against the type that is wanted of its result. An error is an *Error.
func (e *Env) Compile(src string, want schema.Type) (*Program, error) {
	if len(src) > MaxSource {
		return nil, &Error{Message: fmt.Sprintf("the expression has %d bytes", len(src)), Remedy: fmt.Sprintf("keep it under %d", MaxSource)}
	}
	parsed, issues := e.cel.Parse(src)
	if issues.Err() != nil {
		return nil, syntaxError(src, issues)
	}
	looseNulls(parsed.NativeRep())
	checked, issues := e.cel.Check(parsed)
	if issues.Err() != nil {
		return nil, e.typeError(src, parsed.NativeRep(), issues)
	}
	if got := checked.OutputType(); !yields(got, want) {
		return nil, mismatch(got, want)
	}
	program, err := e.cel.Program(checked, cel.CostLimit(MaxCost), cel.InterruptCheckFrequency(100))
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	return &Program{source: src, program: program, references: references(checked.NativeRep(), e.types), types: e.types, yields: e.types.schemaOf(checked.OutputType())}, nil
}

// Source returns the expression as it was written.
func (p *Program) Source() string { return p.source }

// Type is what the expression yields, as far as its scope tells; Any where it does not.
func (p *Program) Type() schema.Type { return p.yields }

// References returns what the expression reads, each as the longest path it names, such as "steps.answer.outcome",
// sorted and without repeats.
func (p *Program) References() []string { return p.references }

// Vars holds a value for each name in scope: what Decode makes of JSON, raw JSON, a *Lazy when several expressions
// read the same raw JSON, or a time. Values nest freely. A name without a value reads as null.
type Vars map[string]any

// Eval computes the expression. The result can be marshalled as JSON: times and durations become strings, integers
// int64. It stops at MaxCost, at MaxTime and when ctx ends.
func (p *Program) Eval(ctx context.Context, vars Vars) (any, error) {
	return p.eval(ctx, p.types.activate(vars))
}

func (p *Program) eval(ctx context.Context, values *activation) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	value, _, err := p.program.ContextEval(ctx, values)
	if err != nil {
		return nil, evalError(p.source, err)
	}
	result, err := (&jsonWriter{left: MaxResult}).write(value)
	if err != nil {
		return nil, evalError(p.source, err)
	}
	return result, nil
}

// EvalBool computes a condition. Null counts as false, anything else than a boolean is an error.
func (p *Program) EvalBool(ctx context.Context, vars Vars) (bool, error) {
	value, err := p.Eval(ctx, vars)
	if err != nil {
		return false, err
	}
	switch v := value.(type) {
	case bool:
		return v, nil
	case nil:
		return false, nil
	default:
		return false, evalError(p.source, errors.New("the condition is neither true nor false"))
	}
}
