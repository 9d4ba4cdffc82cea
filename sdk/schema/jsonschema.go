package schema

// JSONSchema writes the description in JSON Schema, draft 2020-12, for editors and for other languages.
func (t Type) JSONSchema() map[string]any {
	s := t.jsonSchema()
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	return s
}

func (t Type) jsonSchema() map[string]any {
	switch t.Kind {
	case Time:
		return map[string]any{"type": "string", "format": "date-time"}
	case Duration:
		return map[string]any{"type": "string", "pattern": `^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`}
	case List:
		return map[string]any{"type": "array", "items": t.Elem.jsonSchema()}
	case Map:
		return map[string]any{"type": "object", "additionalProperties": t.Elem.jsonSchema()}
	case Object:
		properties, required := map[string]any{}, []string{}
		for _, f := range t.Fields {
			properties[f.Name] = f.jsonSchema()
			if f.Required && f.Default == nil {
				required = append(required, f.Name)
			}
		}
		s := map[string]any{"type": "object", "properties": properties, "additionalProperties": t.Open}
		if len(required) > 0 {
			s["required"] = required
		}
		return s
	case String, Integer, Number, Boolean:
		return map[string]any{"type": string(t.Kind)}
	}
	return map[string]any{}
}

// formatNames maps our formats to those of JSON Schema, where there is one.
var formatNames = map[string]string{"email": "email", "url": "uri", "hostname": "hostname"}

func (f Field) jsonSchema() map[string]any {
	s := f.Type.jsonSchema()
	set := func(key string, value any, when bool) {
		if when {
			s[key] = value
		}
	}
	set("title", f.Label, f.Label != "")
	set("description", f.Help, f.Help != "")
	set("default", f.Default, f.Default != nil)
	set("enum", f.OneOf, len(f.OneOf) > 0)
	set("format", formatNames[f.Format], formatNames[f.Format] != "")
	set("writeOnly", true, f.Secret)
	least, most := "minimum", "maximum"
	switch f.Type.Kind {
	case String:
		least, most = "minLength", "maxLength"
		set("minLength", 1, f.Required)
	case List:
		least, most = "minItems", "maxItems"
	}
	if f.Min != nil {
		s[least] = *f.Min
	}
	if f.Max != nil {
		s[most] = *f.Max
	}
	if kind, ok := s["type"]; ok && f.Nullable {
		s["type"] = []any{kind, "null"}
	}
	return s
}
