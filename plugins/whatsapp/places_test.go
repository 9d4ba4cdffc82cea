package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/cordboard/cordboard/plugins/sandbox/sandbox"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// What a template wants to be filled in is asked for one by one.
func TestThePlacesOfATemplate(t *testing.T) {
	t.Parallel()
	p := openNumber(t,
		sandbox.Template{Name: "news", Language: "it", Status: "APPROVED", Body: "Ciao {{1}}, totale {{2}}. Grazie {{1}}!"},
		sandbox.Template{Name: "news", Language: "es", Status: "APPROVED", Body: "Hola"},
		sandbox.Template{Name: "sale", Language: "it", Status: "APPROVED", Body: "Ciao {{name}}, {{order_id}}", Named: true},
		sandbox.Template{Name: "old", Language: "it", Status: "PAUSED", Body: "Ciao {{1}}"},
	)
	for name, tt := range map[string]struct{ loader, form, want string }{
		"numbered places, each once":      {"places", `{"template":"news","language":"it","body":["x"]}`, "[{1 {{1}}, such as #1042} {2 {{2}}, such as #1042}]"},
		"none in another language":        {"places", `{"template":"news","language":"es"}`, "[]"},
		"none of names when numbered":     {"names", `{"template":"news","language":"it"}`, "[]"},
		"named places":                    {"names", `{"template":"sale","language":"it"}`, "[{name {{name}}, such as #1042} {order_id {{order_id}}, such as #1042}]"},
		"none of numbers when named":      {"places", `{"template":"sale","language":"it"}`, "[]"},
		"before a language is chosen":     {"places", `{"template":"news"}`, "[]"},
		"before a template is chosen":     {"places", `{}`, "[]"},
		"a template by expression":        {"places", `{"template":"{{ vars.template }}","language":"it"}`, "[]"},
		"a template that may not be sent": {"places", `{"template":"old","language":"it"}`, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := p.Connector.ListOptions(t.Context(), protocol.OptionsRequest{Call: p.Call(), Loader: tt.loader, Input: json.RawMessage(tt.form)})
			if got := fmt.Sprint(page.Options); err != nil || got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// Meta's filters find more than was asked for.
func TestThePlacesAreThoseOfTheChosenTemplate(t *testing.T) {
	t.Parallel()
	row := func(name, language, text string) string {
		return `{"name":"` + name + `","language":"` + language + `","components":[{"type":"FOOTER","text":"{{9}}"},{"type":"BODY","text":"` + text + `"}]}`
	}
	h := setup(t, answering(200, `{"data":[`+row("news_old", "it", "{{7}}")+`,`+row("news", "it_IT", "{{8}}")+`,`+row("news", "it", "Ciao {{1}}")+`]}`))
	page, err := h.Connector.ListOptions(t.Context(), protocol.OptionsRequest{Call: h.Call(), Loader: "places", Input: json.RawMessage(`{"template":"news","language":"it"}`)})
	if got := fmt.Sprint(page.Options); err != nil || got != "[{1 {{1}}}]" {
		t.Errorf("got %s, %v", got, err)
	}
}
