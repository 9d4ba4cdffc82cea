package flow

import (
	"encoding/json"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

func narrowed(input string, declared protocol.Trigger) Trigger {
	declared.Name, declared.Kind = "queued", protocol.TriggerWebhook
	t := Trigger{Name: "queued", Input: json.RawMessage(input), Declared: declared}
	t.narrow()
	return t
}

func TestATriggersInputIsDivided(t *testing.T) {
	t.Parallel()
	subscribes := protocol.Trigger{Subscribes: true, Match: map[string]string{"colour": "paint.colour"}}
	tests := map[string]struct {
		input         string
		declared      protocol.Trigger
		asked, filter string
		own           bool
	}{
		"nothing is asked for":                    {`{}`, subscribes, `{}`, ``, false},
		"what is not filled in narrows nothing":   {`{"queue":"","colour":"","list":[],"n":null}`, subscribes, `{}`, ``, false},
		"the provider is told the rest":           {`{"n":1,"colour":"red","big":820982911946154508}`, subscribes, `{"big":820982911946154508,"n":1}`, `{"paint.colour":"red"}`, true},
		"what is compared needs no address":       {`{"colour":"red"}`, subscribes, `{}`, `{"paint.colour":"red"}`, false},
		"nobody is asked for a trigger by hand":   {`{"colour":"red"}`, protocol.Trigger{Match: subscribes.Match}, `{}`, `{"paint.colour":"red"}`, false},
		"a standing trigger has one for all":      {`{"queue":"a"}`, protocol.Trigger{Subscribes: true, Standing: true}, `{}`, ``, false},
		"the value false is one":                  {`{"api":false}`, subscribes, `{"api":false}`, ``, true},
		"no input at all, of a trigger with none": {``, subscribes, `{}`, ``, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := narrowed(tt.input, tt.declared)
			if string(got.Asked) != tt.asked || string(got.Filter) != tt.filter || (got.EndpointKey != "") != tt.own {
				t.Errorf("asked %s, filter %s, key %q", got.Asked, got.Filter, got.EndpointKey)
			}
			if tt.own && !IsEndpointKey(got.EndpointKey) {
				t.Errorf("%q is no key", got.EndpointKey)
			}
		})
	}
}

func TestEqualInputsHaveOneAddress(t *testing.T) {
	t.Parallel()
	subscribes := protocol.Trigger{Subscribes: true}
	a, b, c := narrowed(`{"x":"1","y":"2"}`, subscribes), narrowed(`{"y":"2","x":"1","z":""}`, subscribes), narrowed(`{"x":"2","y":"1"}`, subscribes)
	if a.EndpointKey != b.EndpointKey || a.EndpointKey == c.EndpointKey {
		t.Errorf("%s %s %s", a.EndpointKey, b.EndpointKey, c.EndpointKey)
	}
	all := narrowed(`{}`, subscribes)
	for name, tt := range map[string]struct {
		trigger Trigger
		came    string
		want    bool
	}{
		"its own":                                 {a, a.EndpointKey, true},
		"another input's":                         {a, c.EndpointKey, false},
		"the connection's":                        {a, "", false},
		"everybody's at the connection's":         {all, "", true},
		"everybody's at another input's":          {all, a.EndpointKey, false},
		"everybody's at another trigger's":        {all, "refunded-0123456789abcdef", true},
		"its own at another trigger's of its sum": {a, "refunded" + a.EndpointKey[len("queued"):], false},
	} {
		if got := tt.trigger.Awaits("queued", tt.came); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestEventsAreCompared(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		filter, data string
		want         bool
	}{
		"without a filter all pass":        {``, `[]`, true},
		"the same text":                    {`{"a":"x"}`, `{"a":"x"}`, true},
		"another text":                     {`{"a":"x"}`, `{"a":"X"}`, false},
		"nothing there":                    {`{"a":"x"}`, `{}`, false},
		"deeper":                           {`{"a.b":"x"}`, `{"a":{"b":"x"}}`, true},
		"deeper than there is":             {`{"a.b":"x"}`, `{"a":"x"}`, false},
		"one of several wanted":            {`{"a":["x","y"]}`, `{"a":"y"}`, true},
		"none of several wanted":           {`{"a":["x","y"]}`, `{"a":"z"}`, false},
		"one of several there":             {`{"a":"y"}`, `{"a":["x","y"]}`, true},
		"all of two":                       {`{"a":"x","b":true}`, `{"a":"x","b":false}`, false},
		"a number with all its digits":     {`{"a":820982911946154508}`, `{"a":820982911946154509}`, false},
		"what has no order is not matched": {`{"a":"x"}`, `{"a":{"x":"x"}}`, false},
		"what is no object":                {`{"a":"x"}`, `"x"`, false},
		"lists in lists":                   {`{"a":"x"}`, `{"a":[["x"]]}`, false},
	} {
		if got := (Trigger{Filter: json.RawMessage(tt.filter)}).Passes(json.RawMessage(tt.data)); tt.filter != "" && got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if !(Trigger{}).Passes(json.RawMessage(`[]`)) {
		t.Error("without a filter it did not pass")
	}
}
