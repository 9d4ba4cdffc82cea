package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/schema"
)

func TestUnsoundDescriptionsNameThePlace(t *testing.T) {
	t.Parallel()
	text := schema.Type{Kind: schema.String}
	least, most := 5.0, 2.0
	deep := text
	for range 40 {
		deep = schema.Type{Kind: schema.List, Elem: &schema.Type{Kind: deep.Kind, Elem: deep.Elem}}
	}
	object := func(fields ...schema.Field) schema.Type { return schema.Type{Kind: schema.Object, Fields: fields} }
	for name, tt := range map[string]struct {
		given schema.Type
		want  string // begins the only problem; empty: sound
	}{
		"nothing":                   {schema.Type{}, ""},
		"an object":                 {object(schema.Field{Name: "a", Type: text, Default: json.RawMessage(`"x"`)}), ""},
		"a kind of its own":         {object(schema.Field{Name: "a", Type: schema.Type{Kind: "money"}}), `in.a has the unknown kind "money"`},
		"no kind":                   {object(schema.Field{Name: "a"}), `in.a has the unknown kind ""`},
		"a list of nothing":         {object(schema.Field{Name: "a", Type: schema.Type{Kind: schema.List}}), "in.a does not say what its entries are"},
		"a map of lists of nothing": {schema.Type{Kind: schema.Map, Elem: &schema.Type{Kind: schema.List}}, "in[] does not say"},
		"a field twice":             {object(schema.Field{Name: "a", Type: text}, schema.Field{Name: "a", Type: text}), `in has the field "a" twice`},
		"a format of its own":       {object(schema.Field{Name: "a", Type: text, Format: "iban"}), `in.a has the unknown format "iban"`},
		"a format of a number":      {object(schema.Field{Name: "a", Type: schema.Type{Kind: schema.Integer}, Format: "digits"}), "in.a has a rule that is for text"},
		"entries of numbers":        {object(schema.Field{Name: "a", Type: schema.Type{Kind: schema.List, Elem: &schema.Type{Kind: schema.Integer}}, Entries: "x"}), "in.a has entries to ask for"},
		"entries of a map":          {object(schema.Field{Name: "a", Type: schema.Type{Kind: schema.Map, Elem: &text}, Entries: "x"}), ""},
		"a most of a boolean":       {object(schema.Field{Name: "a", Type: schema.Type{Kind: schema.Boolean}, Max: &most}), "in.a has a least or most"},
		"a least above the most":    {object(schema.Field{Name: "a", Type: text, Min: &least, Max: &most}), "in.a can never be right"},
		"a default of another kind": {object(schema.Field{Name: "a", Type: text, Default: json.RawMessage(`7`)}), "in.a has a default that it does not allow"},
		"an empty choice":           {object(schema.Field{Name: "a", Type: text, OneOf: []string{"x", ""}}), "in.a allows the empty text"},
		"fields of a text":          {schema.Type{Kind: schema.String, Fields: []schema.Field{{Name: "a", Type: text}}}, "in has fields"},
		"a bottomless pit":          {deep, "in" + strings.Repeat("[]", 33) + " is nested deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range tt.given.Sound("in") {
				got = append(got, p.Path+" "+p.Message)
			}
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
