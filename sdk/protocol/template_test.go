package protocol_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	values := map[string]string{"site": "acme", "key": "k", "base_url": ""}
	tests := map[string]struct{ template, want, wantErr string }{
		"no field":                       {"https://example.com", "https://example.com", ""},
		"fields":                         {"https://{site}.example.com/{key}", "https://acme.example.com/k", ""},
		"an empty value is empty":        {"a{base_url}b", "ab", ""},
		"the other where it is empty":    {"{base_url|https://{site}.example.com}/v1", "https://acme.example.com/v1", ""},
		"the value where it is not":      {"{site|x}", "acme", ""},
		"an unknown field":               {"{sight}", "", "{sight} is not a field"},
		"an unknown field in the other":  {"{base_url|{sight}}", "", "{sight} is not a field"},
		"a brace that is never closed":   {"{site", "", "never closed"},
		"values are not templates again": {"{key}", "k", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := protocol.Expand(tt.template, values)
			if got != tt.want || (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("got %q, %v; want %q, %q", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestValuesAreTidyAndComplete(t *testing.T) {
	t.Parallel()
	text := schema.Type{Kind: schema.String}
	auth := protocol.Auth{Fields: schema.Type{Kind: schema.Object, Fields: []schema.Field{
		{Name: "shop", Type: text, Lower: true},
		{Name: "port", Type: schema.Type{Kind: schema.Integer}},
		{Name: "version", Type: text, Default: json.RawMessage(`"v1"`)},
		{Name: "absent", Type: text},
	}}}
	got := auth.Values(json.RawMessage(`{"shop":"ACME","port":8090}`))
	for name, want := range map[string]string{"shop": "acme", "port": "8090", "version": "v1", "absent": ""} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s: got %q, %v; want %q", name, value, ok, want)
		}
	}
}
