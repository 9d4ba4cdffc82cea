package schema

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"
)

// whole is Check with every value read by the library.
func whole(t Type, value json.RawMessage, path string) []Problem {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return []Problem{{path, "is not JSON: " + err.Error()}}
	}
	if _, err := dec.Token(); err != io.EOF {
		return []Problem{{path, "is not JSON: there is more after the value"}}
	}
	var c checker
	c.field(&Field{Type: t}, v, path)
	return c.problems
}

func FuzzCheckReadsAsTheLibraryDoes(f *testing.F) {
	most := 3.0
	inner := Type{Kind: Object, Fields: []Field{
		{Name: "a", Type: Type{Kind: String}, Required: true, Max: &most}, {Name: "n", Type: Type{Kind: Integer}, Nullable: true},
		{Name: "any", Type: Type{Kind: Any}}, {Name: "f", Type: Type{Kind: Number}}, {Name: "b", Type: Type{Kind: Boolean}},
		{Name: "l", Type: Type{Kind: List, Elem: &Type{Kind: Integer}}, Max: &most},
	}}
	types := []Type{
		{Kind: Any}, {Kind: Map, Elem: &Type{Kind: Any}}, {Kind: Map, Elem: &Type{Kind: String}}, inner,
		{Kind: Object, Open: true, Fields: []Field{{Name: "in", Type: inner}, {Name: "list", Type: Type{Kind: List, Elem: &inner}}}},
		{Kind: List, Elem: &Type{Kind: Map, Elem: &inner}}, {Kind: String}, {Kind: Time}, {Kind: Boolean},
	}
	for _, seed := range []string{
		``, `null`, ` true `, `"x\u00e9\"}"`, `{"a":"x","n":null,"any":{"deep":[{"}":"]"}]},"f":1e9,"b":false,"l":[1,2,3,4]}`,
		`{"in":{"a":["x"]},"list":[{"a":""},{"z":{"a":[{}]}},[],3],"else":{"y":[true,"\\"]}}`, `[{"k":{"a":"four"}},{}]`, `{"a":"x","a":7}`,
		"{\"a\":\"\xff\",\"\xfe\":1}", `{"\u0061":1,"a":"x"}`, `{"a":"x"} 1`, `{"a":`, `[820982911946154508,-0.5]`, `{"n":1.5,"f":"1"}`, `{"any":null,"b":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, typ := range types {
			if got, want := typ.Check(raw, "in"), whole(typ, raw, "in"); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: %q:\ngot  %v\nwant %v", typ, raw, got, want)
			}
		}
	})
}
