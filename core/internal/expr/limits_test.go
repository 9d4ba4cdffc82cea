package expr_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	e := env(t)
	for name, src := range map[string]string{
		"a source over its size":          `"` + strings.Repeat("x", expr.MaxSource) + `"`,
		"more nodes than allowed":         "1" + strings.Repeat("+1", expr.MaxNodes),
		"nesting of a hundred thousand":   strings.Repeat("(", 8000) + "1" + strings.Repeat(")", 8000),
		"lists within lists within lists": strings.Repeat("[", 8000) + strings.Repeat("]", 8000),
		"a regular expression that grows": `event.name.matches("((a{100}){100}){10}")`,
		"a type of the gateway":           `google.protobuf.Struct{fields: {}}.fields`,
		"the environment":                 `os.Getenv("HOME")`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := e.Compile(src, schema.Type{Kind: schema.Any})
			var problem *expr.Error
			if !errors.As(err, &problem) {
				t.Fatalf("Compile() = %v, want an *expr.Error", err)
			}
			if problem.Message == "" || len(problem.Error()) > 1000 {
				t.Errorf("message %q is of no use to a person", problem.Error())
			}
		})
	}
}

func TestWhatTakesTooLongIsStopped(t *testing.T) {
	t.Parallel()
	e := env(t)
	items := make([]any, 20_000)
	for i := range items {
		items[i] = "x"
	}
	values := expr.Vars{"event": map[string]any{"tags": items, "name": strings.Repeat("a", 10_000)}}
	for name, src := range map[string]string{
		"a loop within a loop":       `event.tags.all(a, event.tags.all(b, a == b))`,
		"text that doubles":          `[1,2,3,4,5,6,7,8,9].map(i, event.tags.map(t, event.name + event.name).join("")).join("")`,
		"replacing that grows":       `event.name.replace("a", event.name, 1).replace("a", event.name)`,
		"joining a text with itself": `event.tags.map(t, event.name).join(event.name)`,
		"a result of copies":         `event.tags.map(t, {"a": event.name})`,
		"replacing nothing":          `event.name.replace("", event.name)`,
		"formatting a long list":     `"%s".format([event.tags.map(t, event.name)])`,
		"a list of a large range":    `lists.range(100000000).size()`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := e.Compile(src, schema.Type{Kind: schema.Any})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err = p.Eval(context.Background(), values)
			var failure *expr.EvalError
			if !errors.As(err, &failure) {
				t.Fatalf("Eval() = %v after %v, want an *expr.EvalError", err, time.Since(began))
			}
			if took := time.Since(began); took > 20*expr.MaxTime {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestEvalEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p, err := env(t).Compile(`event.tags.all(t, t != "")`, schema.Type{Kind: schema.Boolean})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	items := make([]any, 10_000)
	for i := range items {
		items[i] = "x"
	}
	if _, err := p.Eval(ctx, expr.Vars{"event": map[string]any{"tags": items}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Eval() = %v, want context.Canceled", err)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	e := env(t)
	for src, want := range map[string]string{
		`event.line_items.exists(i, i.product_id == event.id)`:     "event.id event.line_items",
		`steps.answer.outcome == "default" && steps.later != null`: "steps.answer.outcome steps.later",
		`event.raw["a"].b + event.raw["a"].b`:                      "event.raw.a.b",
		`has(steps.answer.reply)`:                                  "steps.answer.reply",
		`1 + 1`:                                                    "",
		`event.tags[0]`:                                            "event.tags",
	} {
		p, err := e.Compile(src, schema.Type{Kind: schema.Any})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := strings.Join(p.References(), " "); got != want {
			t.Errorf("%s refers to %q, want %q", src, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		length  time.Duration
		written string
	}{
		"2h": {2 * time.Hour, "2h"}, "1h30m": {90 * time.Minute, "1h30m"}, "365d": {365 * 24 * time.Hour, "8760h"},
		"1d12h": {36 * time.Hour, "36h"}, "45s": {45 * time.Second, "45s"}, "1h59m59s": {2*time.Hour - time.Second, "1h59m59s"},
		"1h5s": {time.Hour + 5*time.Second, "1h0m5s"}, "10m": {10 * time.Minute, "10m"}, "0s": {0, "0s"},
	} {
		got, err := expr.ParseDuration(text)
		if err != nil || got != want.length {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want.length)
		}
		if written := expr.FormatDuration(want.length); written != want.written {
			t.Errorf("FormatDuration(%v) = %q, want %q", want.length, written, want.written)
		}
	}
	for _, text := range []string{"", "d", "2", "2 h", "-1d", "1d-2h", "999999999999999d", "106751d24h", "1.5d"} {
		if got, err := expr.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"{{ event.name }}", "a{{", `{{ "}}" }}`, "{{ {'a': 1} }}", "}}{{"} {
		f.Add(seed)
	}
	for _, src := range examples(f) {
		f.Add(src)
	}
	e := env(f)
	f.Fuzz(func(t *testing.T, src string) {
		template, err := e.CompileTemplate(src, schema.Type{Kind: schema.Any})
		var problem *expr.Error
		if err != nil && (!errors.As(err, &problem) || problem.Offset < 0 || problem.Offset > len(src)) {
			t.Fatalf("CompileTemplate(%q) = %v", src, err)
		}
		if err == nil && !strings.Contains(src, "{{") {
			if text, err := template.EvalText(context.Background(), nil); err != nil || text != src {
				t.Fatalf("literal %q reads as %q, %v", src, text, err)
			}
		}
		if err == nil {
			value, err := template.Eval(t.Context(), vars())
			fits(t, src, value, err)
		}
	})
}

// FuzzExpression holds that what compiles ends within its limits, in a value that can be stored or in an error that
// tells a person where.
func FuzzExpression(f *testing.F) {
	for _, src := range examples(f) {
		f.Add(strings.TrimSuffix(strings.TrimPrefix(src, "{{"), "}}"))
	}
	f.Add(`event.tags.map(t, event.name + t).join(", ")`)
	f.Add(`event.line_items.exists(i, i.product_id == 632910392) ? duration("2h") : timestamp("2026-01-31T09:00:00Z") - now`)
	e := env(f)
	f.Fuzz(func(t *testing.T, src string) {
		program, err := e.Compile(src, schema.Type{Kind: schema.Any})
		var problem *expr.Error
		if err != nil {
			if !errors.As(err, &problem) || problem.Offset < 0 || problem.Offset > len(src) {
				t.Fatalf("Compile(%q) = %v", src, err)
			}
			return
		}
		value, err := program.Eval(t.Context(), vars())
		fits(t, src, value, err)
	})
}

// examples are the inputs of the golden file.
func examples(f *testing.F) (sources []string) {
	golden, err := os.ReadFile("testdata/templates.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != ' ' && line[0] != '#' {
			sources = append(sources, line)
		}
	}
	return sources
}

// fits fails the test if there is a result that can't be stored as JSON.
func fits(t *testing.T, src string, value any, err error) {
	t.Helper()
	if err != nil {
		return
	}
	if _, err := json.Marshal(value); err != nil {
		t.Errorf("%q yields what can't be stored: %v", src, err)
	}
}

func BenchmarkCompile(b *testing.B) {
	e := env(b)
	for b.Loop() {
		if _, err := e.Compile(`event.line_items.exists(i, i.product_id == 632910392)`, schema.Type{Kind: schema.Boolean}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewEnv(b *testing.B) {
	for b.Loop() {
		env(b)
	}
}

func BenchmarkEval(b *testing.B) {
	p, err := env(b).Compile(`event.line_items.exists(i, i.product_id == 632910392)`, schema.Type{Kind: schema.Boolean})
	if err != nil {
		b.Fatal(err)
	}
	v := vars()
	event, err := expr.Decode(v["event"].(json.RawMessage))
	if err != nil {
		b.Fatal(err)
	}
	v["event"] = event
	for b.Loop() {
		if _, err := p.EvalBool(context.Background(), v); err != nil {
			b.Fatal(err)
		}
	}
}
