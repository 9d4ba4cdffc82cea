package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk/schema"
)

type address struct {
	City string `json:"city"`
}

type order struct {
	_        schema.Open
	ID       int64           `json:"id" label:"Order number" rule:"required"`
	Note     *string         `json:"note"`
	Email    string          `json:"email" rule:"email"`
	State    string          `json:"state" rule:"oneof=open closed" default:"open"`
	Items    []address       `json:"items"`
	Prices   map[string]int  `json:"prices,omitempty"`
	Created  time.Time       `json:"created"`
	Wait     schema.Span     `json:"wait" default:"2h"`
	Count    int             `json:"count" rule:"min=1,max=3" default:"2"`
	Raw      json.RawMessage `json:"raw"`
	Skipped  string          `json:"-"`
	internal int             //nolint:unused // that it is left out is what is tested
	address
}

func TestOfReadsAStruct(t *testing.T) {
	t.Parallel()
	got, err := schema.For[order]()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"object","fields":[` +
		`{"name":"id","label":"Order number","type":{"kind":"integer"},"required":true},` +
		`{"name":"note","type":{"kind":"string"},"nullable":true},` +
		`{"name":"email","type":{"kind":"string"},"format":"email"},` +
		`{"name":"state","type":{"kind":"string"},"default":"open","one_of":["open","closed"]},` +
		`{"name":"items","type":{"kind":"list","elem":{"kind":"object","fields":[{"name":"city","type":{"kind":"string"}}]}},"nullable":true},` +
		`{"name":"prices","type":{"kind":"map","elem":{"kind":"integer"}}},` +
		`{"name":"created","type":{"kind":"time"}},` +
		`{"name":"wait","type":{"kind":"duration"},"default":"2h"},` +
		`{"name":"count","type":{"kind":"integer"},"default":2,"min":1,"max":3},` +
		`{"name":"raw","type":{"kind":"any"}},` +
		`{"name":"city","type":{"kind":"string"}}],"open":true}`
	if string(encoded) != want {
		t.Errorf("got\n%s\nwant\n%s", encoded, want)
	}
}

type node struct {
	Next []node `json:"next"`
}

func TestOfNamesStructAndFieldOfABadTag(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		derive func() (schema.Type, error)
		want   string
	}{
		"an unknown rule": {schema.For[struct {
			A string `json:"a" rule:"requird"`
		}], `.A: unknown rule "requird"; did you mean "required"?; the rules are required, min,`},
		"no json tag": {schema.For[struct{ A string }], ".A has no json tag"},
		"a name used twice": {schema.For[struct {
			address
			City string `json:"city"`
		}], `.City: the name "city" is already taken`},
		"min of a boolean": {schema.For[struct {
			A bool `json:"a" rule:"min=1"`
		}], "rule min does not apply to boolean"},
		"min without a number": {schema.For[struct {
			A int `json:"a" rule:"min=x"`
		}], "rule min wants a number"},
		"a format on a number": {schema.For[struct {
			A int `json:"a" rule:"email"`
		}], "is for strings, not for integer"},
		"a default outside the choice": {schema.For[struct {
			A string `json:"a" rule:"oneof=x y" default:"z"`
		}], "must be one of x, y"},
		"a default of the wrong kind": {schema.For[struct {
			A int `json:"a" default:"two"`
		}], `default "two" is not JSON`},
		"generate without secret": {schema.For[struct {
			A string `json:"a" rule:"generate"`
		}], "rule generate is for secrets"},
		"options of a number": {schema.For[struct {
			A int `json:"a" options:"x"`
		}], "options fill a string"},
		"entries of a text": {schema.For[struct {
			A string `json:"a" entries:"x"`
		}], "entries are of a list or a map of strings, not of string"},
		"entries that are no texts": {schema.For[struct {
			A []int `json:"a" entries:"x"`
		}], "entries are of a list or a map of strings"},
		"a plain duration": {schema.For[struct {
			A time.Duration `json:"a"`
		}], "use schema.Span"},
		"a channel": {schema.For[struct {
			A chan int `json:"a"`
		}], ".A: chan int has no JSON form"},
		"a tag without quotes": {func() (schema.Type, error) {
			return schema.Of(reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"a" label:A`}}))
		}, `.A: its tag is not read from "label:A" on`},
		"limits that nothing fits": {schema.For[struct {
			A string `json:"a" rule:"min=5,max=2"`
		}], "rule min=5 is above max=2"},
		"a type within itself":   {schema.For[node], "contains itself"},
		"a map with number keys": {schema.For[map[int]string], "keys of a JSON object are strings"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.derive()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestOfReportsAllBadTagsTogether(t *testing.T) {
	t.Parallel()
	_, err := schema.For[struct {
		A string `json:"a" rule:"x"`
		B string `json:"b" rule:"y"`
	}]()
	if err == nil || !strings.Contains(err.Error(), `"x"`) || !strings.Contains(err.Error(), `"y"`) {
		t.Errorf("got %v, want both problems", err)
	}
}

// A call of an action asks for its input's description, which would cost more than the call.
func TestATypeIsReadOnce(t *testing.T) {
	t.Parallel()
	type input struct {
		A string `json:"a" rule:"required"`
	}
	first, err := schema.For[input]()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := schema.For[input](); err != nil || &first.Fields[0] != &second.Fields[0] {
		t.Errorf("it was read again: %v", err)
	}
	type bad struct {
		A string `json:"a" rule:"nonsense"`
	}
	for range 2 {
		if _, err := schema.For[bad](); err == nil {
			t.Error("a bad tag passes")
		}
	}
}
