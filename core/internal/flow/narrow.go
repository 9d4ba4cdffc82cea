package flow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// narrow divides the input of a connector's trigger: what the gateway compares goes into Filter, what the provider has to be
// told into Asked. The events of each Asked come at an address of its own, so that a flow gets those of its own input only.
func (t *Trigger) narrow() {
	t.Asked = json.RawMessage("{}")
	filter, asked := map[string]any{}, map[string]any{}
	for name, value := range members(t.Input) {
		path, compared := t.Declared.Match[name]
		switch {
		case isEmpty(value): // not filled in: it narrows nothing
		case compared:
			filter[path] = value
		default:
			asked[name] = value
		}
	}
	if len(filter) > 0 {
		t.Filter = encoded(filter)
	}
	if t.Declared.Kind == protocol.TriggerWebhook && t.Declared.Subscribes && !t.Declared.Standing && len(asked) > 0 {
		t.Asked = encoded(asked)
		sum := sha256.Sum256(t.Asked)
		t.EndpointKey = t.Name + "-" + hex.EncodeToString(sum[:8])
	}
}

var endpointKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}-[0-9a-f]{16}$`)

// IsEndpointKey reports whether a text has the form of an EndpointKey.
func IsEndpointKey(s string) bool { return endpointKey.MatchString(s) }

// Awaits reports whether an event of a connector's trigger that came at the address of a key is one that the flow's trigger
// has asked for. An address is its trigger's: what another one sends there is taken as if it came at the connection's own.
func (t Trigger) Awaits(name, key string) bool {
	if !strings.HasPrefix(key, name+"-") {
		key = ""
	}
	return t.EndpointKey == key
}

// Passes reports whether data of an event has what the trigger narrows it to.
func (t Trigger) Passes(data json.RawMessage) bool {
	if t.Filter == nil {
		return true
	}
	got := members(data)
	for path, wanted := range members(t.Filter) {
		if !matches(wanted, at(got, path)) {
			return false
		}
	}
	return true
}

// at returns what stands at a path of names with dots between them; nil if there is nothing.
func at(from map[string]any, path string) any {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return from[name]
	}
	inner, _ := from[name].(map[string]any)
	return at(inner, rest)
}

// matches reports whether a value is a wanted one; where there are several of either, whether they have one in common.
func matches(wanted, got any) bool {
	for _, w := range several(wanted) {
		for _, g := range several(got) {
			if w == g {
				return true
			}
		}
	}
	return false
}

// several lists the plain values in a value.
func several(v any) []any {
	switch v := v.(type) {
	case []any:
		var plain []any
		for _, item := range v {
			if _, nested := item.([]any); !nested {
				plain = append(plain, several(item)...)
			}
		}
		return plain
	case map[string]any:
		return nil
	}
	return []any{v}
}

func isEmpty(v any) bool {
	items, list := v.([]any)
	return v == nil || v == "" || list && len(items) == 0
}

// members reads an object, its numbers as they are written.
func members(raw json.RawMessage) (m map[string]any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	_ = d.Decode(&m) // nil for what is no object
	return m
}

// encoded writes an object in one form only, as its names are sorted.
func encoded(m map[string]any) json.RawMessage {
	raw, _ := json.Marshal(m) // what was JSON before can be written
	return raw
}
