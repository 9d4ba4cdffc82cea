package engine_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
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

// TestR12ACircleOfQueuesIsCut: two runs of two contacts start a run about the other one's contact at the same time and wait for
// it, and each of these would queue behind the other run. One of the two steps is told.
func TestR12ACircleOfQueuesIsCut(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		crossing := func(name, other string) string {
			return strings.NewReplacer("NAME", name, "OTHER", other).Replace(`
name: NAME
title: Crosses
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
per_contact: queue
steps:
  - {id: look, do: chat.look, connection: line, with: {text: x}}
  - {id: sub, start_flow: {flow: OTHER, data: {phone: "{{ event.other }}", other: "{{ event.phone }}"}, wait: true}}
`)
		}
		w := newWorld(t, url, crossing("ask", "other"), nil)
		w.publish(crossing("other", "ask"))
		var both sync.WaitGroup
		both.Add(2)
		var calls atomic.Int64
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if calls.Add(1) <= 2 {
				both.Done()
				both.Wait()
			}
			return said(in), nil
		}
		const friend = "+34600999888"
		w.begin("ask", `{"phone":"`+phone+`","other":"`+friend+`"}`)
		w.begin("other", `{"phone":"`+friend+`","other":"`+phone+`"}`)
		w.until("all have ended", func() bool {
			runs := w.runs()
			return len(runs) > 2 && !slices.ContainsFunc(runs, func(r run.Run) bool { return !r.State.Status.Ended() })
		})
		// The one that is told ends, what queued behind it begins, and is told for its part.
		got := map[run.Status]int{}
		for _, r := range w.runs() {
			got[r.State.Status]++
			if f := r.State.Failure; f != nil && !strings.Contains(f.Message, "takes one at a time and waits for this one") {
				t.Errorf("it failed with %q", f.Message)
			}
		}
		if got[run.Succeeded] != 1 || got[run.Failed] != 2 || len(got) != 2 {
			t.Errorf("the runs ended as %v", got)
		}
	})
}

// TestR12WhatQueuesByAnotherVersionBegins: a run queues by its own version, whatever that of the run before it says.
func TestR12WhatQueuesByAnotherVersionBegins(t *testing.T) {
	queueing := strings.Replace(patient, "steps:", "per_contact: queue\nsteps:", 1)
	setups := map[string]func(w *world) (first string){
		"the flow was edited": func(w *world) string {
			w.publish(patient)
			w.send(ordered("o1", phone))
			first := w.asked().Run
			w.publish(queueing)
			w.send(ordered("o2", phone))
			w.untilRuns("ask", run.Waiting, run.Queued)
			return first.ID
		},
		"R17: both were moved": func(w *world) string {
			w.send(ordered("o1", phone))
			first := w.asked().Run
			w.send(ordered("o2", phone))
			w.untilRuns("ask", run.Waiting, run.Queued)
			w.publish(patient)
			r, _ := w.repaired(engine.Repair{Action: engine.RepairMove, Select: engine.Selection{FlowID: w.live().ID, Behind: true}, VersionID: w.live().LiveVersionID})
			if r.Done != 2 {
				w.Fatalf("the repair is %+v", r)
			}
			return first.ID
		},
	}
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, queueing, nil)
				first := setup(w)
				w.check(w.engine.Cancel(t.Context(), first, "enough"))
				w.until("the second asks", func() bool { return w.runsOf("ask")[1].State.Phase == run.PhaseAsking })
			})
		})
	}
}
