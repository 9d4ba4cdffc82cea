package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// readTags completes a field from its struct tags.
func (f *Field) readTags(tag reflect.StructTag) error {
	f.Label, f.Help, f.Options, f.Entries = tag.Get("label"), tag.Get("help"), tag.Get("options"), tag.Get("entries")
	for _, rule := range strings.Split(tag.Get("rule"), ",") {
		if rule = strings.TrimSpace(rule); rule == "" {
			continue
		}
		if err := f.readRule(rule); err != nil {
			return err
		}
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		return fmt.Errorf("rule min=%v is above max=%v: nothing fits", *f.Min, *f.Max)
	}
	if f.Generate && !f.Secret {
		return fmt.Errorf("rule generate is for secrets")
	}
	if f.Options != "" && f.Type.Kind != String {
		return fmt.Errorf("options fill a string, not %s", f.Type.Kind)
	}
	if f.Entries != "" && !f.holdsTexts() {
		return fmt.Errorf("entries are of a list or a map of strings, not of %s", f.Type.Kind)
	}
	if text, ok := tag.Lookup("default"); ok {
		return f.readDefault(text)
	}
	return nil
}

// rules are the words of the tag rule.
func rules() []string {
	return append([]string{"required", "min", "max", "oneof", "strip", "lower", "nullable", "secret", "generate"}, slices.Sorted(maps.Keys(formats))...)
}

// pair is one part of a struct tag.
var pair = regexp.MustCompile(`^ *[^ :"]+:"(?:[^"\\]|\\.)*"`)

// malformed returns what the language does not read of a struct tag.
func malformed(tag string) string {
	for strings.TrimSpace(tag) != "" {
		part := pair.FindString(tag)
		if part == "" {
			return strings.TrimSpace(tag)
		}
		tag = tag[len(part):]
	}
	return ""
}

func (f *Field) readRule(rule string) error {
	word, arg, _ := strings.Cut(rule, "=")
	switch word {
	case "required":
		f.Required = true
	case "secret":
		f.Secret = true
	case "generate":
		f.Generate = true
	case "nullable":
		f.Nullable = true
	case "lower":
		f.Lower = true
	case "strip":
		f.Strip = strings.Fields(arg)
	case "oneof":
		f.OneOf = strings.Fields(arg)
		if len(f.OneOf) == 0 {
			return fmt.Errorf("rule oneof names no value")
		}
	case "min", "max":
		n, err := strconv.ParseFloat(arg, 64)
		if err != nil {
			return fmt.Errorf("rule %s wants a number, not %q", word, arg)
		}
		if !f.measurable() {
			return fmt.Errorf("rule %s does not apply to %s", word, f.Type.Kind)
		}
		if word == "min" {
			f.Min = &n
		} else {
			f.Max = &n
		}
	default:
		if _, known := formats[word]; !known || arg != "" {
			return fmt.Errorf("unknown rule %q%s; the rules are %s", rule, suggest(word, rules()), strings.Join(rules(), ", "))
		}
		f.Format = word
	}
	textual := f.Format != "" || len(f.OneOf) > 0 || f.Lower || len(f.Strip) > 0
	if textual && f.Type.Kind != String {
		return fmt.Errorf("rule %q is for strings, not for %s", rule, f.Type.Kind)
	}
	return nil
}

// measurable says whether min and max mean something.
func (f *Field) measurable() bool {
	return slices.Contains([]Kind{String, Integer, Number, List}, f.Type.Kind)
}

// holdsTexts says whether the field has entries that a form can ask for one by one.
func (f *Field) holdsTexts() bool {
	return slices.Contains([]Kind{List, Map}, f.Type.Kind) && f.Type.Elem != nil && f.Type.Elem.Kind == String
}

// readDefault takes the text of a default tag: as it stands for what JSON writes as a string, as JSON otherwise.
func (f *Field) readDefault(text string) error {
	value := json.RawMessage(text)
	switch f.Type.Kind {
	case String, Time, Duration:
		value, _ = json.Marshal(text)
	}
	if problems := f.check(value, ""); len(problems) > 0 {
		return fmt.Errorf("default %q %s", text, problems[0].Message)
	}
	f.Default = value
	return nil
}
