package expr

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Template is text with expressions in it. A lone "{{ x }}" keeps x's type; anything else yields text. The result is
// never read as a template again, so what a customer writes cannot become an expression.
type Template struct {
	source string
	parts  []part // none for an empty text
	lone   bool
}

// part is literal text, or an expression.
type part struct {
	text    string
	program *Program
}

// CompileTemplate checks each expression in src, and that the result can be what is wanted. To write two opening
// braces as text, use {{ "{{" }}. An error is an *Error, which is about the first expression that is wrong.
func (e *Env) CompileTemplate(src string, want schema.Type) (*Template, error) {
	pieces, err := split(src)
	if err != nil {
		return nil, err
	}
	t := &Template{source: src, lone: len(pieces) == 1 && pieces[0].expression}
	if !t.lone && !takesText(want) {
		return nil, &Error{Message: fmt.Sprintf("this is text where %s is wanted", Describe(want)), Remedy: "write the value, or a single {{ expression }}"}
	}
	var wrong *Error
	for _, piece := range pieces {
		if !piece.expression {
			t.parts = append(t.parts, part{text: piece.text})
			continue
		}
		wanted := anything
		if t.lone {
			wanted = want
		}
		program, err := e.Compile(piece.text, wanted)
		if err != nil {
			if found := err.(*Error).at(piece.offset); wrong == nil {
				wrong = found
			} else {
				wrong.Further = append(wrong.Further, found)
			}
			continue
		}
		t.parts = append(t.parts, part{program: program})
	}
	if wrong != nil {
		return nil, wrong
	}
	return t, nil
}

func takesText(t schema.Type) bool {
	return slices.Contains([]schema.Kind{schema.Any, schema.String, schema.Time, schema.Duration}, t.Kind)
}

// Source returns the template as it was written.
func (t *Template) Source() string { return t.source }

// Literal returns the text of a template without expressions.
func (t *Template) Literal() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].program == nil:
		return t.parts[0].text, true
	default:
		return "", false
	}
}

// References returns what the expressions read, as Program.References does.
func (t *Template) References() []string {
	var paths []string
	for _, p := range t.parts {
		if p.program != nil {
			paths = append(paths, p.program.references...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Eval fills the template in. In a text, null prints as nothing, and lists and objects as JSON.
func (t *Template) Eval(ctx context.Context, vars Vars) (any, error) {
	if text, ok := t.Literal(); ok {
		return text, nil
	}
	values := t.activate(vars)
	if t.lone {
		return t.parts[0].program.eval(ctx, values)
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.program == nil {
			b.WriteString(p.text)
			continue
		}
		value, err := p.program.eval(ctx, values)
		if err != nil {
			return nil, err
		}
		text, err := Text(value)
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// Opening returns the literal text that the template begins with; whole says that there is nothing else.
func (t *Template) Opening() (text string, whole bool) {
	if len(t.parts) > 0 && t.parts[0].program == nil {
		text = t.parts[0].text
	}
	_, whole = t.Literal()
	return text, whole
}

// EvalPlaced fills the template in, each value written as place says. before is what stands in front of it.
func (t *Template) EvalPlaced(ctx context.Context, vars Vars, place func(before, value string) string) (string, error) {
	values := t.activate(vars)
	var b strings.Builder
	for _, p := range t.parts {
		if p.program == nil {
			b.WriteString(p.text)
			continue
		}
		value, err := p.program.eval(ctx, values)
		if err != nil {
			return "", err
		}
		text, err := Text(value)
		if err != nil {
			return "", err
		}
		b.WriteString(place(b.String(), text))
	}
	return b.String(), nil
}

// activate shares one reading of the values between all expressions of the template.
func (t *Template) activate(vars Vars) *activation {
	for _, p := range t.parts {
		if p.program != nil {
			return p.program.types.activate(vars)
		}
	}
	return nil
}

// EvalText fills the template in and prints the result, also that of a lone expression.
func (t *Template) EvalText(ctx context.Context, vars Vars) (string, error) {
	value, err := t.Eval(ctx, vars)
	if err != nil {
		return "", err
	}
	return Text(value)
}

// Text prints a result of Eval as it appears within a text.
func Text(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	default:
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return "", fmt.Errorf("print a value: %w", err)
		}
		return strings.TrimSuffix(b.String(), "\n"), nil
	}
}

type piece struct {
	text       string
	expression bool
	offset     int // of text in the source
}

// split cuts a template into texts and expressions.
func split(src string) ([]piece, error) {
	var pieces []piece
	at := 0
	for {
		open := strings.Index(src[at:], "{{")
		if open < 0 {
			if at < len(src) {
				pieces = append(pieces, piece{text: src[at:], offset: at})
			}
			return pieces, nil
		}
		open += at
		if open > at {
			pieces = append(pieces, piece{text: src[at:open], offset: at})
		}
		length := expressionEnd(src[open+2:])
		if length < 0 {
			return nil, &Error{Offset: open, Message: "{{ is not closed", Remedy: `close it with }}, or write {{ "{{" }} for two braces`}
		}
		inner := src[open+2 : open+2+length]
		trimmed := strings.TrimSpace(inner)
		if trimmed == "" {
			return nil, &Error{Offset: open, Message: "the expression in {{ }} is empty", Remedy: "write an expression, or leave the braces out"}
		}
		pieces = append(pieces, piece{text: trimmed, expression: true, offset: open + 2 + strings.Index(inner, trimmed)})
		at = open + 2 + length + 2
	}
}

// expressionEnd returns where the }} stands that ends the expression at the start of s, or -1. Braces of objects and
// braces within quotes do not count.
func expressionEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\'':
			n := quoted(s[i:])
			if n < 0 {
				return -1
			}
			i += n - 1
		case '{':
			depth++
		case '}':
			if depth > 0 {
				depth--
			} else if strings.HasPrefix(s[i:], "}}") {
				return i
			}
		}
	}
	return -1
}

// quoted returns the length of the string literal at the start of s, or -1 when it does not end.
func quoted(s string) int {
	mark := s[:1]
	if triple := strings.Repeat(mark, 3); strings.HasPrefix(s, triple) {
		mark = triple
	}
	for i := len(mark); i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if strings.HasPrefix(s[i:], mark) {
			return i + len(mark)
		}
	}
	return -1
}
