package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cordboard/cordboard/sdk/schema"
)

// The two readings of one description must agree: what Check takes, an editor with our JSON Schema takes too.
func TestJSONSchemaAgreesWithCheck(t *testing.T) {
	t.Parallel()
	described, err := schema.For[input]()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(described.JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("input.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("input.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{
		`{"to":"+34600123456"}`, `{}`, `{"to":""}`, `{"to":"+34600123456","txet":""}`, `{"to":"+34600123456","count":0}`,
		`{"to":"+34600123456","body":["a","b","c"]}`, `{"to":"+34600123456","body":null,"at":null}`, `{"to":null}`,
		`{"to":"+34600123456","inner":{}}`, `{"to":"+34600123456","priority":"x"}`, `[]`,
	} {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(value))
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := len(described.Check(json.RawMessage(value), "")) == 0, compiled.Validate(instance) == nil
		if ours != theirs {
			t.Errorf("%s: Check says %v, the JSON Schema says %v", value, ours, theirs)
		}
	}
}
