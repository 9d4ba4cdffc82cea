package protocol

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Expand fills in a template of Auth: {field} stands for a value, {field|other} for other, itself a template, when
// the value is empty. A field that values does not know is an error, so that a misspelt template is found at once
// and never sends a request elsewhere. A value is never read as a template again.
func Expand(template string, values map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		inside, after, err := closing(rest)
		if err != nil {
			return "", err
		}
		name, other, _ := strings.Cut(inside, "|")
		value, known := values[name]
		if !known {
			return "", fmt.Errorf("template: {%s} is not a field; the fields are %s", name, strings.Join(slices.Sorted(maps.Keys(values)), ", "))
		}
		if value == "" {
			if value, err = Expand(other, values); err != nil {
				return "", err
			}
		}
		out.WriteString(value)
		template = after
	}
}

// closing splits s at the brace that closes one opened before it.
func closing(s string) (inside, after string, err error) {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return s[:i], s[i+1:], nil
		}
	}
	return "", "", fmt.Errorf("template: a { is never closed")
}

// Values returns the settings as Expand wants them: every declared field as text, empty when it is not set, tidied
// as the rules of the field say, and an empty AccessToken if there is to be one. Secret fields hold whatever the settings hold, a handle or the secret itself.
func (a Auth) Values(settings json.RawMessage) map[string]string {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(a.Fields.Normalize(settings), &given) // not an object: nothing is set
	values := make(map[string]string, len(a.Fields.Fields))
	for _, f := range a.Fields.Fields {
		var text string
		if json.Unmarshal(given[f.Name], &text) != nil {
			text = string(given[f.Name]) // numbers and booleans as JSON writes them
		}
		values[f.Name] = text
	}
	if a.HasToken() && values[AccessToken] == "" {
		values[AccessToken] = "" // until the gateway puts it in
	}
	return values
}
