package expr

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Error says what is wrong with an expression, where, and what to do about it.
type Error struct {
	Offset  int    // bytes from the start of the source
	Path    string // of the name that is wrong, such as "event.custmer"; empty when it is not about a name
	Message string
	Remedy  string   // may be empty
	Further []*Error // what is wrong with later expressions of the same template
}

func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return e.Message + "; " + e.Remedy
}

// at moves an error into a text in which the expression begins at offset.
func (e *Error) at(offset int) *Error {
	moved := *e
	moved.Offset += offset
	return &moved
}

func syntaxError(src string, issues *cel.Issues) *Error {
	first := issues.Errors()[0]
	message := strings.TrimPrefix(first.Message, "Syntax error: ")
	if strings.Contains(message, "node count exceeds limit") {
		return &Error{Message: "the expression is too long", Remedy: fmt.Sprintf("keep it under %d parts", MaxNodes)}
	}
	remedy := ""
	if strings.Contains(message, "'='") || strings.Contains(message, "token recognition error at: '= '") {
		remedy = "compare with =="
	}
	return &Error{Offset: offset(src, first.Location.Line(), first.Location.Column()), Message: "syntax error: " + message, Remedy: remedy}
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noField    = regexp.MustCompile(`^undefined field '([^']*)'`)
	noOverload = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'`)
)

// typeError words CEL's first complaint for a person and adds what was probably meant.
func (e *Env) typeError(src string, tree *ast.AST, issues *cel.Issues) *Error {
	first := issues.Errors()[0]
	out := &Error{Offset: offset(src, first.Location.Line(), first.Location.Column()), Message: first.Message}
	switch {
	case undeclared.MatchString(first.Message):
		name := undeclared.FindStringSubmatch(first.Message)[1]
		out.Path = name
		out.Message = fmt.Sprintf("unknown name %q", name)
		out.Remedy = DidYouMean(name, append(e.names(), e.functions()...))
		if out.Remedy == "" {
			out.Remedy = "in scope are " + strings.Join(e.names(), ", ")
		}
	case noField.MatchString(first.Message):
		name := noField.FindStringSubmatch(first.Message)[1]
		out.Message = fmt.Sprintf("there is no field %q", name)
		if parent, ok := e.parentOf(tree, first.ExprID); ok {
			out.Path = parent.path + "." + name
			out.Message = fmt.Sprintf("%s has no field %q", parent.path, name)
			out.Remedy = DidYouMean(name, fieldNames(parent.schema))
			switch n := len(parent.schema.Fields); {
			case out.Remedy != "" || n > 12:
			case n == 0:
				out.Remedy = "it has no fields"
			default:
				out.Remedy = "it has " + strings.Join(fieldNames(parent.schema), ", ")
			}
		}
	case noOverload.MatchString(first.Message):
		m := noOverload.FindStringSubmatch(first.Message)
		out.Message, out.Remedy = overloadProblem(m[1], m[2])
	}
	return out
}

func overloadProblem(function, args string) (message, remedy string) {
	args = strings.ReplaceAll(args, objectPrefix, "object ")
	for _, side := range []string{"(", ")"} {
		args = strings.TrimPrefix(strings.TrimSuffix(args, side), side)
	}
	if symbol, ok := operators.FindReverse(function); ok && symbol != "" {
		function = symbol
	}
	message = fmt.Sprintf("%s does not work with (%s)", function, args)
	switch {
	case strings.Contains(args, "double") && strings.Contains(args, "int"):
		remedy = "write the whole number with a point, such as 10.0, or use double(…)"
	case strings.Contains(args, "string") && strings.Contains(args, "int"):
		remedy = "convert one side with string(…) or int(…)"
	}
	return message, remedy
}

