package schema

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Normalize returns the value as it is meant: absent fields take their defaults, text with rules lower and strip
// is tidied (people paste "https://Shop.example.com/admin" where "shop" is wanted). Everything else keeps its
// exact bytes. A value of another shape comes back unchanged; reporting it is Check's part.
func (t Type) Normalize(value json.RawMessage) json.RawMessage {
	switch t.Kind {
	case Object:
		return t.normalizeObject(value)
	case List:
		var items []json.RawMessage
		if t.plain() || json.Unmarshal(value, &items) != nil || items == nil {
			return value
		}
		for i := range items {
			items[i] = t.Elem.Normalize(items[i])
		}
		return encode(items)
	}
	return value
}

// plain says that nothing inside the type can change, which spares reading large values.
func (t Type) plain() bool {
	switch t.Kind {
	case List:
		return t.Elem.plain()
	case Object:
		for _, f := range t.Fields {
			if f.Default != nil || f.Lower || len(f.Strip) > 0 || !f.Type.plain() {
				return false
			}
		}
	}
	return true
}

func (t Type) normalizeObject(value json.RawMessage) json.RawMessage {
	if t.plain() {
		return value
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil || members == nil {
		return value
	}
	for _, f := range t.Fields {
		v, ok := members[f.Name]
		switch {
		case (!ok || string(v) == `""`) && f.Default != nil:
			members[f.Name] = f.Default
		case ok && (f.Lower || len(f.Strip) > 0):
			members[f.Name] = f.tidy(v)
		case ok:
			members[f.Name] = f.Type.Normalize(v)
		}
	}
	return encode(members)
}

// tidy takes off what people paste along: blanks, then every prefix and suffix of Strip as often as it stands there.
func (f Field) tidy(value json.RawMessage) json.RawMessage {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return value
	}
	s = strings.TrimSpace(s)
	if f.Lower {
		s = strings.ToLower(s)
	}
	for before := ""; before != s; {
		before = s
		for _, part := range f.Strip {
			s = strings.TrimSuffix(strings.TrimPrefix(s, part), part)
		}
	}
	return encode(s)
}

// encode writes JSON without escaping <, > and &, as the value had them.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // strings and valid JSON always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
