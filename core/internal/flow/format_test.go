package flow_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	yaml "github.com/goccy/go-yaml"

	"github.com/cordboard/cordboard/core/internal/flow"
)

func parse(t testing.TB, src []byte) *flow.Document {
	t.Helper()
	doc, problems := flow.Parse(src)
	if doc == nil {
		t.Fatalf("Parse() reports:\n%v\nof:\n%s", problems, src)
	}
	return doc
}

func TestFormat(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	once := flow.Format(parse(t, src))
	golden(t, "testdata/verify-product-x.formatted.yaml", string(once))
	if twice := flow.Format(parse(t, once)); !bytes.Equal(once, twice) {
		t.Errorf("formatting again changes it to:\n%s", twice)
	}
	if got, want := asJSON(t, once), asJSON(t, src); got != want {
		t.Errorf("formatting changes the flow to\n%s\nfrom\n%s", got, want)
	}
	compile(t, string(once))
}

func asJSON(t testing.TB, src []byte) string {
	t.Helper()
	raw, err := json.Marshal(parse(t, src))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestJSONAndYAMLAreTheSameDocument(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	raw := asJSON(t, src)
	if again := asJSON(t, []byte(raw)); again != raw {
		t.Errorf("reading the JSON back gives\n%s\nfrom\n%s", again, raw)
	}
	if got, want := flow.Format(parse(t, []byte(raw))), flow.Format(parse(t, src)); !bytes.Equal(got, want) {
		t.Errorf("the JSON formats as\n%s", got)
	}
	compile(t, raw)
}

// Whatever text stands in a document, formatting keeps it and is stable.
func TestFormatKeepsAnyText(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[a-z:#,\[\]{}&*!|>'"%@ \n-]{0,20}`),
		rapid.SampledFrom([]string{"", " ", "on", "Yes", "null", "~", "1", "1e5", "0x1f", "2024-01-01", "a: b", "a #b", "a:", "- a", "{{ x }}", "a\nb", "a\nb\n", "\n", "a\n\nb", " a\nb", "a \nb", "€ü😀", "\u2028", "\u0085", "a\tb", "\x7f", "a\r\nb", "'", `"`, `\`, "x, y", "=", "<<", "é: x", "...", "---", "a\n---\nb"}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		key, value, item := texts.Draw(rt, "key"), texts.Draw(rt, "value"), texts.Draw(rt, "item")
		want := map[string]any{"name": "x", "trigger": map[string]any{"on": "manual"}, "steps": []any{
			map[string]any{"id": "a", "set": map[string]any{"k" + key: value, "list": []any{item, map[string]any{"m": value}, []any{item}}}},
		}}
		src, err := json.Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		doc, problems := flow.Parse(src)
		if doc == nil || len(problems) > 0 {
			rt.Fatalf("Parse(%s) reports %v", src, problems)
		}
		once := flow.Format(doc)
		doc, problems = flow.Parse(once)
		if doc == nil || len(problems) > 0 {
			rt.Fatalf("Parse() reports %v of\n%s", problems, once)
		}
		if twice := flow.Format(doc); !bytes.Equal(once, twice) {
			rt.Fatalf("formatting again changes\n%s\nto\n%s", once, twice)
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			rt.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(raw, &got); err != nil {
			rt.Fatal(err)
		}
		wanted, _ := json.Marshal(want)
		gotten, _ := json.Marshal(got)
		if !bytes.Equal(wanted, gotten) {
			rt.Fatalf("formatted as\n%sit reads as\n%s\nnot\n%s", once, gotten, wanted)
		}
	})
}

func TestJSONSchemaTakesTheExample(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/schema.json", string(flow.JSONSchema()))
	schema := compiledSchema(t)
	src, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(src, &document); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("Validate() = %v", err)
	}
	for name, edit := range map[string]func(map[string]any){
		"a key too many":       func(d map[string]any) { d["titel"] = "x" },
		"no trigger":           func(d map[string]any) { delete(d, "trigger") },
		"a step of no kind":    func(d map[string]any) { d["steps"] = []any{map[string]any{"id": "x"}} },
		"a step without an id": func(d map[string]any) { d["steps"] = []any{map[string]any{"delay": map[string]any{"for": "1h"}}} },
		"an unknown choice":    func(d map[string]any) { d["per_contact"] = "sometimes" },
	} {
		var document map[string]any
		if err := yaml.Unmarshal(src, &document); err != nil {
			t.Fatal(err)
		}
		if edit(document); schema.Validate(document) == nil {
			t.Errorf("the schema takes a document with %s", name)
		}
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	description, err := jsonschema.UnmarshalJSON(bytes.NewReader(flow.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("flow.json", description); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("flow.json")
}

// A stranger's file may be anything; reading and compiling it ends soon and with problems.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	const head = "name: x\ntrigger: { on: manual }\nsteps:\n"
	many := func(line string) string { return strings.Repeat(line, flow.MaxDocument/len(line)-len(head)) }
	for name, src := range map[string]string{
		"more bytes than allowed": strings.Repeat("x", flow.MaxDocument+1),
		"brackets without end":    many("["),
		"braces without end":      many("{a: "),
		"dashes without end":      many("- "),
		"indented without end":    nested(1500),
		"a bomb of aliases":       "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nname: *c\n",
		"a million values":        head + "  - id: x\n    set: {a: [" + many("1,") + "]}\n",
		"very many steps":         head + "  [" + many("{id: a, stop: {}},") + "]\n",
		"very many expressions":   head + "  - id: x\n    set: {a: [" + many("\"{{ now }}\",") + "]}\n",
		"very many lines":         many("? x\n"),
		"very many keys":          strings.Repeat("? x\n", 9_999),
		"very many keys in line":  "{" + many("a: 1, ") + "}",
		"very many short steps":   head + strings.Repeat("  - {id: a, stop: {}}\n", 9_000),
		"a merge of itself":       "a: &a\n  <<: *a\n",
		"binary":                  "\x00\x01\xff\xfe",
		"an invalid rune":         head + "  - {id: x, fail: {message: \"\xff\"}}\n  - {}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, problems := flow.Parse([]byte(src))
			if doc != nil {
				_, problems = flow.Compile(doc, installed{})
			}
			if len(problems) == 0 {
				t.Fatal("no problems found")
			}
		})
	}
}

func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// FuzzParse holds that whatever file is imported (case 91), it is judged, and that one without problems says the same
// after it was formatted.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range append(files, example) {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(`{"name":"x","trigger":{"on":"manual"},"steps":[{"id":"a","switch":null,"cases":[],"otherwise":[]}]}`))
	f.Add([]byte("name: x\nsteps:\n  - id: a\n    customer_response:\n    default: []\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, problems := flow.Parse(src)
		if doc == nil {
			if len(problems) == 0 {
				t.Errorf("%q is refused without a reason", src)
			}
			return
		}
		_, problems = flow.Compile(doc, installed{})
		formatted := flow.Format(doc)
		if len(problems) > 0 {
			return
		}
		again, problems := flow.Parse(formatted)
		if again == nil {
			t.Fatalf("%q is formatted as %q, which is refused: %v", src, formatted, problems)
		}
		if _, problems := flow.Compile(again, installed{}); len(problems) > 0 {
			t.Errorf("%q is formatted as %q, which has problems: %v", src, formatted, problems)
		}
		if twice := flow.Format(again); !bytes.Equal(formatted, twice) {
			t.Errorf("%q is formatted as %q and then as %q", src, formatted, twice)
		}
	})
}
