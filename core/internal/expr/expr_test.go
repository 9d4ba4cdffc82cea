package expr_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func kind(k schema.Kind) schema.Type { return schema.Type{Kind: k} }

func field(name string, t schema.Type) schema.Field { return schema.Field{Name: name, Type: t} }

func object(fields ...schema.Field) schema.Type {
	return schema.Type{Kind: schema.Object, Fields: fields}
}

func list(elem schema.Type) schema.Type { return schema.Type{Kind: schema.List, Elem: &elem} }

var open = schema.Type{Kind: schema.Object, Open: true}

// scope resembles what a flow sees after a shop's order.
var scope = expr.Scope{Names: []schema.Field{
	field("event", object(
		field("id", kind(schema.Integer)),
		field("name", kind(schema.String)),
		field("total", kind(schema.Number)),
		field("paid", kind(schema.Boolean)),
		field("created_at", kind(schema.Time)),
		field("tags", list(kind(schema.String))),
		field("raw", kind(schema.Any)),
		field("customer", object(field("phone", kind(schema.String)), field("email", kind(schema.String)))),
		field("note", schema.Type{Kind: schema.Object, Open: true, Fields: []schema.Field{field("text", kind(schema.String))}}),
		field("line_items", list(object(field("product_id", kind(schema.Integer)), field("title", kind(schema.String))))),
	)),
	field("steps", object(
		field("answer", object(
			field("outcome", kind(schema.String)),
			field("latency", kind(schema.Duration)),
			field("reply", object(field("text", kind(schema.String)))),
		)),
		field("later", object(field("id", kind(schema.String)))),
	)),
	field("vars", open),
	field("now", kind(schema.Time)),
}}

func vars() expr.Vars {
	return expr.Vars{
		"event": json.RawMessage(`{"id": 820982911946154508, "name": "#1001 <b>", "total": 10, "paid": true,
			"created_at": "2024-01-31T09:00:00-05:00", "tags": ["vip", "new"],
			"raw": {"id": 18446744073709551615, "deep": [1, 2.5, {"a": null}], "price": "10.00", "whole": 3.0},
			"customer": null, "note": {"text": "hi", "extra": 7},
			"line_items": [{"product_id": null, "title": "Shipping"}, {"product_id": 632910392, "title": "X"}]}`),
		"steps": map[string]any{"answer": json.RawMessage(`{"outcome": "default", "latency": "1h59m59s", "reply": {"text": "{{ event.id }}"}}`)},
		"vars":  map[string]any{"count": 2},
		"now":   time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC),
	}
}

func env(t testing.TB) *expr.Env {
	t.Helper()
	e, err := expr.NewEnv(scope)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Each line of the golden file's input stands for one template; an optional "kind:" in front says what is wanted.
func TestGolden(t *testing.T) {
	t.Parallel()
	e := env(t)
	golden, err := os.ReadFile("testdata/templates.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for line := range strings.Lines(string(golden)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "  ") {
			continue
		}
		got.WriteString(line + "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			fmt.Fprintf(&got, "  %s\n", outcome(e, line))
		}
	}
	if *update {
		if err := os.WriteFile("testdata/templates.txt", []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != string(golden) {
		t.Errorf("the outcomes changed; run with -update and read the diff. Now:\n%s", got.String())
	}
}

func outcome(e *expr.Env, line string) string {
	want := schema.Any
	if k, rest, ok := strings.Cut(line, ": "); ok && !strings.Contains(k, "{") {
		want, line = schema.Kind(k), rest
	}
	template, err := e.CompileTemplate(line, kind(want))
	if err != nil {
		var problem *expr.Error
		if !errors.As(err, &problem) {
			return "not an *Error: " + err.Error()
		}
		return fmt.Sprintf("refused at %d: %v", problem.Offset, problem)
	}
	value, err := template.Eval(context.Background(), vars())
	if err != nil {
		return "fails: " + err.Error()
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "cannot be marshalled: " + err.Error()
	}
	return strings.TrimSpace(b.String())
}
