package httpapi

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestEachBodyHasAnExample: whoever writes against the API finds a body for each operation, and its schema takes it.
func TestEachBodyHasAnExample(t *testing.T) {
	t.Parallel()
	_, text := setupAPI(t).do(t, "GET", "/api/openapi.json", "", nil)
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string
			Responses   map[string]struct{ Description string }
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
					Example json.RawMessage
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(examples)
	for path, methods := range spec.Paths {
		for _, op := range methods {
			media, ok := op.RequestBody.Content["application/json"]
			if !ok || strings.HasPrefix(path, "/api/v1/session") || path == "/api/v1/setup" {
				continue
			}
			delete(left, op.OperationID)
			if why := op.Responses["default"].Description; !strings.Contains(why, "401: ") || !strings.Contains(why, "422: ") || strings.Contains(path, "{") != strings.Contains(why, "404: ") {
				t.Errorf("%s answers with problems: %q", op.OperationID, why)
			}
			example, err := jsonschema.UnmarshalJSON(strings.NewReader(string(media.Example)))
			if err != nil {
				t.Errorf("%s has no example: %v", op.OperationID, err)
				continue
			}
			schema, err := compiler.Compile("openapi.json" + media.Schema.Ref)
			if err != nil {
				t.Fatalf("%s: %v", op.OperationID, err)
			}
			if err := schema.Validate(example); err != nil {
				t.Errorf("the example of %s is not taken: %v", op.OperationID, err)
			}
		}
	}
	for id := range left {
		t.Errorf("there is no operation %s that takes a body", id)
	}
}
