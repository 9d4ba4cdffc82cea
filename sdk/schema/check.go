package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Check compares a JSON value with the description and returns all problems together, each with its path and its
// remedy. The path begins with path, so that a caller gets "with.body[0]" by passing "with". An optional string
// that is empty counts as not filled in.
func (t Type) Check(value json.RawMessage, path string) []Problem {
	return (&Field{Type: t}).check(value, path)
}

func (f *Field) check(value json.RawMessage, path string) []Problem {
	if !json.Valid(value) {
		return []Problem{{path, notJSON(value)}}
	}
	v := (&scanner{rest: value}).value(&f.Type)
	var c checker
	c.field(f, v, path)
	return c.problems
}

// notJSON says what is wrong with a text.
func notJSON(value json.RawMessage) string {
	dec := json.NewDecoder(bytes.NewReader(value))
	if err := dec.Decode(new(json.RawMessage)); err != nil {
		return "is not JSON: " + err.Error()
	}
	return "is not JSON: there is more after the value"
}

type checker struct{ problems []Problem }

func (c *checker) add(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

func (c *checker) field(f *Field, v any, path string) {
	if v == nil && f.Type.Kind != Any {
		if !f.Nullable {
			c.add(path, "must not be null; leave it out or give a %s", f.Type.Kind)
		}
		return
	}
	switch v := v.(type) {
	case string:
		c.text(f, v, path)
	case json.Number:
		c.number(f, v, path)
	case bool:
		c.kind(f, path, "true or false", Boolean)
	case []any:
		if c.kind(f, path, "a list", List) && f.Type.Kind == List {
			c.bounds(f, float64(len(v)), path, "have", " entries")
			for i, item := range v {
				c.field(&Field{Type: *f.Type.Elem}, item, fmt.Sprintf("%s[%d]", path, i))
			}
		}
	case map[string]any:
		if c.kind(f, path, "an object", Object, Map) {
			c.object(f, v, path)
		}
	}
}

// kind reports a value of the wrong shape. Any takes everything.
func (c *checker) kind(f *Field, path, got string, want ...Kind) bool {
	if f.Type.Kind == Any || slices.Contains(want, f.Type.Kind) {
		return true
	}
	c.add(path, "must be %s, not %s", names[f.Type.Kind], got)
	return false
}

var names = map[Kind]string{
	String: "text", Integer: "a whole number", Number: "a number", Boolean: "true or false", List: "a list",
	Map: "an object", Object: "an object", Time: "a time such as 2026-01-31T09:00:00Z", Duration: "a duration such as 2h30m",
}

func (c *checker) text(f *Field, s, path string) {
	if !c.kind(f, path, "text", String, Time, Duration) || f.Type.Kind == Any {
		return
	}
	if s == "" {
		if f.Required {
			c.add(path, "must be filled in")
		}
		return
	}
	switch f.Type.Kind {
	case Time:
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
			c.add(path, "must be %s", names[Time])
		}
		return
	case Duration:
		if _, err := time.ParseDuration(s); err != nil {
			c.add(path, "must be %s", names[Duration])
		}
		return
	}
	c.bounds(f, float64(utf8.RuneCountInString(s)), path, "have", " characters")
	if len(f.OneOf) > 0 && !slices.Contains(f.OneOf, s) {
		c.add(path, "must be one of %s%s", strings.Join(f.OneOf, ", "), suggest(s, f.OneOf))
	}
	if shape, ok := formats[f.Format]; ok && !shape.ok(s) {
		c.add(path, "%s", shape.remedy)
	}
}

func (c *checker) number(f *Field, n json.Number, path string) {
	if !c.kind(f, path, "a number", Integer, Number) || f.Type.Kind == Any {
		return
	}
	if f.Type.Kind == Integer {
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err != nil {
			c.add(path, "must be a whole number of at most 64 bits")
			return
		}
		c.bounds(f, float64(i), path, "be", "")
		return
	}
	x, err := n.Float64()
	if err != nil {
		c.add(path, "is a number out of range")
		return
	}
	c.bounds(f, x, path, "be", "")
}

func (c *checker) bounds(f *Field, n float64, path, verb, unit string) {
	if f.Min != nil && n < *f.Min {
		c.add(path, "must %s at least %v%s", verb, *f.Min, unit)
	}
	if f.Max != nil && n > *f.Max {
		c.add(path, "must %s at most %v%s", verb, *f.Max, unit)
	}
}

func (c *checker) object(f *Field, members map[string]any, path string) {
	switch f.Type.Kind {
	case Map:
		for _, name := range slices.Sorted(maps.Keys(members)) {
			c.field(&Field{Type: *f.Type.Elem}, members[name], join(path, name))
		}
	case Object:
		known := make([]string, len(f.Type.Fields))
		for i := range f.Type.Fields {
			field := &f.Type.Fields[i]
			known[i] = field.Name
			if v, ok := members[field.Name]; ok {
				c.field(field, v, join(path, field.Name))
			} else if field.Required && field.Default == nil {
				c.add(join(path, field.Name), "must be filled in")
			}
		}
		if f.Type.Open {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !slices.Contains(known, name) {
				c.add(join(path, name), "is not a field here%s", suggest(name, known))
			}
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
