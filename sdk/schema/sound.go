package schema

import (
	"slices"
)

// maxDepth is how deep a description may nest.
const maxDepth = 32

// Sound reports what keeps a description from being used, each with its place and the remedy; path is where it
// begins. What Of and For return is sound. The zero Type is: it describes nothing.
func (t Type) Sound(path string) []Problem {
	var c checker
	if t.Kind != "" || len(t.Fields) > 0 || t.Elem != nil {
		c.sound(t, path, 0)
	}
	return c.problems
}

func (c *checker) sound(t Type, path string, depth int) {
	before := len(c.problems)
	if depth > maxDepth {
		c.add(path, "is nested deeper than %d levels; describe what lies below with kind any", maxDepth)
		return
	}
	switch t.Kind {
	case List, Map:
		if t.Elem == nil {
			c.add(path, "does not say what its entries are; set elem")
			return
		}
		c.sound(*t.Elem, path+"[]", depth+1)
	case Object:
		seen := map[string]bool{}
		for _, f := range t.Fields {
			if f.Name == "" || seen[f.Name] {
				c.add(path, "has the field %q twice or without a name; give each field a name of its own", f.Name)
				continue
			}
			seen[f.Name] = true
			c.soundField(&f, join(path, f.Name), depth+1)
		}
	case Any, String, Integer, Number, Boolean, Time, Duration:
	default:
		c.add(path, "has the unknown kind %.32q; use one of any, string, integer, number, boolean, time, duration, list, map, object", string(t.Kind))
	}
	if len(c.problems) == before && t.Kind != Object && len(t.Fields) > 0 {
		c.add(path, "has fields, but is of kind %s; only an object has fields", t.Kind)
	}
}

func (c *checker) soundField(f *Field, path string, depth int) {
	before := len(c.problems)
	c.sound(f.Type, path, depth)
	if len(c.problems) > before {
		return // what follows looks into the type
	}
	if _, known := formats[f.Format]; f.Format != "" && !known {
		c.add(path, "has the unknown format %.32q; use one of email, phone, url, slug, hostname, digits", f.Format)
	}
	textual := f.Format != "" || len(f.OneOf) > 0 || f.Lower || len(f.Strip) > 0 || f.Options != ""
	if textual && f.Type.Kind != String {
		c.add(path, "has a rule that is for text, but is of kind %s", f.Type.Kind)
	}
	if f.Entries != "" && !f.holdsTexts() {
		c.add(path, "has entries to ask for, but is no list or map of text")
	}
	if (f.Min != nil || f.Max != nil) && !f.measurable() {
		c.add(path, "has a least or most, which does not apply to kind %s", f.Type.Kind)
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		c.add(path, "can never be right: its least is %v and its most %v", *f.Min, *f.Max)
	}
	if slices.Contains(f.OneOf, "") {
		c.add(path, "allows the empty text, which counts as not filled in; take it out of one_of")
	}
	if len(c.problems) == before && f.Default != nil {
		for _, p := range f.check(f.Default, path) {
			c.add(path, "has a default that it does not allow: %s %s", p.Path, p.Message)
		}
	}
}
