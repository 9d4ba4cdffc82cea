// Package contactfield owns the fields that a workspace declares for its contacts: their types, and which values they take.
package contactfield

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Field is one declared field; flows read it as contact.fields.<name>.
type Field struct {
	Name    string
	Type    Type
	Title   string   // what people read; may be empty
	Choices []string // of Choice
}

// Type is what a field holds.
type Type string

// What Type may be.
const (
	Text     Type = "text"
	Number   Type = "number"
	Boolean  Type = "boolean"
	Date     Type = "date"     // 2026-05-17
	DateTime Type = "datetime" // RFC 3339 with a zone
	Choice   Type = "choice"   // one of Choices
)

// Problem is what is wrong with a field's declaration or with a value. Its path is empty for a value.
type Problem struct{ Path, Message, Remedy string }

func (p *Problem) Error() string { return p.Message + "; " + p.Remedy }

var name = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// maxChoices is how many values a choice may have.
const maxChoices = 200

// Check finds the first thing that is wrong with a declaration; nil if it is sound.
func (f Field) Check() error {
	switch {
	case !name.MatchString(f.Name):
		return &Problem{"name", fmt.Sprintf("%q is not a name for a field", f.Name), "use lower-case letters, digits and underscores"}
	case !slices.Contains([]Type{Text, Number, Boolean, Date, DateTime, Choice}, f.Type):
		return &Problem{"type", fmt.Sprintf("%q is no type", f.Type), "the types are text, number, boolean, date, datetime and choice"}
	case f.Type != Choice && len(f.Choices) > 0:
		return &Problem{"choices", "are for a choice only", "leave them out"}
	case f.Type == Choice && (len(f.Choices) == 0 || len(f.Choices) > maxChoices):
		return &Problem{"choices", fmt.Sprintf("have to be 1 to %d", maxChoices), "name what may be chosen"}
	case slices.Contains(f.Choices, ""):
		return &Problem{"choices", "hold an empty one", "leave it out: a field without a value is empty"}
	}
	return nil
}

// Schema is the field as expressions and checks see it. A field without a value is null.
func (f Field) Schema() schema.Field {
	s := schema.Field{Name: f.Name, Type: schema.Type{Kind: schema.String}, Nullable: true}
	switch f.Type {
	case Number:
		s.Type.Kind = schema.Number
	case Boolean:
		s.Type.Kind = schema.Boolean
	case DateTime:
		s.Type.Kind = schema.Time
	case Choice:
		s.OneOf = f.Choices
	}
	return s
}

// Takes returns what is wrong with a value, as a *Problem; nil if it fits or is null.
func (f Field) Takes(value json.RawMessage) error {
	object := schema.Type{Kind: schema.Object, Fields: []schema.Field{f.Schema()}}
	in, err := json.Marshal(map[string]json.RawMessage{f.Name: value})
	if err != nil {
		return &Problem{Message: "is no JSON", Remedy: f.remedy()}
	}
	for _, p := range object.Check(in, "") {
		return &Problem{Message: p.Message, Remedy: f.remedy()}
	}
	var day string
	if f.Type == Date && json.Unmarshal(value, &day) == nil && string(value) != "null" {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return &Problem{Message: fmt.Sprintf("is no day: %q", day), Remedy: f.remedy()}
		}
	}
	return nil
}

func (f Field) remedy() string {
	switch f.Type {
	case Number:
		return "write a number such as 7.5"
	case Boolean:
		return "write true or false"
	case Date:
		return "write a day such as 2026-05-17"
	case DateTime:
		return "write a time such as 2026-05-17T09:00:00Z"
	case Choice:
		return "choose one, or add it to the field's choices"
	}
	return "write text"
}

// Find returns the field of a name.
func Find(fields []Field, name string) (Field, bool) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return fields[i], true
}

// Names lists what fields are called.
func Names(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}
