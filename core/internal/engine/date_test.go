package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// TestADateStartsItsFlow: for each contact whose day it is, once, whichever nodes read it, and not for who is blocked.
func TestADateStartsItsFlow(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		input := `{"field":"birthday","ignore_year":true}`
		source := `
name: ask
title: Congratulates
trigger: {on: date, with: ` + input + `}
steps:
  - {id: done, stop: {reason: "{{ contact.phone }} is {{ event.years }}"}}
`
		w := newWorld(t, url, source, nil)
		_, _, err := w.store.Publish(t.Context(), publish.Publication{
			WorkspaceID: w.workspace.ID, Name: "ask", Source: []byte(source + "\n"), EventType: flow.Date,
			Poll: &publish.Poll{Trigger: flow.Date, Input: json.RawMessage(input)},
		})
		w.check(err)
		for number, change := range map[string]run.ContactChange{
			phone: {}, "+34600111223": {Blocked: new(true)}, "+34600111224": {Fields: map[string]json.RawMessage{"birthday": json.RawMessage(`"1990-05-18"`)}},
		} {
			w.send(wrote("m"+number, number, "hello", time.Now()))
			w.disposition("m" + number)
			if change.Fields == nil {
				change.Fields = map[string]json.RawMessage{"birthday": json.RawMessage(`"1990-05-17"`)}
			}
			_, err := w.engine.ChangeContact(t.Context(), w.workspace.ID, w.contact(number).ID, change)
			w.check(err)
		}
		due, err := w.store.DuePolls(t.Context(), time.Now().Add(time.Minute), 10)
		w.check(err)
		now := time.Date(2027, 5, 17, 8, 59, 0, 0, time.UTC)
		take := func(p trigger.Poll, now time.Time) trigger.Poll {
			t.Helper()
			page, next, err := trigger.DateTick(t.Context(), w.store, p, "UTC", now)
			w.check(err)
			w.check(w.engine.TakePage(t.Context(), engine.Page{
				FlowID: p.FlowID, WorkspaceID: p.WorkspaceID, Revision: p.Revision, Cursor: page.Cursor, DueAt: next, Events: page.Events,
			}))
			p.Cursor, p.Revision = page.Cursor, p.Revision+1
			return p
		}
		p := take(due[0], now)
		again := take(p, now.Add(time.Minute))
		w.untilRuns("ask", run.Succeeded)
		again.Cursor = p.Cursor // another node that knows of nothing
		take(again, now.Add(2*time.Minute))
		w.untilRuns("ask", run.Succeeded)
		if got := w.runsOf("ask")[0].State.Reason; !strings.HasPrefix(got, phone+" is 37") {
			t.Errorf("the flow reads %q", got)
		}
	})
}
