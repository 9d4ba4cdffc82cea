package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// listens is a flow that starts with messages and says which.
func listens(name, with string) string {
	return "name: " + name + "\ntitle: Listens\ntrigger: {on: message, with: {" + with + `}}
steps:
  - {id: done, stop: {reason: "{{ event.text }} of {{ contact.phone }}"}}
`
}

// TestR9TheRanksOfMessageTriggers: before open questions, after them, and when nothing else takes the message.
func TestR9TheRanksOfMessageTriggers(t *testing.T) {
	for name, c := range map[string]struct {
		with, text string
		want       conversation.Disposition
		by         conversation.Rule
	}{
		"an open question comes first":   {`texts: [help]`, "help", conversation.Matched, conversation.RuleOpenWait},
		"unless the flow interrupts":     {`texts: [help], interrupts: true`, "HELP!", conversation.Started, conversation.RuleInterrupt},
		"which other messages do not":    {`texts: [help], interrupts: true`, "no help", conversation.Matched, conversation.RuleOpenWait},
		"nor does what is outside hours": {`interrupts: true, outside: office`, "help", conversation.Matched, conversation.RuleOpenWait},
		"during hours it does":           {`pattern: "^he", interrupts: true, during: office`, "help", conversation.Started, conversation.RuleInterrupt},
		"a fallback never":               {`fallback: true`, "help", conversation.Matched, conversation.RuleOpenWait},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, patient, nil)
				w.alwaysOpen("office")
				w.publish(listens("other", c.with))
				w.send(ordered("o1", phone))
				w.asked()
				w.send(wrote("m1", phone, c.text, time.Now()))
				w.disposition("m1")
				if m := w.messages()["m1"]; m.Disposition != c.want || m.DecidedBy != string(c.by) {
					t.Errorf("the message is %s by %s", m.Disposition, m.DecidedBy)
				}
				if c.want == conversation.Started {
					w.untilRuns("other", run.Succeeded)
					if got := w.runsOf("other")[0].State.Reason; got != c.text+" of "+phone {
						t.Errorf("the flow reads %q", got)
					}
				}
			})
		})
	}
}

// TestR9AFallbackTakesWhatNothingElseDoes: and no more than that.
func TestR9AFallbackTakesWhatNothingElseDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, listens("ask", "texts: [hours]"), nil)
		w.publish(listens("other", "fallback: true"))
		for key, c := range map[string]struct {
			text string
			by   conversation.Rule
		}{"m1": {"Hours?", conversation.RuleTrigger}, "m2": {"anything", conversation.RuleFallback}} {
			w.send(wrote(key, phone, c.text, time.Now()))
			w.disposition(key)
			if m := w.messages()[key]; m.Disposition != conversation.Started || m.DecidedBy != string(c.by) {
				t.Errorf("%q is %s by %s", c.text, m.Disposition, m.DecidedBy)
			}
		}
		w.untilRuns("ask", run.Succeeded)
		w.untilRuns("other", run.Succeeded)
	})
}

// alwaysOpen keeps a calendar without closing time.
func (w *world) alwaysOpen(name string) {
	w.Helper()
	c := calendar.Calendar{Name: name, Hours: map[string][]string{}}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		c.Hours[day] = []string{"00:00-24:00"}
	}
	w.check(w.store.SaveCalendar(w.Context(), w.workspace.ID, c))
}

// TestAScheduleStartsItsFlow: with the time for which it was due, once.
func TestAScheduleStartsItsFlow(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		source := `
name: ask
title: Report
trigger: {on: schedule, with: {cron: "0 9 * * *"}}
steps:
  - {id: done, stop: {reason: "{{ string(event.at) }}"}}
`
		w := newWorld(t, url, source, nil)
		_, _, err := w.store.Publish(t.Context(), publish.Publication{
			WorkspaceID: w.workspace.ID, Name: "ask", Source: []byte(source + "\n"), EventType: flow.Schedule,
			Poll: &publish.Poll{Trigger: flow.Schedule, Input: json.RawMessage(`{"cron":"0 9 * * *"}`)},
		})
		w.check(err)
		due, err := w.store.DuePolls(t.Context(), time.Now().Add(time.Minute), 10)
		w.check(err)
		at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
		var errs []error
		for range 2 { // another node reads the same
			errs = append(errs, w.engine.TakePage(t.Context(), engine.Page{
				FlowID: due[0].FlowID, WorkspaceID: w.workspace.ID, Revision: due[0].Revision, Cursor: "next", DueAt: time.Now(),
				Events: []protocol.Event{{Key: id.New("key")[:4] + "at", Trigger: flow.Schedule, OccurredAt: at, Data: json.RawMessage(`{"at":"2026-11-26T08:00:00Z"}`)}},
			}))
		}
		if errs[0] != nil || errs[1] == nil {
			t.Errorf("the first reading: %v, the second: %v", errs[0], errs[1])
		}
		w.untilRuns("ask", run.Succeeded)
		if got := w.runsOf("ask")[0].State.Reason; got != "2026-11-26T08:00:00Z" {
			t.Errorf("the flow reads %q", got)
		}
	})
}
