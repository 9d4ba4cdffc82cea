package contactfield_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"testing"

	"github.com/cordboard/cordboard/core/internal/contactfield"
)

// TestTakes: each type takes its own values and null, and says what to write instead of others.
func TestTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field contactfield.Type
		value string
		fits  bool
	}{
		{contactfield.Text, `"M"`, true}, {contactfield.Text, `7`, false}, {contactfield.Text, `null`, true}, {contactfield.Text, `{"a":1}`, false},
		{contactfield.Number, `7.5`, true}, {contactfield.Number, `"7.5"`, false},
		{contactfield.Boolean, `true`, true}, {contactfield.Boolean, `"true"`, false},
		{contactfield.Date, `"2026-05-17"`, true}, {contactfield.Date, `"2026-02-30"`, false}, {contactfield.Date, `"17.5.2026"`, false}, {contactfield.Date, `"2026-05-17T09:00:00Z"`, false},
		{contactfield.DateTime, `"2026-05-17T09:00:00Z"`, true}, {contactfield.DateTime, `"2026-05-17"`, false},
		{contactfield.Choice, `"gold"`, true}, {contactfield.Choice, `"lead"`, false}, {contactfield.Choice, `null`, true},
	} {
		f := contactfield.Field{Name: "it", Type: c.field}
		if c.field == contactfield.Choice {
			f.Choices = []string{"gold", "silver"}
		}
		err := f.Takes(json.RawMessage(c.value))
		var p *contactfield.Problem
		if (err == nil) != c.fits || err != nil && (!errors.As(err, &p) || p.Remedy == "" || p.Message == "") {
			t.Errorf("%s takes %s: %v", c.field, c.value, err)
		}
	}
}

// TestCheckChoices: they belong to a choice, which has some, not too many, and no empty one.
func TestCheckChoices(t *testing.T) {
	t.Parallel()
	many := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = strconv.Itoa(i)
		}
		return all
	}
	for name, c := range map[string]struct {
		kind    contactfield.Type
		choices []string
		sound   bool
	}{
		"one": {contactfield.Choice, many(1), true}, "as many as may be": {contactfield.Choice, many(200), true}, "too many": {contactfield.Choice, many(201), false},
		"an empty one": {contactfield.Choice, []string{"a", ""}, false}, "of a text": {contactfield.Text, many(1), false},
	} {
		err := contactfield.Field{Name: "size", Type: c.kind, Choices: c.choices}.Check()
		var p *contactfield.Problem
		if c.sound && err != nil || !c.sound && (!errors.As(err, &p) || p.Path != "choices") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for path, f := range map[string]contactfield.Field{
		"": {Name: "size", Type: contactfield.Text}, "name": {Name: "Size", Type: contactfield.Text}, "type": {Name: "size", Type: "colour"},
		"choices": {Name: "size", Type: contactfield.Choice},
	} {
		err := f.Check()
		var p *contactfield.Problem
		if path == "" && err != nil || path != "" && (!errors.As(err, &p) || p.Path != path) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
