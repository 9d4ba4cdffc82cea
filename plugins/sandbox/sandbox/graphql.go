package sandbox

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

// adminSchema is the whole Admin schema of 2026-04 without its descriptions, gzipped SDL. Every document is
// checked against it, so a wrong field or argument fails here as it does at Shopify.
//
//go:embed admin-2026-04.graphql.gz
var adminSchema []byte

var loadSchema = sync.OnceValue(func() *ast.Schema {
	z, err := gzip.NewReader(bytes.NewReader(adminSchema))
	if err != nil {
		panic(err) // the file is part of the program
	}
	sdl, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Name: "admin-2026-04.graphql", Input: string(sdl)})
})

type graphQLRequest struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

// fieldError is a top-level GraphQL error of one root field.
type fieldError struct {
	message    string
	extensions map[string]any
}

// schemaCodes gives the validator's rules the names that Shopify's answers use.
var schemaCodes = map[string]string{
	"FieldsOnCorrectType":        "undefinedField",
	"KnownArgumentNames":         "argumentNotAccepted",
	"ProvidedRequiredArguments":  "missingRequiredArguments",
	"ValuesOfCorrectType":        "argumentLiteralsIncompatible",
	"ScalarLeafs":                "selectionMismatch",
	"KnownTypeNames":             "undefinedType",
	"KnownDirectives":            "undefinedDirective",
	"NoUnusedVariables":          "variableNotUsed",
	"NoUndefinedVariables":       "variableNotDefined",
	"VariablesInAllowedPosition": "variableMismatch",
}

// answer parses, checks, prices and runs one request.
func (s *shopify) answer(req graphQLRequest, version string) map[string]any {
	schema := loadSchema()
	doc, errs := gqlparser.LoadQueryWithRules(schema, req.Query, nil)
	if len(errs) > 0 {
		return map[string]any{"errors": schemaErrors(errs)}
	}
	op := doc.Operations.ForName(req.OperationName)
	if op == nil {
		return map[string]any{"errors": []any{map[string]any{"message": fmt.Sprintf("No operation named %q", req.OperationName)}}}
	}
	vars, err := validator.VariableValues(schema, op, req.Variables)
	if err != nil {
		return map[string]any{"errors": []any{variableError(err, req.Variables)}}
	}
	cost := float64(price(op.SelectionSet, op.Operation == ast.Mutation, vars))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.env.clock.now()
	if cost > maxQueryCost {
		return s.refused("Query cost is "+fmt.Sprint(cost)+", which exceeds the single query max cost limit (1000).", "MAX_COST_EXCEEDED", cost)
	}
	if !s.space.take(cost, now) {
		return s.refused("Throttled", "THROTTLED", cost)
	}
	x := &execution{shop: s, schema: schema, vars: vars, version: version}
	answer := map[string]any{"data": x.root(op)}
	if len(x.errors) > 0 {
		answer["errors"] = x.errors
	}
	answer["extensions"] = map[string]any{"cost": s.cost(cost, cost)}
	return answer
}

func (s *shopify) refused(message, code string, cost float64) map[string]any {
	return map[string]any{
		"errors":     []any{map[string]any{"message": message, "extensions": map[string]any{"code": code, "documentation": "https://shopify.dev/api/usage/rate-limits"}}},
		"extensions": map[string]any{"cost": s.cost(cost, nil)},
	}
}

func (s *shopify) cost(requested float64, actual any) map[string]any {
	return map[string]any{"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": map[string]any{
		"maximumAvailable": s.space.size, "currentlyAvailable": int(s.space.left(s.env.clock.now())), "restoreRate": queryRefill,
	}}
}

func schemaErrors(errs gqlerror.List) []any {
	var list []any
	for _, e := range errs {
		code := schemaCodes[e.Rule]
		if code == "" {
			code = e.Rule
		}
		x := map[string]any{"message": e.Message, "locations": e.Locations}
		if code != "" {
			x["extensions"] = map[string]any{"code": code}
		}
		list = append(list, x)
	}
	return list
}

func variableError(err error, vars map[string]any) map[string]any {
	message, name := err.Error(), ""
	if e, ok := err.(*gqlerror.Error); ok {
		message = e.Message
		if len(e.Path) > 1 {
			name = fmt.Sprint(e.Path[1])
		}
	}
	explanation := message
	if message == "must be defined" || message == "cannot be null" {
		explanation = "Expected value to not be null"
	}
	return map[string]any{"message": fmt.Sprintf("Variable $%s was provided invalid value", name), "extensions": map[string]any{
		"code": "INVALID_VARIABLE", "value": vars[name], "problems": []any{map[string]any{"path": []any{}, "explanation": explanation}},
	}}
}

// price is roughly what Shopify asks: mutations 10, objects 1, connections 2 and their page size.
func price(set ast.SelectionSet, mutation bool, vars map[string]any) int {
	total := 0
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if sel.Definition == nil || len(sel.SelectionSet) == 0 {
				continue
			}
			own := 1
			args := sel.ArgumentMap(vars)
			if mutation {
				own = 10
			} else if strings.HasSuffix(sel.Definition.Type.Name(), "Connection") {
				own = 2 + max(number(args["first"]), number(args["last"]))
			}
			total += own
			if !mutation {
				total += price(sel.SelectionSet, false, vars)
			}
		case *ast.InlineFragment:
			total += price(sel.SelectionSet, mutation, vars)
		case *ast.FragmentSpread:
			total += price(sel.Definition.SelectionSet, mutation, vars)
		}
	}
	return total
}

