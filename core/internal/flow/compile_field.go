package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

var fieldReference = regexp.MustCompile(`\bcontact\.fields\.([a-z_][a-z0-9_]*)`)

// ownFields are the fields of contacts that expressions may read: those that are declared, and in a version that was
// published those that it names although they are gone.
func (c *compiler) ownFields() []schema.Field {
	var own []schema.Field
	for _, f := range c.types.Fields() {
		own = append(own, f.Schema())
	}
	if c.loading {
		for _, name := range c.doc.fieldsRead() {
			if !slices.ContainsFunc(own, func(f schema.Field) bool { return f.Name == name }) {
				own = append(own, schema.Field{Name: name, Type: anyType, Nullable: true})
			}
		}
	}
	return own
}

// fieldsRead lists the fields of contacts that the document's texts name.
func (d *Document) fieldsRead() (names []string) {
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil {
			return
		}
		for _, m := range fieldReference.FindAllStringSubmatch(n.text, -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
		for _, item := range n.items {
			walk(item)
		}
		for _, m := range n.members {
			walk(m.value)
		}
	}
	walk(d.root)
	return names
}

// noteFields notes the fields that the version's expressions name.
func (c *compiler) noteFields() {
	for _, name := range c.doc.fieldsRead() {
		if f, ok := contactfield.Find(c.types.Fields(), name); ok {
			c.noteField(f)
		}
	}
}

func (c *compiler) noteField(f contactfield.Field) {
	if _, noted := contactfield.Find(c.version.Fields, f.Name); !noted {
		c.version.Fields = append(c.version.Fields, f)
	}
}

// contactField finds a declared field of contacts; ok is false for one that is not there, which is reported.
func (c *compiler) contactField(n *node, path, name string) (f contactfield.Field, ok bool) {
	declared := c.types.Fields()
	if f, ok = contactfield.Find(declared, name); ok {
		c.noteField(f)
		return f, true
	}
	if !c.loading {
		remedy := "declare it in the settings first"
		if similar := expr.DidYouMean(name, contactfield.Names(declared)); similar != "" {
			remedy = fmt.Sprintf("%s Else %s", similar, remedy)
		}
		c.report(n, path, remedy, "contacts have no field %q", name)
	}
	return contactfield.Field{Name: name}, false
}

// fieldValues compiles what a contact step writes into fields. A value without expressions is judged at once.
func (c *compiler) fieldValues(n *node, path string) *Value {
	want := object()
	for _, m := range n.members {
		at := join(path, m.key)
		f, ok := c.contactField(m.name, at, m.key)
		s := f.Schema()
		if literal, plain := plainJSON(m.value); plain || !ok {
			s = schema.Field{Name: m.key, Type: anyType, Nullable: true}
			var wrong *contactfield.Problem
			if plain && ok && errors.As(f.Takes(literal), &wrong) {
				c.report(m.value, at, wrong.Remedy, "%s", wrong.Message)
			}
		}
		want.Fields = append(want.Fields, s)
	}
	return (&valueCompiler{compiler: c}).value(n, path, want, schema.Field{Type: want})
}

// plainJSON returns a value that holds no expression; ok is false for one that may.
func plainJSON(n *node) (literal json.RawMessage, ok bool) {
	switch n.kind {
	case nullNode:
		return json.RawMessage("null"), true
	case textNode:
		return json.RawMessage(quoted(n.text)), !strings.Contains(n.text, "{{")
	case numberNode, boolNode:
		return json.RawMessage(n.text), true
	}
	return nil, false
}
