package main

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"

	"github.com/cordboard/cordboard/sdk"
)

// part is a component of a template as Meta lists it.
type part struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Example struct {
		Body  [][]string `json:"body_text"` // for numbered places, in order
		Named []struct {
			Name  string `json:"param_name"`
			Value string `json:"example"`
		} `json:"body_text_named_params"`
	} `json:"example"`
}

var hole = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// places are the entries of a template's text that want a value, each once: numbered ones, or named ones.
func (p part) places(named bool) []sdk.Option {
	examples := map[string]string{}
	for _, e := range p.Example.Named {
		examples[e.Name] = e.Value
	}
	if len(p.Example.Body) > 0 {
		for i, value := range p.Example.Body[0] {
			examples[strconv.Itoa(i+1)] = value
		}
	}
	var out []sdk.Option
	seen := map[string]bool{}
	for _, found := range hole.FindAllStringSubmatch(p.Text, -1) {
		name := found[1]
		_, err := strconv.Atoi(name)
		if seen[name] || named != (err != nil) {
			continue
		}
		seen[name] = true
		label := "{{" + name + "}}"
		if examples[name] != "" {
			label += ", such as " + examples[name]
		}
		out = append(out, sdk.Option{Value: name, Label: label})
	}
	return out
}

// listPlaces lists what the text of the template chosen in the same form wants to be filled in, once it is chosen with its language.
func listPlaces(named bool) func(context.Context, *sdk.Call, sdk.OptionsQuery) (sdk.OptionsPage, error) {
	return func(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
		var form struct {
			Template string `json:"template"`
			Language string `json:"language"`
		}
		if json.Unmarshal(q.Input, &form) != nil || form.Template == "" || form.Language == "" {
			return sdk.OptionsPage{}, nil
		}
		filter := url.Values{"fields": {"name,language,components"}, "name": {form.Template}, "language": {form.Language}}
		page, _, err := loadTemplates(ctx, call, filter, "")
		if err != nil {
			return sdk.OptionsPage{}, err
		}
		for _, t := range page.Data {
			if t.Name != form.Template || t.Language != form.Language { // Meta's filter also finds names that contain it
				continue
			}
			for _, p := range t.Components {
				if p.Type == "BODY" {
					return sdk.OptionsPage{Options: p.places(named)}, nil
				}
			}
		}
		return sdk.OptionsPage{}, nil
	}
}
