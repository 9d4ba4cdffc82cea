package engine_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// contact returns the one contact with this number.
func (w *world) contact(phone string) conversation.Contact {
	w.Helper()
	all, err := w.store.SearchContacts(w.Context(), w.workspace.ID, inspect.ContactFilter{}, list.Page{Limit: 100})
	w.check(err)
	i := slices.IndexFunc(all, func(c conversation.Contact) bool { return c.Phone == phone })
	if i < 0 {
		w.Fatalf("nobody has %s", phone)
	}
	return all[i]
}

// TestTheContactStepChangesTheContact: later steps read it, flows that listen to it start, and only those.
func TestTheContactStepChangesTheContact(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: mark, contact: {name: Ana, language: es, time_zone: Europe/Madrid, fields: {size: "{{ event.size }}"}, add_tags: [vip, "order {{ event.size }}"], consent: subscribed}}
  - {id: again, contact: {remove_tags: ["order M"]}}
  - {id: done, stop: {reason: "{{ contact.name }} {{ contact.fields.size }} {{ contact.tags[0] }} {{ contact.consent }}"}}
`, nil)
		for name, trigger := range map[string]string{
			"other": "{on: contact.tag_added, with: {tag: vip}}", "audit": "{on: contact.tag_added, with: {tag: nobody}}",
			"moved": "{on: contact.field_changed, with: {field: size}}", "asked": "{on: contact.consent_changed}",
		} {
			w.publish("name: " + name + "\ntitle: Listens\ntrigger: " + trigger + `
steps:
  - {id: done, stop: {reason: "{{ contact.phone }}"}}
`)
		}
		w.begin("ask", `{"phone":"`+phone+`","size":"M"}`)
		w.untilRuns("ask", run.Succeeded)
		if got := w.runsOf("ask")[0].State.Reason; got != "Ana M vip subscribed" {
			t.Errorf("the run reads %q", got)
		}
		for _, name := range []string{"other", "moved", "asked"} {
			w.untilRuns(name, run.Succeeded)
			if got := w.runsOf(name)[0].State.Reason; got != phone {
				t.Errorf("%s is about %q", name, got)
			}
		}
		if runs := w.runsOf("audit"); len(runs) > 0 {
			t.Error("a tag that was not added started a flow")
		}
		c := w.contact(phone)
		if !slices.Equal(c.Tags, []string{"vip"}) || string(c.Fields) != `{"size":"M"}` || c.TimeZone != "Europe/Madrid" {
			t.Errorf("stored %v, %s, %s", c.Tags, c.Fields, c.TimeZone)
		}
	})
}

// TestR9AfterAnOptOutNothingIsSent: neither by the run that waits for nothing, nor by a new one; until the contact asks for
// messages again.
func TestR9AfterAnOptOutNothingIsSent(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(wrote("m1", phone, "Stop", time.Now()))
		if got := w.disposition("m1"); got != conversation.OptedOut {
			t.Errorf("the message is %s", got)
		}
		if c := w.contact(phone); c.Consent != flow.Unsubscribed {
			t.Errorf("consent is %q", c.Consent)
		}
		w.send(ordered("o1", phone))
		w.untilRuns("ask", run.Cancelled)
		if r := w.runsOf("ask")[0]; r.State.Reason != "The contact wants no more messages." || len(w.called(r.ID)) > 0 {
			t.Errorf("it ended as %q after %v", r.State.Reason, w.called(r.ID))
		}
		w.send(wrote("m2", phone, "START", time.Now()))
		w.disposition("m2")
		w.send(ordered("o2", phone))
		w.untilRuns("ask", run.Cancelled, run.Waiting)
	})
}

// TestR9AnOptOutDuringACallStopsTheNextSend: the answer of the provider is on its way when the contact says stop.
func TestR9AnOptOutDuringACallStopsTheNextSend(t *testing.T) {
	source := strings.Replace(patient, "  - id: answer", "  - {id: more, do: chat.say, connection: line, with: {text: \"And?\"}}\n  - id: answer", 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, nil)
		calling, release := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.StepID == "ask" {
				close(calling)
				<-release
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		<-calling
		w.send(wrote("m1", phone, "stop", time.Now()))
		w.disposition("m1")
		close(release)
		w.untilRuns("ask", run.Cancelled)
		if calls := w.called(w.runsOf("ask")[0].ID); !slices.Equal(calls, []string{"ask"}) {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestSayIsNotSentToWhoWantsNothing: their answer is judged all the same.
func TestSayIsNotSentToWhoWantsNothing(t *testing.T) {
	source := on(patient, `accept: { match: "^[0-9]+$" }, retry: { times: 2, say: "A number, please." }`)
	source = strings.Replace(source, `with: {text: "Well?"}`, `with: {to: "x", text: "Well?"}`, 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, nil)
		w.send(ordered("o1", phone))
		r := w.asked().Run
		_, err := w.engine.ChangeContact(t.Context(), w.workspace.ID, r.ContactID, run.ContactChange{Consent: flow.Unsubscribed})
		w.check(err)
		w.send(wrote("m1", phone, "what?", time.Now()))
		if got := w.disposition("m1"); got != conversation.Refused {
			t.Errorf("the message is %s", got)
		}
		w.send(wrote("m2", phone, "7", time.Now()))
		w.untilRuns("ask", run.Cancelled) // its next message is not wanted either
		if calls := w.called(r.ID); !slices.Equal(calls, []string{"ask"}) {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestAMessageToSomebodyElseIsNotTheContacts: a colleague is told although the contact wants nothing.
func TestAMessageToSomebodyElseIsNotTheContacts(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: out, contact: {consent: unsubscribed}}
  - {id: colleague, do: chat.say, connection: line, with: {to: "+34911222333", text: "They left."}}
  - {id: them, do: chat.say, connection: line, with: {to: "0034 600 111 222", text: "Bye."}, on_error: [{id: end, stop: {reason: "{{ error.message }}"}}]}
`, nil)
		w.begin("ask", `{"phone":"`+phone+`"}`)
		w.untilRuns("ask", run.Succeeded)
		r := w.runsOf("ask")[0]
		if calls := w.called(r.ID); !slices.Equal(calls, []string{"colleague"}) || r.State.Reason != "The contact wants no more messages." {
			t.Errorf("calls %v, ended as %q", calls, r.State.Reason)
		}
	})
}

