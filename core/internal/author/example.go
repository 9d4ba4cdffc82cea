package author

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/cordboard/cordboard/sdk/schema"
)

// example makes up a value that a sound type allows, with the fields that want is true of.
func example(t schema.Type, want func(schema.Field) bool) any {
	return exampleOf(schema.Field{Type: t}, want)
}

func required(f schema.Field) bool { return f.Required }

// setting chooses the fields of a connection that matter to an examination: secrets, to find them again, and
// addresses, without which nothing would be asked.
func setting(f schema.Field) bool { return f.Required || f.Secret || f.Format == "url" }

func exampleOf(f schema.Field, want func(schema.Field) bool) any {
	var given any
	switch {
	case f.Default != nil && json.Unmarshal(f.Default, &given) == nil:
		return f.Default
	case f.Secret:
		return fit(f, "canary-"+f.Name+"-0123456789")
	case len(f.OneOf) > 0:
		return f.OneOf[0]
	}
	switch f.Type.Kind {
	case schema.String:
		if text, ok := formats[f.Format]; ok {
			return text
		}
		return fit(f, "example")
	case schema.Integer, schema.Number:
		return number(f)
	case schema.Boolean:
		return true
	case schema.Time:
		return "2026-01-31T09:00:00Z"
	case schema.Duration:
		return "1m"
	case schema.List:
		items := []any{}
		for range size(f, 1) {
			items = append(items, example(*f.Type.Elem, want))
		}
		return items
	case schema.Map:
		return map[string]any{"example": example(*f.Type.Elem, want)}
	case schema.Object:
		members := map[string]any{}
		for _, field := range f.Type.Fields {
			if want(field) {
				members[field.Name] = exampleOf(field, want)
			}
		}
		return members
	}
	return "example"
}

// formats are examples of the formats of package schema.
var formats = map[string]string{
	"email": "ana@example.com", "phone": "+34600123456", "url": "https://api.example.com", "slug": "example",
	"hostname": "api.example.com", "digits": "12345678",
}

// longest bounds what is made up, whatever a manifest asks for: characters of a text, entries of a list.
const longest = 10_000

// fit makes a text as long as a field wants it.
func fit(f schema.Field, text string) string {
	n := size(f, len(text))
	return (text + strings.Repeat("x", max(0, n-len(text))))[:n]
}

// size moves a number of characters or entries to where a field wants it.
func size(f schema.Field, n int) int {
	if f.Min != nil {
		n = int(min(max(float64(n), math.Ceil(*f.Min)), longest))
	}
	if f.Max != nil {
		n = int(max(0, min(float64(n), *f.Max)))
	}
	return n
}

func number(f schema.Field) any {
	n := 1.0
	if f.Min != nil {
		n = max(n, math.Ceil(*f.Min))
	}
	if f.Max != nil {
		n = min(n, math.Floor(*f.Max))
	}
	return n
}

// encode writes what example made.
func encode(v any) json.RawMessage {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps, lists and texts
	}
	return encoded
}

// wrongInput is an input that a type does not allow, because of one of these fields.
type wrongInput struct {
	what   string
	input  json.RawMessage
	fields []string
}

// wrongInputs spoils a right input in each way that the type lets one name a field for: without what is required, with a
// field too many, and with a value of another shape in each field.
func wrongInputs(t schema.Type, right json.RawMessage) []wrongInput {
	var wrong []wrongInput
	var missing []string
	for _, f := range t.Fields {
		if f.Required && f.Default == nil {
			missing = append(missing, f.Name)
		}
	}
	if len(missing) > 0 {
		wrong = append(wrong, wrongInput{"an empty input", json.RawMessage(`{}`), missing})
	}
	with := func(field string, value json.RawMessage) json.RawMessage {
		members := map[string]json.RawMessage{}
		_ = json.Unmarshal(right, &members) // another shape of input is spoilt enough by what is put in
		members[field] = value
		return encode(members)
	}
	if t.Kind == schema.Object && !t.Open {
		const stranger = "no_such_field"
		wrong = append(wrong, wrongInput{"a field that it does not have", with(stranger, json.RawMessage("1")), []string{stranger}})
	}
	for _, f := range t.Fields {
		bad, what := json.RawMessage(`{"x":1}`), "an object"
		switch f.Type.Kind {
		case schema.Any:
			continue
		case schema.Object, schema.Map, schema.List:
			bad, what = json.RawMessage(`"x"`), "a text"
		}
		wrong = append(wrong, wrongInput{what + " in " + f.Name, with(f.Name, bad), []string{f.Name}})
		if len(f.OneOf) > 0 {
			wrong = append(wrong, wrongInput{"a choice of its own in " + f.Name, with(f.Name, json.RawMessage(`"none of these"`)), []string{f.Name}})
		}
	}
	return wrong
}
