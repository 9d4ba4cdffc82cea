package flow

import (
	"encoding/json"
	"fmt"
)

// JSONSchema describes the document's form for editors, as JSON Schema 2020-12. It says less than Compile, which knows
// the connectors.
func JSONSchema() []byte {
	definitions := map[string]any{}
	var steps []any
	for _, k := range kinds {
		definitions["step."+string(k)] = schemaOf(append([]field{idField}, stepFields[k]...))
		steps = append(steps, map[string]any{"$ref": "#/$defs/step." + string(k)})
	}
	definitions["steps"] = map[string]any{"type": "array", "maxItems": MaxSteps, "items": map[string]any{"oneOf": steps}}
	root := schemaOf(documentFields)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Cordboard flow"
	root["$defs"] = definitions
	raw, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // maps, lists and text
	}
	return append(raw, '\n')
}

func schemaOf(fields []field) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, f := range fields {
		s := f.schema()
		if f.help != "" {
			s["description"] = f.help
		}
		properties[f.name] = s
		if f.required {
			required = append(required, f.name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func (f field) schema() map[string]any {
	switch f.shape {
	case textShape, templateShape, durationShape:
		return map[string]any{"type": "string"}
	case nameShape:
		return map[string]any{"type": "string", "pattern": slug.String()}
	case idShape:
		return map[string]any{"type": "string", "pattern": idText.String()}
	case expressionShape:
		return map[string]any{"type": []string{"string", "boolean", "number"}}
	case booleanShape:
		return map[string]any{"type": "boolean"}
	case numberShape:
		return map[string]any{"type": "number"}
	case choiceShape:
		return map[string]any{"enum": f.oneOf}
	case objectShape:
		s := schemaOf(f.fields)
		if len(s["required"].([]string)) == 0 {
			s["type"] = []string{"object", "null"}
		}
		return s
	case valuesShape:
		return map[string]any{"type": "object"}
	case stepsShape:
		return map[string]any{"$ref": "#/$defs/steps"}
	case casesShape:
		return map[string]any{"type": "array", "items": schemaOf(f.fields)}
	case anyShape:
		return map[string]any{}
	default:
		panic(fmt.Sprintf("shape %d has no schema", f.shape))
	}
}
