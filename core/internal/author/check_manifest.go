package author

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/cordboard/cordboard/sdk/schema"
)

// manifest examines what people are told: what the gateway relies on was looked at when it was installed.
func (c *checker) manifest() {
	c.part = "manifest"
	m := c.program.manifest
	ctx, cancel := c.within()
	defer cancel()
	again, err := c.program.connector.Describe(ctx)
	const same = "it says the same each time it is asked"
	const sameRemedy = "Build the manifest from constants: the gateway stores it once, by the checksum of the file."
	switch {
	case err != nil:
		c.that(same, sameRemedy, err.Error())
	case !reflect.DeepEqual(m, again):
		c.that(same, sameRemedy, "a second Describe differs from the first")
	default:
		c.that(same, "")
	}

	var untold, shapeless, unlabelled []string
	told := func(what, title, summary string) {
		if title == "" {
			untold = append(untold, what+" has no title")
		}
		if summary == "" {
			untold = append(untold, what+" has no summary")
		}
	}
	form := func(what string, t schema.Type) {
		if t.Kind != schema.Object && t.Kind != schema.Map {
			shapeless = append(shapeless, fmt.Sprintf("%s: its input is of kind %q, not an object", what, string(t.Kind)))
		}
		unlabelled = append(unlabelled, labels(what+", field ", t)...)
	}
	told("the connector", m.Title, m.Summary)
	unlabelled = append(unlabelled, labels("connection, field ", m.Auth.Fields)...)
	for _, a := range m.Actions {
		told("action "+a.Name, a.Title, a.Summary)
		form("action "+a.Name, a.Input)
	}
	for _, t := range m.Triggers {
		told("trigger "+t.Name, t.Title, t.Summary)
		form("trigger "+t.Name, t.Input)
	}
	c.that("the connector and each operation have a title and a summary",
		"Write one sentence for people who do not program; lists, forms and the page of the connector show it.", untold...)
	c.that("each operation takes an object, the form of a step",
		"Describe the input as an object, without fields if it takes nothing.", shapeless...)
	c.that("each field of a form has a label", "Give the field a label for people, and help where the label does not say it all.", unlabelled...)
	if m.Direct != "" {
		c.skip("all that it sends goes through the gateway", "it asks to dial by itself: "+m.Direct+" An administrator has to allow it, and what it sends by itself is not examined")
	}
	if len(m.Actions)+len(m.Triggers) == 0 {
		c.that("it does something", "Add an action or a trigger.", "there are neither actions nor triggers")
	}
}

// labels finds the fields of a form that have none.
func labels(where string, t schema.Type) []string {
	var found []string
	if t.Elem != nil {
		found = labels(where, *t.Elem)
	}
	for _, f := range t.Fields {
		if f.Label == "" {
			found = append(found, where+f.Name+" has no label")
		}
		found = append(found, labels(where+f.Name+".", f.Type)...)
	}
	return found
}

// sampleSettings are the settings of the connection with which all else is examined.
func (c *checker) sampleSettings() json.RawMessage {
	fields := c.program.manifest.Auth.Fields
	if c.samples == nil {
		if fields.Kind == "" {
			return json.RawMessage("{}")
		}
		return encode(example(fields, setting))
	}
	c.part = "samples"
	settings := c.samples.Settings
	if settings == nil {
		settings = map[string]any{}
	}
	encoded := encode(settings)
	c.that("the settings are right", "Correct settings in the file of samples; secrets are made up.", problems(fields, encoded, "settings")...)
	var absent []string
	for _, a := range c.program.manifest.Actions {
		if _, ok := c.samples.Actions[a.Name]; !ok {
			absent = append(absent, "there is none for "+a.Name)
		}
	}
	c.that("there is an input for each action", "Add an input that is right to actions in the file of samples, or null for an action that must not run in a test.", absent...)
	return encoded
}

func problems(t schema.Type, value json.RawMessage, path string) []string {
	if t.Kind == "" {
		return nil
	}
	var found []string
	for _, p := range t.Check(value, path) {
		found = append(found, p.Path+" "+p.Message)
	}
	return found
}
