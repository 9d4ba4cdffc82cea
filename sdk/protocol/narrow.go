package protocol

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/sdk/schema"
)

// NarrowProblems says what is wrong with how the triggers are narrowed by their inputs, a sentence each. What Match does not
// compare only the provider can leave out, so it must be asked: by a subscription of each input's own. The subscription of
// a standing trigger is everybody's.
func (m Manifest) NarrowProblems() []string {
	var found []string
	for _, t := range m.Triggers {
		for _, name := range slices.Sorted(maps.Keys(t.Match)) {
			if problem := t.matchProblem(name); problem != "" {
				found = append(found, fmt.Sprintf("trigger %s: match of %q: %s", t.Name, name, problem))
			}
		}
		if t.Kind != TriggerWebhook || t.Subscribes && !t.Standing {
			continue
		}
		for _, f := range t.Input.Fields {
			if _, ok := t.Match[f.Name]; !ok {
				found = append(found, fmt.Sprintf("trigger %s: nothing narrows by the field %q of its input; match it with a field of the output, or subscribe for each input (and do not stand)", t.Name, f.Name))
			}
		}
	}
	return found
}

func (t Trigger) matchProblem(name string) string {
	f, ok := t.Input.Field(name)
	if !ok {
		return "the input has no such field"
	}
	at := t.Output
	for part := range strings.SplitSeq(t.Match[name], ".") {
		field, ok := at.Field(part)
		if !ok {
			return fmt.Sprintf("the output has no %q", t.Match[name])
		}
		at = field.Type
	}
	if wanted, has := single(f.Type), single(at); wanted.Kind != has.Kind || wanted.Kind == schema.Object || wanted.Kind == schema.Map {
		return fmt.Sprintf("a field of kind %s can't be compared with one of kind %s", wanted.Kind, has.Kind)
	}
	return ""
}

// single is what a list is a list of, and any other type itself.
func single(t schema.Type) schema.Type {
	if t.Kind == schema.List && t.Elem != nil {
		return *t.Elem
	}
	return t
}