// number reads an integer argument, whichever way it was written.
func number(v any) int {
	var n int
	_, _ = fmt.Sscan(fmt.Sprint(v), &n)
	return n
}

// execution answers one operation from plain maps: a field that the data lacks is null, or the empty value
// of its type where the schema allows no null.
type execution struct {
	shop    *shopify
	schema  *ast.Schema
	vars    map[string]any
	version string
	errors  []any
}

func (x *execution) root(op *ast.OperationDefinition) map[string]any {
	typ := x.schema.Query
	if op.Operation == ast.Mutation {
		typ = x.schema.Mutation
	}
	data := map[string]any{}
	for _, f := range x.fields(op.SelectionSet, typ.Name) {
		if f.Name == "__typename" {
			data[f.Alias] = typ.Name
			continue
		}
		value, problem := x.resolve(f)
		if problem != nil {
			x.errors = append(x.errors, map[string]any{
				"message": problem.message, "path": []any{f.Alias}, "extensions": problem.extensions,
				"locations": []any{map[string]any{"line": f.Position.Line, "column": f.Position.Column}},
			})
			data[f.Alias] = nil
			continue
		}
		data[f.Alias] = x.complete(f.Definition.Type, value, f)
	}
	return data
}

// resolve runs one root field after checking its scope.
func (x *execution) resolve(f *ast.Field) (any, *fieldError) {
	r, known := resolvers[f.Name]
	if !known {
		return nil, &fieldError{"The sandbox does not play " + f.Name + ".", map[string]any{"code": "SANDBOX_UNSUPPORTED"}}
	}
	if r.scope != "" && !x.shop.may(r.scope) {
		required := "`" + r.scope + "` access scope."
		return nil, &fieldError{"Access denied for " + f.Name + " field. Required access: " + required, map[string]any{
			"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes", "requiredAccess": required,
		}}
	}
	args := f.ArgumentMap(x.vars)
	for _, v := range args {
		if list, ok := v.([]any); ok && len(list) > 250 {
			return nil, &fieldError{fmt.Sprintf("The input array size of %d is greater than the maximum allowed of 250.", len(list)), map[string]any{"code": "MAX_INPUT_SIZE_EXCEEDED"}}
		}
	}
	return r.run(x.shop, args, x.version)
}

// fields flattens fragments that apply to the concrete type and drops skipped fields.
func (x *execution) fields(set ast.SelectionSet, concrete string) []*ast.Field {
	var out []*ast.Field
	applies := func(condition string) bool {
		if condition == "" || condition == concrete {
			return true
		}
		def := x.schema.Types[condition]
		return def != nil && slices.ContainsFunc(x.schema.GetPossibleTypes(def), func(d *ast.Definition) bool { return d.Name == concrete })
	}
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if x.included(sel.Directives) {
				out = append(out, sel)
			}
		case *ast.InlineFragment:
			if x.included(sel.Directives) && applies(sel.TypeCondition) {
				out = append(out, x.fields(sel.SelectionSet, concrete)...)
			}
		case *ast.FragmentSpread:
			if x.included(sel.Directives) && applies(sel.Definition.TypeCondition) {
				out = append(out, x.fields(sel.Definition.SelectionSet, concrete)...)
			}
		}
	}
	return out
}

func (x *execution) included(directives ast.DirectiveList) bool {
	if d := directives.ForName("skip"); d != nil && d.ArgumentMap(x.vars)["if"] == true {
		return false
	}
	d := directives.ForName("include")
	return d == nil || d.ArgumentMap(x.vars)["if"] == true
}

func (x *execution) object(f *ast.Field, typ string, data map[string]any) map[string]any {
	if own, ok := data["__typename"].(string); ok {
		typ = own
	}
	out := map[string]any{}
	for _, sub := range x.fields(f.SelectionSet, typ) {
		if sub.Name == "__typename" {
			out[sub.Alias] = typ
			continue
		}
		value := data[sub.Name]
		if call, ok := value.(func(map[string]any) any); ok {
			value = call(sub.ArgumentMap(x.vars))
		}
		got := x.complete(sub.Definition.Type, value, sub)
		if earlier, ok := out[sub.Alias].(map[string]any); ok { // the same field selected twice is merged
			if more, ok := got.(map[string]any); ok {
				maps.Copy(earlier, more)
				continue
			}
		}
		out[sub.Alias] = got
	}
	return out
}

// complete shapes a value by its type.
func (x *execution) complete(t *ast.Type, value any, f *ast.Field) any {
	if value == nil && !t.NonNull {
		return nil
	}
	if t.Elem != nil {
		items, _ := value.([]map[string]any)
		if items == nil && value != nil {
			return value // a list of scalars
		}
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = x.complete(t.Elem, item, f)
		}
		return out
	}
	def := x.schema.Types[t.NamedType]
	if def.IsCompositeType() {
		data, _ := value.(map[string]any)
		return x.object(f, def.Name, data)
	}
	if value != nil {
		return value
	}
	switch def.Name {
	case "Int", "Float":
		return 0
	case "Boolean":
		return false
	case "UnsignedInt64", "Decimal", "Money":
		return "0"
	}
	if def.Kind == ast.Enum {
		return def.EnumValues[0].Name
	}
	return ""
}
