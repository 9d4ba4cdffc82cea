package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Describer is implemented by types that say themselves what their field is, such as a secret. It is asked on the
// zero value, before the field's tags are read.
type Describer interface {
	DescribeField(f *Field)
}

// Open marks a struct whose JSON may carry more fields than are declared, as vendors' objects do:
//
//	type Order struct {
//		_  schema.Open
//		ID int64 `json:"id"`
//	}
type Open struct{}

var (
	describer  = reflect.TypeFor[Describer]()
	rawMessage = reflect.TypeFor[json.RawMessage]()
	number     = reflect.TypeFor[json.Number]()
	timestamp  = reflect.TypeFor[time.Time]()
	span       = reflect.TypeFor[time.Duration]()
	open       = reflect.TypeFor[Open]()
)

// For derives the description of T; see Of.
func For[T any]() (Type, error) { return Of(reflect.TypeFor[T]()) }

// Of derives the description of a Go type from its shape and its tags: json (the name, needed on every exported
// field), label, help, rule, default and options. The tag rule is a list with commas of
//
//	required  secret  generate  nullable  lower
//	min=N  max=N  oneof=a b c  strip=https:// /admin
//	email  phone  url  slug  hostname  digits
//
// All bad tags are reported together, each with its struct and field. A type that contains itself is refused. A type is
// read once: what is returned is shared and must not be changed.
func Of(t reflect.Type) (Type, error) {
	if known, ok := described.Load(t); ok {
		d := known.(description)
		return d.t, d.err
	}
	r := reader{within: map[reflect.Type]bool{}}
	field := r.describe(t)
	d := description{field.Type, errors.Join(r.problems...)}
	described.Store(t, d)
	return d.t, d.err
}

// described holds the description of each type that was asked for: a call of an action asks for its input's.
var described sync.Map // reflect.Type to description

type description struct {
	t   Type
	err error
}

type reader struct {
	within   map[reflect.Type]bool // the structs being read, to notice recursion
	at       string                // the field being read, for its problems
	problems []error
}

func (r *reader) fail(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// describe returns what the type alone says of a field.
func (r *reader) describe(t reflect.Type) Field {
	if t.Implements(describer) && t.Kind() != reflect.Pointer {
		var f Field
		reflect.Zero(t).Interface().(Describer).DescribeField(&f)
		return f
	}
	switch t {
	case rawMessage:
		return Field{Type: Type{Kind: Any}}
	case number:
		return Field{Type: Type{Kind: Number}}
	case timestamp:
		return Field{Type: Type{Kind: Time}}
	case span:
		r.fail("%s is a bare number in JSON: use schema.Span, which reads as \"2h\"", t)
		return Field{Type: Type{Kind: Any}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		f := r.describe(t.Elem())
		f.Nullable = true
		return f
	case reflect.Interface:
		return Field{Type: Type{Kind: Any}}
	case reflect.String:
		return Field{Type: Type{Kind: String}}
	case reflect.Bool:
		return Field{Type: Type{Kind: Boolean}}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Field{Type: Type{Kind: Integer}}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Field{Type: Type{Kind: Integer}, Min: new(float64)}
	case reflect.Float32, reflect.Float64:
		return Field{Type: Type{Kind: Number}}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return Field{Type: Type{Kind: String}} // encoding/json writes bytes as base64
		}
		elem := r.describe(t.Elem()).Type
		return Field{Type: Type{Kind: List, Elem: &elem}}
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			r.fail("%s: the keys of a JSON object are strings", t)
		}
		elem := r.describe(t.Elem()).Type
		return Field{Type: Type{Kind: Map, Elem: &elem}}
	case reflect.Struct:
		return Field{Type: r.object(t)}
	}
	r.fail("%s%s has no JSON form: use a string, a number, a bool, a struct, a slice or a map", r.at, t)
	return Field{Type: Type{Kind: Any}}
}

func (r *reader) object(t reflect.Type) Type {
	if r.within[t] {
		r.fail("%s contains itself: use json.RawMessage for the inner one", t)
		return Type{Kind: Any}
	}
	r.within[t] = true
	defer delete(r.within, t)

	object := Type{Kind: Object}
	for i := range t.NumField() {
		sf := t.Field(i)
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		switch {
		case sf.Type == open:
			object.Open = true
			continue
		case name == "-" || !sf.IsExported() && !sf.Anonymous:
			continue
		case sf.Anonymous && name == "":
			inner := r.describe(sf.Type).Type
			object.Fields = append(object.Fields, inner.Fields...)
			object.Open = object.Open || inner.Open
			continue
		case name == "":
			r.fail("%s.%s has no json tag: write json:%q, or json:\"-\" to leave it out", t, sf.Name, strings.ToLower(sf.Name))
			continue
		}
		if _, taken := object.Field(name); taken {
			r.fail("%s.%s: the name %q is already taken", t, sf.Name, name)
			continue
		}
		if broken := malformed(string(sf.Tag)); broken != "" {
			r.fail("%s.%s: its tag is not read from %q on: write each part as name:\"value\", with a blank between them", t, sf.Name, broken)
			continue
		}
		outer := r.at
		r.at = fmt.Sprintf("%s.%s: ", t, sf.Name)
		field := r.describe(sf.Type)
		r.at = outer
		field.Name = name
		if err := field.readTags(sf.Tag); err != nil {
			r.fail("%s.%s: %w", t, sf.Name, err)
		}
		// Go writes an empty slice or map as null unless told to leave it out.
		if k := sf.Type.Kind(); (k == reflect.Slice || k == reflect.Map) && !field.Required && !strings.Contains(options, "omit") {
			field.Nullable = field.Type.Kind != Any
		}
		object.Fields = append(object.Fields, field)
	}
	return object
}
