package schema

import (
	"encoding/json"
	"unicode/utf8"
)

// scanner makes values of text that is known to be JSON, as far as a type asks for them: what may be anything is passed
// over. Objects become map[string]any, lists []any, text string and numbers json.Number, as 64-bit integers would not
// survive a float64.
type scanner struct{ rest []byte }

// next skips to the next character that is neither a blank, a comma nor a colon, and returns it.
func (r *scanner) next() byte {
	for {
		switch c := r.rest[0]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			r.rest = r.rest[1:]
		default:
			return c
		}
	}
}

// value reads one value. t is nil for one that may be anything: it reads as nil.
func (r *scanner) value(t *Type) any {
	if t != nil && t.Kind == Any {
		t = nil
	}
	switch c := r.next(); c {
	case '{':
		return r.object(t)
	case '[':
		r.rest = r.rest[1:]
		var elem *Type
		if t != nil && t.Kind == List {
			elem = t.Elem
		}
		items := []any{}
		for r.next() != ']' {
			if item := r.value(elem); t != nil {
				items = append(items, item)
			}
		}
		r.rest = r.rest[1:]
		return items
	case '"':
		return r.text(t != nil)
	default:
		return r.word(c)
	}
}

func (r *scanner) object(t *Type) any {
	r.rest = r.rest[1:]
	members := map[string]any{}
	for r.next() != '}' {
		name := r.text(t != nil)
		value := r.value(t.member(name))
		if t != nil {
			members[name] = value
		}
	}
	r.rest = r.rest[1:]
	return members
}

// member is the type of a member of an object; nil: its value does not matter.
func (t *Type) member(name string) *Type {
	switch {
	case t == nil:
	case t.Kind == Map:
		return t.Elem
	case t.Kind == Object:
		for i := range t.Fields {
			if t.Fields[i].Name == name {
				return &t.Fields[i].Type
			}
		}
	}
	return nil
}

// text reads a string; one that is not wanted is passed over.
func (r *scanner) text(wanted bool) string {
	end, escaped := 1, false
	for ; r.rest[end] != '"'; end++ {
		if r.rest[end] == '\\' {
			end, escaped = end+1, true
		}
	}
	quoted := r.rest[:end+1]
	r.rest = r.rest[end+1:]
	switch inner := quoted[1:end]; {
	case !wanted:
		return ""
	case escaped || !utf8.Valid(inner):
		var s string
		_ = json.Unmarshal(quoted, &s) // it is valid
		return s
	default:
		return string(inner)
	}
}

// word reads a number, true, false or null, which begins with c.
func (r *scanner) word(c byte) any {
	end := 1
	for end < len(r.rest) && r.rest[end] > ' ' && r.rest[end] != ',' && r.rest[end] != ']' && r.rest[end] != '}' {
		end++
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	switch c {
	case 't', 'f':
		return c == 't'
	case 'n':
		return nil
	}
	return json.Number(word)
}