func (e *Env) names() []string {
	var names []string
	for name := range e.types.scope {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (e *Env) functions() []string {
	var names []string
	for name := range e.cel.Functions() {
		if regexp.MustCompile(`^[a-z]\w*$`).MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// place is a part of the scope: its path and its type.
type place struct {
	path   string
	schema schema.Type
}

// parentOf finds the operand of the field selection with that id, when its type is known from the scope.
func (e *Env) parentOf(tree *ast.AST, id int64) (place, bool) {
	var found place
	var ok bool
	e.visit(tree.Expr(), map[string]place{}, func(x ast.Expr, locals map[string]place) {
		if x.ID() == id && x.Kind() == ast.SelectKind && !ok {
			found, ok = e.placeOf(x.AsSelect().Operand(), locals)
		}
	})
	return found, ok
}

// visit walks an expression with the loop variables that are known at each node.
func (e *Env) visit(x ast.Expr, locals map[string]place, do func(ast.Expr, map[string]place)) {
	do(x, locals)
	if x.Kind() != ast.ComprehensionKind {
		for _, child := range children(x) {
			e.visit(child, locals, do)
		}
		return
	}
	loop := x.AsComprehension()
	e.visit(loop.IterRange(), locals, do)
	inner := make(map[string]place, len(locals)+1)
	for name, p := range locals {
		inner[name] = p
	}
	delete(inner, loop.IterVar())
	if p, ok := e.placeOf(loop.IterRange(), locals); ok && p.schema.Elem != nil {
		inner[loop.IterVar()] = place{path: p.path + "[]", schema: *p.schema.Elem}
	}
	for _, child := range []ast.Expr{loop.AccuInit(), loop.LoopCondition(), loop.LoopStep(), loop.Result()} {
		e.visit(child, inner, do)
	}
}

func children(x ast.Expr) []ast.Expr {
	switch x.Kind() {
	case ast.SelectKind:
		return []ast.Expr{x.AsSelect().Operand()}
	case ast.ListKind:
		return x.AsList().Elements()
	case ast.MapKind:
		var out []ast.Expr
		for _, entry := range x.AsMap().Entries() {
			out = append(out, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return out
	case ast.CallKind:
		call := x.AsCall()
		if call.IsMemberFunction() {
			return append([]ast.Expr{call.Target()}, call.Args()...)
		}
		return call.Args()
	default:
		return nil
	}
}

func (e *Env) placeOf(x ast.Expr, locals map[string]place) (place, bool) {
	switch x.Kind() {
	case ast.IdentKind:
		if p, ok := locals[x.AsIdent()]; ok {
			return p, true
		}
		s, ok := e.types.scope[x.AsIdent()]
		return place{path: x.AsIdent(), schema: s}, ok
	case ast.SelectKind:
		parent, ok := e.placeOf(x.AsSelect().Operand(), locals)
		if !ok {
			return place{}, false
		}
		name := x.AsSelect().FieldName()
		field, ok := parent.schema.Field(name)
		return place{path: parent.path + "." + name, schema: field.Type}, ok
	case ast.CallKind:
		call := x.AsCall()
		if call.FunctionName() != operators.Index {
			return place{}, false
		}
		parent, ok := e.placeOf(call.Args()[0], locals)
		if !ok || parent.schema.Elem == nil {
			return place{}, false
		}
		return place{path: parent.path + "[]", schema: *parent.schema.Elem}, true
	default:
		return place{}, false
	}
}

func mismatch(got *types.Type, want schema.Type) *Error {
	e := &Error{Message: fmt.Sprintf("the expression yields %s where %s is wanted", describe(got), Describe(want))}
	switch {
	case want.Kind == schema.String && got.Kind() != types.StructKind:
		e.Remedy = "convert it with string(…)"
	case want.Kind == schema.Integer:
		e.Remedy = "convert it with int(…)"
	case want.Kind == schema.Boolean:
		e.Remedy = "compare it with something"
	}
	return e
}

// evalError says which expression failed. CEL's own wording is kept where it already speaks of values.
func evalError(src string, err error) error {
	message := err.Error()
	switch {
	case strings.Contains(message, "cost limit exceeded"):
		message = "it does more work than an expression may"
	case strings.Contains(message, "interrupted"):
		message = fmt.Sprintf("it was stopped after %s", MaxTime)
	case strings.HasPrefix(message, "no such overload"):
		message = "a value in it is null or of another type than the operation takes"
	}
	if len(src) > 200 {
		src = src[:200] + "…"
	}
	return fmt.Errorf("evaluate %s: %w", src, &EvalError{Message: message, cause: err})
}

// EvalError is a failure that shows only with the values at hand: a null where text was needed, a limit reached.
type EvalError struct {
	Message string
	cause   error
}

func (e *EvalError) Error() string { return e.Message }
func (e *EvalError) Unwrap() error { return e.cause }

// offset turns CEL's place (line from 1, column in code points from 0) into bytes.
func offset(src string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(src[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	for range src[at:] {
		if column <= 0 {
			break
		}
		column--
		_, size := utf8.DecodeRuneInString(src[at:])
		at += size
	}
	return min(at, len(src))
}
