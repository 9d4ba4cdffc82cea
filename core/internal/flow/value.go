package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Value is JSON with templates in it, compiled against a schema.
type Value struct {
	path     string
	want     schema.Type
	literal  json.RawMessage // set unless one of the following is
	template *expr.Template
	members  []valueMember
	items    []*Value
	kind     nodeKind
	text     bool                              // the template's result is written as text, whatever it yields
	place    func(before, value string) string // writes the values of the template for their place; nil: as they are
}

type valueMember struct {
	name  string
	value *Value
	// optional members are left out when their template yields null: a field that may be missing rarely may be null.
	optional bool
}

// InputError says that a value came out in a shape that its schema does not allow.
type InputError struct{ Problems []schema.Problem }

func (e *InputError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Path + " " + p.Message
	}
	return strings.Join(lines, "; ")
}

// Eval fills the value in and checks the result against the schema it was compiled for. The error is an *InputError
// when the result does not fit, or wraps an *expr.EvalError when an expression failed.
func (v *Value) Eval(ctx context.Context, vars expr.Vars) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := v.write(ctx, &b, vars); err != nil {
		return nil, err
	}
	if problems := v.want.Check(b.Bytes(), ""); len(problems) > 0 {
		return nil, &InputError{Problems: problems}
	}
	return b.Bytes(), nil
}

func (v *Value) write(ctx context.Context, b *bytes.Buffer, vars expr.Vars) error {
	switch {
	case v.template != nil && v.place != nil:
		text, err := v.template.EvalPlaced(ctx, vars, v.place)
		if err != nil {
			return fmt.Errorf("%s: %w", v.path, err)
		}
		return v.writeJSON(b, text)
	case v.template != nil && v.text:
		text, err := v.template.EvalText(ctx, vars)
		if err != nil {
			return fmt.Errorf("%s: %w", v.path, err)
		}
		return v.writeJSON(b, text)
	case v.template != nil:
		result, err := v.template.Eval(ctx, vars)
		if err != nil {
			return fmt.Errorf("%s: %w", v.path, err)
		}
		return v.writeJSON(b, result)
	case v.kind == mapNode:
		return v.writeObject(ctx, b, vars)
	case v.kind == listNode:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := item.write(ctx, b, vars); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	default:
		b.Write(v.literal)
		return nil
	}
}

func (v *Value) writeObject(ctx context.Context, b *bytes.Buffer, vars expr.Vars) error {
	b.WriteByte('{')
	first := b.Len()
	for _, m := range v.members {
		undo := b.Len()
		if undo > first {
			b.WriteByte(',')
		}
		if err := m.value.writeJSON(b, m.name); err != nil {
			return err
		}
		b.WriteByte(':')
		value := b.Len()
		if err := m.value.write(ctx, b, vars); err != nil {
			return err
		}
		if m.optional && m.value.template != nil && string(b.Bytes()[value:]) == "null" {
			b.Truncate(undo)
		}
	}
	b.WriteByte('}')
	return nil
}

func (v *Value) writeJSON(b *bytes.Buffer, value any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("%s: write JSON: %w", v.path, err)
	}
	b.Truncate(b.Len() - 1) // the encoder's newline
	return nil
}

// Names returns the names of an object's members; none of anything else.
func (v *Value) Names() []string {
	names := make([]string, len(v.members))
	for i, m := range v.members {
		names[i] = m.name
	}
	return names
}

// References returns what the value's expressions read, such as "steps.answer.outcome"; repeats are possible.
func (v *Value) References() []string {
	var paths []string
	if v.template != nil {
		paths = v.template.References()
	}
	for _, m := range v.members {
		paths = append(paths, m.value.References()...)
	}
	for _, item := range v.items {
		paths = append(paths, item.References()...)
	}
	return paths
}
