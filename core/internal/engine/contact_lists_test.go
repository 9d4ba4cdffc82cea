package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestListsStartFlows: who is put on a list or taken off starts the flows that listen to it, once for each change.
func TestListsStartFlows(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: on, contact: {add_lists: [newsletter]}}
  - {id: again, contact: {add_lists: [newsletter]}}
  - {id: done, stop: {reason: "{{ string('newsletter' in contact.lists) }}"}}
`, nil)
		w.publish("name: welcome\ntitle: Welcomes\ntrigger: {on: contact.list_added, with: {list: newsletter}}" + `
steps:
  - {id: done, stop: {reason: "{{ event.list }} {{ contact.lists[0] }}"}}
`)
		w.publish("name: goodbye\ntitle: Says goodbye\ntrigger: {on: contact.list_removed}" + `
steps:
  - {id: done, stop: {reason: "{{ event.list }}"}}
`)
		w.begin("ask", `{"phone":"`+phone+`"}`)
		w.untilRuns("ask", run.Succeeded)
		if got := w.runsOf("ask")[0].State.Reason; got != "true" {
			t.Errorf("the run reads %q", got)
		}
		w.untilRuns("welcome", run.Succeeded)
		if got := w.runsOf("welcome")[0].State.Reason; got != "newsletter newsletter" {
			t.Errorf("the flow that listens reads %q", got)
		}
		_, err := w.engine.ChangeContact(t.Context(), w.workspace.ID, w.contact(phone).ID, run.ContactChange{RemoveLists: []string{"newsletter"}})
		w.check(err)
		w.untilRuns("goodbye", run.Succeeded)
		if c := w.contact(phone); len(c.Lists) > 0 {
			t.Errorf("still on %v", c.Lists)
		}
	})
}

// TestANewContactStartsFlows: whichever way they come, once each, and with what was said of them.
func TestANewContactStartsFlows(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: greet
title: Greets
trigger: {on: contact.created}
steps:
  - {id: done, stop: {reason: "{{ contact.phone }} {{ contact.tags.size() }}"}}
`, nil)
		w.publish("name: ask\ntitle: Ask\ntrigger: {on: manual}\ncontact: {phone: \"{{ event.phone }}\"}" + `
steps:
  - {id: done, stop: {}}
`)
		greeted := func(n int) []string {
			t.Helper()
			w.until("they are greeted", func() bool {
				runs := w.runsOf("greet")
				return len(runs) == n && !slices.ContainsFunc(runs, func(r run.Run) bool { return r.State.Status != run.Succeeded })
			})
			var reasons []string
			for _, r := range w.runsOf("greet") {
				reasons = append(reasons, r.State.Reason)
			}
			slices.Sort(reasons)
			return reasons
		}
		w.send(wrote("m1", phone, "hello", time.Now()), wrote("m2", phone, "again", time.Now()))
		w.disposition("m2")
		greeted(1)
		w.begin("ask", `{"phone":"+34600111223"}`)
		greeted(2)
		person := conversation.Recognise(protocol.Contact{Phone: "+34600111224"}, "", "")
		for range 2 {
			_, err := w.engine.AddContact(t.Context(), w.workspace.ID, person, run.ContactChange{AddTags: []string{"vip"}})
			w.check(err)
		}
		w.send(wrote("m3", "+34600111225", "hello", time.Now()))
		if got := greeted(4); !slices.Equal(got, []string{phone + " 0", "+34600111223 0", "+34600111224 1", "+34600111225 0"}) {
			t.Errorf("greeted %q", got)
		}
	})
}

// TestNewContactsThatMakeContactsEnd: each makes another, until it is cut.
func TestNewContactsThatMakeContactsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: more
title: Makes more
trigger: {on: contact.created}
contact: {email: "x{{ string(now) }}@example.com"}
steps:
  - {id: done, stop: {}}
`, nil)
		w.send(wrote("m1", phone, "hello", time.Now()))
		w.until("they are cut", func() bool { return len(w.runsOf("more")) == event.MaxHops+1 })
		most := 0
		for _, r := range w.runsOf("more") { // two of one millisecond may come in any order
			whole, err := w.store.Run(t.Context(), r.ID)
			w.check(err)
			most = max(most, whole.State.Facts.Hops)
		}
		if most != event.MaxHops {
			t.Errorf("the last one knows of %d before it", most)
		}
	})
}
