package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
)

// thankFlow asks with a message that is possible at any time, and answers freely.
const thankFlow = `
name: ask
title: Ask
trigger: {on: chat.ordered, connection: line}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: ask, do: chat.say, connection: line, with: {text: "Well?"}}
  - id: answer
    customer_response: {within: 2m}
    default:
      - {id: thank, do: chat.free, connection: line, with: {text: "Thanks"}}
    no_response: []
`

// freeAlone writes freely, which is possible within a day of the contact's last message.
const freeAlone = `
name: ask
title: Ask
trigger: {on: chat.ordered, connection: line}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: free, do: chat.free, connection: line, with: {text: "Hello"}}
`

func TestAFreeMessageOutsideItsWindowIsNotSent(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, freeAlone, nil)
		w.send(ordered("o1", phone))
		d := w.theRun(run.Failed)
		if f := d.Run.State.Failure; !strings.Contains(f.Message, "has not written on line within the last 24h") || !strings.Contains(f.Message, "Use chat.say instead") {
			t.Errorf("it failed with %+v", f)
		}
		if called := w.called(d.Run.ID); len(called) != 0 || len(d.Attempts) != 0 {
			t.Errorf("it called %v, in %d attempts", called, len(d.Attempts))
		}
		if m := w.messages(); len(m) != 0 {
			t.Errorf("messages: %+v", m)
		}
	})
}

func TestTheContactsMessagesOpenTheWindow(t *testing.T) {
	for name, c := range map[string]struct {
		ago   time.Duration
		calls int
	}{"yesterday": {25 * time.Hour, 0}, "today": {time.Hour, 1}} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, freeAlone, nil)
				w.send(wrote("m1", phone, "Hi", time.Now().Add(-c.ago)))
				w.until("the message is stored", func() bool { return len(w.messages()) == 1 })
				w.send(ordered("o1", phone))
				want := run.Failed
				if c.calls > 0 {
					want = run.Succeeded
				}
				if d := w.theRun(want); len(w.called(d.Run.ID)) != c.calls {
					t.Errorf("it called %v", w.called(d.Run.ID))
				}
			})
		})
	}
}

// TestAnAnswerOpensTheWindow: the message that answers counts for the step that it leads to.
func TestAnAnswerOpensTheWindow(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, thankFlow, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "Hi", time.Now()))
		d := w.theRun(run.Succeeded)
		if called := strings.Join(w.called(d.Run.ID), " "); called != "ask thank" {
			t.Errorf("it called %s", called)
		}
	})
}

// TestWhoCannotBeHeardIsWrittenTo: while a connection can't receive, its provider decides about the window.
func TestWhoCannotBeHeardIsWrittenTo(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(freeAlone, "{on: chat.ordered, connection: line}", "{on: manual}", 1), nil)
		w.check(w.store.NotHeard(t.Context(), w.connection.ID))
		_, err := w.engine.Start(t.Context(), w.newStart("k"))
		w.check(err)
		if d := w.theRun(run.Succeeded); len(w.called(d.Run.ID)) != 1 {
			t.Errorf("it called %v", w.called(d.Run.ID))
		}
	})
}
