package engine_test

import (
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/run"
)

// TestR12ARunDoesNotQueueBehindOneThatWaitsForIt: both would wait for ever, so the step that would wait is told.
func TestR12ARunDoesNotQueueBehindOneThatWaitsForIt(t *testing.T) {
	starts := func(name, other, policy string) string {
		return strings.NewReplacer("NAME", name, "OTHER", other, "POLICY", policy).Replace(`
name: NAME
title: Starts
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
per_contact: POLICY
steps:
  - {id: sub, start_flow: {flow: OTHER, data: {phone: "{{ event.phone }}"}, wait: true}}
`)
	}
	for name, c := range map[string]struct {
		other string // which the flow ask starts
		flows []string
	}{
		"of itself":       {"ask", nil},
		"through another": {"other", []string{starts("other", "ask", "allow")}},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, starts("ask", c.other, "queue"), nil)
				for _, source := range c.flows {
					w.publish(source)
				}
				w.begin("ask", `{"phone":"`+phone+`"}`)
				last := "ask"
				if len(c.flows) > 0 {
					last = "other"
				}
				w.untilRuns(last, run.Failed)
				if f := w.runsOf(last)[0].State.Failure; !strings.Contains(f.Message, `The contact is in a run of the flow "ask", which takes one at a time and waits for this one.`) {
					t.Errorf("it failed with %q", f.Message)
				}
				if last == "other" {
					w.untilRuns("ask", run.Succeeded) // it reads how the other ended
				}
			})
		})
	}
}
