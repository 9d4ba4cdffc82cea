package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// messenger is a connector whose action free works for a day after a contact's message.
type messenger struct{ flow.Types }

func (messenger) LongestWait() time.Duration { return 0 }

func (messenger) Manifest(connector string) (protocol.Manifest, bool) {
	text := schema.Type{Kind: schema.String}
	input := schema.Type{Kind: schema.Object, Fields: []schema.Field{{Name: "to", Type: text}, {Name: "text", Type: text}}}
	anything := schema.Type{Kind: schema.Object, Open: true}
	action := func(name string, window *protocol.Window) protocol.Action {
		return protocol.Action{Name: name, Input: input, Output: anything, Repeat: protocol.RepeatOnce, Sends: true, Window: window}
	}
	trigger := func(name string, standing bool) protocol.Trigger {
		return protocol.Trigger{Name: name, Kind: protocol.TriggerWebhook, Input: schema.Type{Kind: schema.Object}, Output: anything, Standing: standing}
	}
	return protocol.Manifest{
		Name: "chat", Auth: protocol.Auth{Kind: protocol.AuthAPIKey},
		Actions:  []protocol.Action{action("ask", nil), action("free", &protocol.Window{Within: 24 * time.Hour, Instead: "ask"})},
		Triggers: []protocol.Trigger{trigger("ordered", false), trigger("heard", true)},
	}, connector == "chat"
}
func (messenger) Connectors() []string  { return []string{"chat"} }
func (messenger) Connections() []string { return []string{"line", "other"} }
func (messenger) Connection(name string) (string, bool) {
	return "chat", name == "line" || name == "other"
}
func (messenger) Flows() []string              { return []string{"test"} }
func (messenger) Fields() []contactfield.Field { return nil }

func TestWarningsOfMessagesThatASilenceKeepsFromBeingSent(t *testing.T) {
	t.Parallel()
	const (
		ordered = "{on: chat.ordered, connection: line}"
		wrote   = "{on: message, connection: line}"
		free    = `{id: free, do: chat.free, connection: line, with: {text: "Hi"}}`
		ask     = `{id: ask, do: chat.ask, connection: line, with: {text: "Well?"}}`
	)
	answer := func(within, onDefault, onSilence string) string {
		return `{id: answer, customer_response: {within: ` + within + `}, default: [` + onDefault + `], no_response: [` + onSilence + `]}`
	}
	cases := map[string]struct {
		trigger string
		steps   []string
		want    string // begins the one warning; empty: there is none
	}{
		"a reply opens the window":                            {ordered, []string{ask, answer("2h", free, "")}, ""},
		"no_response of a question with a template":           {ordered, []string{ask, answer("2h", "", free)}, "steps[1].no_response[0].do: whoever did not answer answer gets nothing here unless"},
		"after the question, on both ways":                    {ordered, []string{ask, answer("2h", "", ""), free}, "steps[2].do: whoever did not answer answer"},
		"after it, with the ways told apart":                  {ordered, []string{ask, answer("2h", "", ""), `{id: was, if: "steps.answer.outcome == 'default'", then: [` + free + `], else: []}`}, ""},
		"a template on no_response":                           {ordered, []string{ask, answer("2h", "", `{id: again, do: chat.ask, connection: line, with: {text: "Still there?"}}`)}, ""},
		"first of all, where nobody has written":              {ordered, []string{free}, "steps[0].do: nothing says that the contact has written on line"},
		"with an on_error":                                    {ordered, []string{`{id: free, do: chat.free, connection: line, with: {text: "Hi"}, on_error: [` + ask + `]}`}, ""},
		"to somebody else":                                    {ordered, []string{`{id: free, do: chat.free, connection: line, with: {to: "+34600999999", text: "Hi"}}`}, ""},
		"to the contact":                                      {ordered, []string{`{id: free, do: chat.free, connection: line, with: {to: "{{ contact.phone }}", text: "Hi"}}`}, "steps[0].do:"},
		"a contact who has just written":                      {wrote, []string{free}, ""},
		"on another connection":                               {"{on: message, connection: other}", []string{free}, "steps[0].do: nothing says"},
		"on any connection":                                   {"{on: message}", []string{free}, ""},
		"whose silence lasts less than a day":                 {wrote, []string{ask, answer("23h", "", free)}, ""},
		"whose silence lasts a day":                           {wrote, []string{ask, answer("24h", "", free)}, "steps[1].no_response[0].do: the contact may not have written on line for 24h by then"},
		"whose silence and pauses come to a day":              {wrote, []string{ask, answer("12h", "", "{id: pause, delay: {for: 13h}}, "+free)}, "steps[1].no_response[1].do: the contact may not have written on line for 25h by then"},
		"a pause of a day":                                    {wrote, []string{`{id: pause, delay: {for: 2d}}`, free}, "steps[1].do: the contact may not have written on line for 48h"},
		"a pause of a day before a question that is answered": {wrote, []string{`{id: pause, delay: {for: 2d}}`, ask, answer("2h", free, "")}, ""},
		"an answer on another connection":                     {ordered, []string{`{id: ask, do: chat.ask, connection: other, with: {text: "Well?"}}`, answer("2h", free, "")}, "steps[1].default[0].do: nothing says"},
		"started by hand":                                     {"{on: manual}", []string{free}, ""},
		"started by hand, with a question":                    {"{on: manual}", []string{ask, answer("2h", "", free)}, "steps[1].no_response[0].do: whoever"},
		"by a message that a connector brings":                {"{on: chat.heard, connection: line}", []string{free}, ""},
		"within a loop":                                       {ordered, []string{ask, answer("2h", "", ""), `{id: was, if: "steps.answer.outcome == 'default'", then: [{id: each, for_each: {in: "[1]", as: one, max: 3}, steps: [{id: pause, delay: {for: 25h}}]}, ` + free + `], else: []}`}, "steps[2].then[1].do: the contact may not have written on line for 25h"},
		"in one case of a switch":                             {wrote, []string{`{id: sort, switch: null, cases: [{when: "1 == 1", then: [{id: pause, delay: {for: 25h}}]}], otherwise: []}`, free}, "steps[1].do: the contact may not have written on line for 25h"},
		"after a stop":                                        {wrote, []string{`{id: sort, if: "1 == 1", then: [{id: pause, delay: {for: 25h}}, {id: over, stop: {}}], else: []}`, free}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, problems := flow.Parse([]byte("name: test\ntitle: Test\ntrigger: " + c.trigger + "\ncontact: {phone: \"{{ event.phone }}\"}\nsteps:\n  - " + strings.Join(c.steps, "\n  - ") + "\n"))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if c.trigger[:7] == "{on: me" { // what starts it is who writes
				doc, problems = flow.Parse([]byte("name: test\ntitle: Test\ntrigger: " + c.trigger + "\nsteps:\n  - " + strings.Join(c.steps, "\n  - ") + "\n"))
			}
			v, more := flow.Compile(doc, messenger{})
			if problems = slices.Concat(problems, more); len(problems) > 0 {
				t.Fatal(problems)
			}
			warnings := v.Warnings()
			switch {
			case c.want == "" && len(warnings) > 0:
				t.Errorf("warned: %v", warnings)
			case c.want != "" && (len(warnings) != 1 || !strings.HasPrefix(flow.Describe("", flow.Problem{Path: warnings[0].Path, Message: warnings[0].Message}), c.want) || warnings[0].Line == 0 || !strings.Contains(warnings[0].Remedy, "chat.ask")):
				t.Errorf("warned: %v, want one that begins with %s", warnings, c.want)
			}
		})
	}
}
