// Package schema describes JSON values: what an operation takes and yields. One description drives the form in
// the console, the checks when a flow is saved, the validation of a call and the documentation page.
//
// The package owns the description, its derivation from tagged Go structs (Of) and the check of a value against
// it (Type.Check). What the values mean is left to others.
package schema

import "encoding/json"

// Kind is the shape of a JSON value.
type Kind string

const (
	Any      Kind = "any"
	String   Kind = "string"
	Integer  Kind = "integer" // 64 bits, never a float on the way
	Number   Kind = "number"
	Boolean  Kind = "boolean"
	Time     Kind = "time"     // a string in RFC 3339 with a zone
	Duration Kind = "duration" // a string such as "2h" or "1h30m"
	List     Kind = "list"
	Map      Kind = "map" // an object with free keys and values of one type
	Object   Kind = "object"
)

// Type describes one JSON value. The zero value describes nothing; use Kind Any for "whatever comes".
type Type struct {
	Kind   Kind    `json:"kind"`
	Elem   *Type   `json:"elem,omitempty"`   // of List and Map
	Fields []Field `json:"fields,omitempty"` // of Object, in the order of the form
	Open   bool    `json:"open,omitempty"`   // an Object that may carry fields not declared here
}

// Field is one named member of an Object.
type Field struct {
	Name     string          `json:"name"`
	Label    string          `json:"label,omitempty"`
	Help     string          `json:"help,omitempty"` // prose for people who do not program
	Type     Type            `json:"type"`
	Required bool            `json:"required,omitempty"`
	Nullable bool            `json:"nullable,omitempty"` // may be null although declared, as vendors do
	Secret   bool            `json:"secret,omitempty"`   // stays in the gateway; a connector sees a handle
	Generate bool            `json:"generate,omitempty"` // a secret that the gateway makes up when a person leaves it empty
	Default  json.RawMessage `json:"default,omitempty"`
	OneOf    []string        `json:"one_of,omitempty"`
	Min      *float64        `json:"min,omitempty"`     // a number's least value, a string's characters, a list's items
	Max      *float64        `json:"max,omitempty"`     // likewise the most
	Format   string          `json:"format,omitempty"`  // email, phone, url, slug, hostname, digits
	Options  string          `json:"options,omitempty"` // name of the loader that fills a dropdown
	Entries  string          `json:"entries,omitempty"` // name of the loader that says which entries a List or Map of text has
	Lower    bool            `json:"lower,omitempty"`   // Normalize lowers the text
	Strip    []string        `json:"strip,omitempty"`   // what Normalize takes off both ends of the text
}

// Field returns the field of that name of an Object.
func (t Type) Field(name string) (Field, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Problem is one thing wrong with a value, with the place and the remedy.
type Problem struct {
	Path    string `json:"path"` // such as "with.body[0]"; empty for the value itself
	Message string `json:"message"`
}
