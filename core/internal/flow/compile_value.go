package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

// valueCompiler compiles an input: JSON with templates, against a schema.
type valueCompiler struct {
	*compiler
	literal bool // no templates
}

// value compiles a node as field f wants it; f.Type is want.
func (c *valueCompiler) value(n *node, path string, want schema.Type, f schema.Field) *Value {
	v := &Value{path: path, want: want, kind: n.kind}
	switch n.kind {
	case badNode:
	case mapNode:
		c.object(v, n, path, want)
	case listNode:
		c.list(v, n, path, want, f)
	case textNode:
		if strings.Contains(n.text, "{{") {
			c.text(v, n, path, want)
			return v
		}
		v.literal = json.RawMessage(quoted(n.text))
		c.checkLiteral(v, n, path, f)
	case nullNode:
		v.literal = json.RawMessage("null")
		c.checkLiteral(v, n, path, f)
	default:
		v.literal = json.RawMessage(n.text)
		c.checkLiteral(v, n, path, f)
	}
	return v
}

func (c *valueCompiler) text(v *Value, n *node, path string, want schema.Type) {
	if c.literal {
		c.report(n, path, "write the value itself", "there is no event yet when this is used, so it holds no expressions")
		return
	}
	v.template = c.template(n, path, want)
}

func (c *valueCompiler) object(v *Value, n *node, path string, want schema.Type) {
	switch want.Kind {
	case schema.Object:
		c.fields(v, n, path, want)
	case schema.Map, schema.Any, "":
		elem := elemOf(want)
		for _, m := range n.members {
			inner := c.value(m.value, join(path, m.key), elem, schema.Field{Type: elem, Nullable: true})
			v.members = append(v.members, valueMember{name: m.key, value: inner})
		}
	default:
		c.report(n, path, "", "%s is wanted here, not an object", expr.Describe(want))
	}
}

func (c *valueCompiler) fields(v *Value, n *node, path string, want schema.Type) {
	names := make([]string, len(want.Fields))
	for i, f := range want.Fields {
		names[i] = f.Name
		if n.get(f.Name) != nil {
			continue
		}
		switch {
		case f.Default != nil:
			v.members = append(v.members, valueMember{name: f.Name, value: &Value{path: join(path, f.Name), literal: f.Default}})
		case f.Required:
			c.report(n, join(path, f.Name), "", "is missing")
		}
	}
	for _, m := range n.members {
		inner := join(path, m.key)
		f, ok := want.Field(m.key)
		switch {
		case ok:
			v.members = append(v.members, valueMember{name: m.key, optional: !f.Required && !f.Nullable, value: c.value(m.value, inner, f.Type, f)})
		case want.Open:
			v.members = append(v.members, valueMember{name: m.key, value: c.value(m.value, inner, anyType, schema.Field{Type: anyType})})
		default:
			remedy := expr.DidYouMean(m.key, names)
			if remedy == "" && len(names) > 0 {
				remedy = "the fields here are " + strings.Join(names, ", ")
			}
			c.report(m.name, inner, remedy, "there is no such field")
		}
	}
}

func (c *valueCompiler) list(v *Value, n *node, path string, want schema.Type, f schema.Field) {
	if want.Kind != schema.List && want.Kind != schema.Any && want.Kind != "" {
		c.report(n, path, "", "%s is wanted here, not a list", expr.Describe(want))
		return
	}
	elem := elemOf(want)
	for i, item := range n.items {
		v.items = append(v.items, c.value(item, fmt.Sprintf("%s[%d]", path, i), elem, schema.Field{Type: elem}))
	}
	if count := float64(len(n.items)); f.Max != nil && count > *f.Max || f.Min != nil && count < *f.Min {
		c.report(n, path, "", "has %d entries, which is not what the schema allows", len(n.items))
	}
}

func elemOf(t schema.Type) schema.Type {
	if t.Elem == nil {
		return anyType
	}
	return *t.Elem
}

// checkLiteral judges a value that holds no expression by all that its field says: kind, choice, bounds, format.
func (c *valueCompiler) checkLiteral(v *Value, n *node, path string, f schema.Field) {
	if f.Type.Kind == "" || f.Type.Kind == schema.Any {
		return
	}
	const name = "v"
	f.Name = name
	wrapped := slices.Concat([]byte(`{"v":`), v.literal, []byte("}"))
	for _, p := range object(f).Check(wrapped, "") {
		c.report(n, path+strings.TrimPrefix(p.Path, name), "", "%s", p.Message)
	}
}