// TestR9ABlockedContactOptsOut: what they ask for holds when the block is taken back.
func TestR9ABlockedContactOptsOut(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(wrote("m0", phone, "hello", time.Now()))
		w.disposition("m0")
		id := w.contact(phone).ID
		_, err := w.engine.ChangeContact(t.Context(), w.workspace.ID, id, run.ContactChange{Blocked: new(true)})
		w.check(err)
		w.send(wrote("m1", phone, "Stop", time.Now()))
		if got := w.disposition("m1"); got != conversation.OptedOut {
			t.Errorf("it is %s", got)
		}
		_, err = w.engine.ChangeContact(t.Context(), w.workspace.ID, id, run.ContactChange{Blocked: new(false)})
		w.check(err)
		if c := w.contact(phone); c.Consent != flow.Unsubscribed {
			t.Errorf("their consent is %q", c.Consent)
		}
	})
}

// TestABlockedContact leaves all runs, and what they say is taken by nobody.
func TestABlockedContact(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		w.asked()
		_, err := w.engine.ChangeContact(t.Context(), w.workspace.ID, w.contact(phone).ID, run.ContactChange{Blocked: new(true)})
		w.check(err)
		w.untilRuns("ask", run.Cancelled)
		if got := w.runsOf("ask")[0].State.Reason; got != engine.BlockedReason {
			t.Errorf("it ended as %q", got)
		}
		w.send(wrote("m1", phone, "hello?", time.Now()))
		w.disposition("m1")
		if m := w.messages()["m1"]; m.Disposition != conversation.NoMatch || m.DecidedBy != string(conversation.RuleBlocked) {
			t.Errorf("the message is %s by %s", m.Disposition, m.DecidedBy)
		}
	})
}

// TestContactChangesAreWhatTheyAre: nothing is told of what stays.
func TestContactChangesAreWhatTheyAre(t *testing.T) {
	t.Parallel()
	c := conversation.Contact{Name: "Ana", Tags: []string{"b"}, Fields: json.RawMessage(`{"size":"M","city":"León"}`)}
	got := c.With(run.ContactChange{
		AddTags: []string{" a ", "b", ""}, Fields: map[string]json.RawMessage{"size": json.RawMessage("null"), "age": json.RawMessage("7")},
	})
	if !slices.Equal(got.Tags, []string{"a", "b"}) || string(got.Fields) != `{"age":7,"city":"León"}` || got.Name != "Ana" {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(c.Tags, []string{"b"}) {
		t.Error("the contact was changed in place")
	}
}

// TestAFieldTakesItsOwnValuesOnly: a step that writes something else fails and says which field, and what to write.
func TestAFieldTakesItsOwnValuesOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: mark, contact: {fields: {age: "{{ event.age }}", birthday: "{{ event.born }}"}}}
  - {id: done, stop: {reason: "{{ string(contact.fields.age + 1.0) }} {{ contact.fields.birthday }} {{ string(contact.fields.size == null) }}"}}
`, nil)
		for i, c := range []struct{ data, says string }{
			{`"age":7,"born":"1990-05-17"`, "8 1990-05-17 true"},
			{`"age":7,"born":"17.5.1990"`, `the contact's field birthday is no day: "17.5.1990"; write a day such as 2026-05-17`},
			{`"age":"seven","born":"1990-05-17"`, "age must be a number, not text"},
		} {
			w.begin("ask", `{"phone":"`+phone+`",`+c.data+`}`)
			w.until("it has ended", func() bool { runs := w.runsOf("ask"); return len(runs) == i+1 && runs[i].State.Status.Ended() })
			s := w.runsOf("ask")[i].State
			if s.Failure != nil {
				s.Reason = s.Failure.Message
			}
			if s.Reason != c.says {
				t.Errorf("%s: it says %q, want %q", c.data, s.Reason, c.says)
			}
		}
	})
}
