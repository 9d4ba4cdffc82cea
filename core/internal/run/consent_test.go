package run_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

// TestWhomNothingIsSentTo: a step that sends to a contact who does not want it ends the run before its call, and a message to
// somebody else goes out.
func TestWhomNothingIsSentTo(t *testing.T) {
	t.Parallel()
	const blocked, unwanted = "The contact is blocked.", "The contact wants no more messages."
	for name, c := range map[string]struct {
		contact run.ContactFacts
		action  string
		to      string // what the step's input says; empty: nothing
		want    string // why it is not sent
	}{
		"a contact who said nothing of it":                          {run.ContactFacts{ID: "cnt_1", Phone: "+34600111222"}, "say", "", ""},
		"a contact who is subscribed":                               {run.ContactFacts{ID: "cnt_1", Consent: flow.Subscribed}, "say", "", ""},
		"one who is not":                                            {run.ContactFacts{ID: "cnt_1", Consent: flow.Unsubscribed}, "say", "", unwanted},
		"one who is blocked":                                        {run.ContactFacts{ID: "cnt_1", Blocked: true}, "say", "", blocked},
		"one who is both":                                           {run.ContactFacts{ID: "cnt_1", Blocked: true, Consent: flow.Unsubscribed}, "say", "", blocked},
		"to their number":                                           {run.ContactFacts{ID: "cnt_1", Phone: "+34600111222", Blocked: true}, "say", "+34600111222", blocked},
		"to their number, written otherwise":                        {run.ContactFacts{ID: "cnt_1", Phone: "+34600111222", Blocked: true}, "say", "0034 600 111-222", blocked},
		"to their address, written otherwise":                       {run.ContactFacts{ID: "cnt_1", Email: "ana@example.com", Blocked: true}, "say", " Ana@Example.com", blocked},
		"to a colleague":                                            {run.ContactFacts{ID: "cnt_1", Phone: "+34600111222", Email: "ana@example.com", Blocked: true}, "say", "+34600999888", ""},
		"to a colleague, of one without a number":                   {run.ContactFacts{ID: "cnt_1", Email: "ana@example.com", Blocked: true}, "say", "sales", ""},
		"to another number of theirs, which the flow found them by": {run.ContactFacts{ID: "cnt_1", Phone: "+34600999888", Blocked: true}, "say", "+34 600 111 222", blocked},
		"what sends nothing":                                        {run.ContactFacts{ID: "cnt_1", Blocked: true}, "charge", "", ""},
		"a run about nobody":                                        {run.ContactFacts{Blocked: true}, "say", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := "  - {id: act, do: chat." + c.action + ", connection: line, with: {text: hello}}\n"
			if c.to != "" {
				source = "  - {id: act, do: chat.send, connection: line, with: {to: '" + c.to + "', text: hello}}\n"
			}
			s := queued()
			s.Facts.Contact = c.contact
			tr := advance(t, compile(t, source), s, run.Start{}, start)
			switch {
			case c.want == "" && (tr.Call == nil || tr.State.Status != run.Running):
				t.Errorf("it is %s: %s", tr.State.Status, tr.State.Reason)
			case c.want != "" && (tr.Call != nil || tr.State.Status != run.Cancelled || tr.State.Reason != c.want):
				t.Errorf("it is %s for %q, and calls %+v", tr.State.Status, tr.State.Reason, tr.Call)
			}
		})
	}
}

// TestUnwantedGoesToOnError: a step that says what to do instead is asked for it.
func TestUnwantedGoesToOnError(t *testing.T) {
	t.Parallel()
	s := queued()
	s.Facts.Contact.Blocked = true
	tr := advance(t, compile(t, "  - {id: act, do: chat.say, connection: line, with: {text: hello}, on_error: [{id: note, set: {why: \"{{ error.message }}\"}}]}\n"), s, run.Start{}, start)
	if why := string(tr.State.Vars["why"]); tr.Call != nil || tr.State.Status != run.Succeeded || why != `"The contact is blocked."` {
		t.Errorf("it is %s, and knows why as %s", tr.State.Status, why)
	}
}

// TestAContactsFieldTakesItsType: a value of another type, and a field that is not declared any more, fail the step.
func TestAContactsFieldTakesItsType(t *testing.T) {
	t.Parallel()
	for value, fits := range map[string]bool{
		"age 7": true, `age "seven"`: false, "age null": true, `birthday "2026-05-17"`: true, `birthday "17.5.2026"`: false, `plan "lead"`: false,
	} {
		field, value, _ := strings.Cut(value, " ")
		s := queued()
		s.Facts.Event = json.RawMessage(`{"n":` + value + `}`)
		tr := advance(t, compile(t, "  - {id: act, contact: {fields: {"+field+": \"{{ event.n }}\"}}}\n"), s, run.Start{}, start)
		if changed := len(tr.Others.Contact) == 1; changed != fits || (tr.State.Status == run.Succeeded) != fits {
			t.Errorf("%s: the run %s, %+v", value, tr.State.Status, tr.State.Failure)
		}
	}
}
