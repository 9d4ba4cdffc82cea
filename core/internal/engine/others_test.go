package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// runsOf returns a flow's runs, the oldest first.
func (w *world) runsOf(flow string) []run.Run {
	w.Helper()
	all := slices.DeleteFunc(w.runs(), func(r run.Run) bool { return r.State.Facts.FlowName != flow })
	slices.Reverse(all)
	return all
}

// untilRuns waits until a flow's runs have these statuses.
func (w *world) untilRuns(flow string, want ...run.Status) {
	w.Helper()
	var got []run.Status
	for end := time.Now().Add(patience); !slices.Equal(got, want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("the runs of %s are %v, want %v", flow, got, want)
		}
		got = nil
		for _, r := range w.runsOf(flow) {
			got = append(got, r.State.Status)
		}
	}
}

// TestR12PerContact: what becomes of a second run while the contact is in one.
func TestR12PerContact(t *testing.T) {
	for policy, want := range map[string][]run.Status{
		"allow":   {run.Waiting, run.Waiting},
		"reject":  {run.Waiting},
		"replace": {run.Cancelled, run.Waiting},
		"queue":   {run.Waiting, run.Queued},
	} {
		t.Run(policy, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, strings.Replace(patient, "steps:", "per_contact: "+policy+"\nsteps:", 1), nil)
				w.send(ordered("o1", phone))
				w.asked()
				w.send(ordered("o2", phone), ordered("o3", "+34600999888")) // the third is read after the second
				w.until("another contact is asked", func() bool {
					runs := w.runs()
					return len(runs) == len(want)+1 && runs[0].State.Status == run.Waiting
				})
				var got []run.Status
				for _, r := range w.runsOf("ask")[:len(want)] {
					got = append(got, r.State.Status)
				}
				if policy == "allow" || policy == "replace" { // their question may still be on its way
					w.until("all wait", func() bool { return w.runsOf("ask")[1].State.Phase == run.PhaseAsking })
					got[1] = w.runsOf("ask")[1].State.Status
				}
				if !slices.Equal(got, want) {
					t.Errorf("the runs are %v, want %v", got, want)
				}
			})
		})
	}
}

// TestR12TheQueuedRunBeginsWhenTheFirstHasEnded: however that ends.
func TestR12TheQueuedRunBeginsWhenTheFirstHasEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "steps:", "per_contact: queue\nsteps:", 1), nil)
		w.send(ordered("o1", phone))
		first := w.asked().Run
		w.send(ordered("o2", phone), ordered("o3", phone))
		w.untilRuns("ask", run.Waiting, run.Queued, run.Queued)
		w.check(w.engine.Cancel(t.Context(), first.ID, "enough"))
		w.untilRuns("ask", run.Cancelled, run.Waiting, run.Queued)
		w.until("the second asks", func() bool { return w.runsOf("ask")[1].State.Phase == run.PhaseAsking })
		w.send(wrote("m1", phone, "yes", time.Now()))
		w.untilRuns("ask", run.Cancelled, run.Succeeded, run.Waiting)
	})
}

// TestR12ParallelStartsOfOneContact: ten at once make one run where the flow takes one at a time.
func TestR12ParallelStartsOfOneContact(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "steps:", "per_contact: reject\nsteps:", 1), nil)
		for i := range 10 {
			w.send(ordered(fmt.Sprintf("o%d", i), phone))
		}
		w.until("all orders are read", func() bool {
			n, err := w.store.Overdue(t.Context(), 0, 100)
			w.check(err)
			return len(n) == 0 && len(w.runs()) > 0
		})
		w.asked()
	})
}

// caller is a flow that starts another one and reads how it ended.
const caller = `
name: caller
title: Caller
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: sub, start_flow: {flow: ask, data: {phone: "{{ event.phone }}"}, wait: true}}
  - {id: done, stop: {reason: "{{ steps.sub.status }} {{ steps.sub.reason }}"}}
`

func (w *world) begin(flow string, data string) engine.Started {
	w.Helper()
	f, err := w.store.LiveFlow(w.Context(), w.workspace.ID, flow)
	w.check(err)
	started, err := w.engine.Start(w.Context(), engine.Start{WorkspaceID: w.workspace.ID, FlowID: f.FlowID, VersionID: f.VersionID, Data: json.RawMessage(data)})
	w.check(err)
	return started
}

// TestStartFlowWaits: the run goes on when the other has ended, and reads how.
func TestStartFlowWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "on: chat.ordered, connection: line", "on: manual", 1), nil)
		w.publish(caller)
		w.begin("caller", `{"phone":"`+phone+`"}`)
		w.until("the other asks", func() bool {
			runs := w.runsOf("ask")
			return len(runs) == 1 && runs[0].State.Phase == run.PhaseAsking
		})
		if r := w.runsOf("caller")[0]; r.State.Phase != run.PhaseJoining {
			t.Errorf("the caller is %s", r.State.Phase)
		}
		w.check(w.engine.Cancel(t.Context(), w.runsOf("ask")[0].ID, "enough"))
		w.untilRuns("caller", run.Succeeded)
		if r := w.runsOf("caller")[0]; r.State.Reason != "cancelled enough" {
			t.Errorf("the caller read %q", r.State.Reason)
		}
	})
}

// TestStartFlowThatIsOffFailsTheStep: the run is told at once, and can be retried when the flow is back.
func TestStartFlowThatIsOffFailsTheStep(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "on: chat.ordered, connection: line", "on: manual", 1), nil)
		w.publish(caller)
		_, err := w.store.SetFlowEnabled(t.Context(), w.workspace.ID, "ask", false)
		w.check(err)
		w.begin("caller", `{"phone":"`+phone+`"}`)
		w.untilRuns("caller", run.Failed)
		if f := w.runsOf("caller")[0].State.Failure; !strings.Contains(f.Message, `"ask" is not published, or it is switched off`) {
			t.Errorf("it failed with %q", f.Message)
		}
		_, err = w.store.SetFlowEnabled(t.Context(), w.workspace.ID, "ask", true)
		w.check(err)
		w.check(w.engine.Retry(t.Context(), w.runsOf("caller")[0].ID))
		w.until("the other runs", func() bool { return len(w.runsOf("ask")) == 1 })
	})
}

// TestFlowsThatStartEachOtherEnd: a loop is cut, visibly.
func TestFlowsThatStartEachOtherEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
steps:
  - {id: again, start_flow: {flow: ask}}
`, nil)
		w.begin("ask", `{}`)
		want := slices.Repeat([]run.Status{run.Succeeded}, event.MaxHops)
		w.untilRuns("ask", append(want, run.Failed)...)
	})
}

// TestEmitStartsTheFlowsThatListen: with its data, for the same contact, once each.
func TestEmitStartsTheFlowsThatListen(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: tell, emit: {event: verified, data: {order: "{{ event.order }}"}}}
`, nil)
		w.publish(`
name: other
title: Other
trigger: {on: custom.verified}
steps:
  - {id: done, stop: {reason: "{{ event.order }} of {{ contact.phone }}"}}
`)
		w.begin("ask", `{"phone":"`+phone+`","order":"#1042"}`)
		w.untilRuns("other", run.Succeeded)
		if r := w.runsOf("other")[0]; r.State.Reason != "#1042 of "+phone {
			t.Errorf("it read %q", r.State.Reason)
		}
	})
}

// TestRunFailedStartsTheFlowsThatListen: but never with a failure of their own.
func TestRunFailedStartsTheFlowsThatListen(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, nil)
		w.publish(`
name: audit
title: Audit
trigger: {on: run.failed}
steps:
  - {id: complain, fail: {message: "{{ event.flow }}.{{ event.step }}: {{ event.failure.message }}"}}
`)
		w.line.answer = func(engine.Invocation) (protocol.Result, error) {
			return protocol.Result{}, &protocol.Failure{Kind: protocol.Permanent, Message: "no such number"}
		}
		w.send(ordered("o1", phone))
		w.untilRuns("audit", run.Failed)
		if got := w.runsOf("audit")[0].State.Failure.Message; got != "ask.ask: no such number" {
			t.Errorf("it read %q", got)
		}
		w.until("nothing is left", func() bool {
			due, err := w.store.Overdue(t.Context(), 0, 10)
			w.check(err)
			return len(due) == 0
		})
		w.untilRuns("audit", run.Failed)
	})
}

// TestR13ALateReplyStartsFlows: the one that the step names, and those that listen.
func TestR13ALateReplyStartsFlows(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, on(askFlow, "late: { start_flow: other }"), nil)
		for name, trigger := range map[string]string{"other": "manual", "audit": "wait.late_reply"} {
			w.publish(`
name: ` + name + `
title: Late
trigger: {on: ` + trigger + `}
steps:
  - {id: done, stop: {reason: "{{ event.reply.text }} of {{ contact.phone }}"}}
`)
		}
		w.send(ordered("o1", phone))
		w.untilRuns("ask", run.Succeeded)
		w.send(wrote("m1", phone, "sorry, yes", time.Now()))
		for _, name := range []string{"other", "audit"} {
			w.untilRuns(name, run.Succeeded)
			if got := w.runsOf(name)[0].State.Reason; got != "sorry, yes of "+phone {
				t.Errorf("%s read %q", name, got)
			}
		}
	})
}

// TestEndRunsEndsTheContactsOthers: those of the flows it names, and neither itself nor another contact's.
func TestEndRunsEndsTheContactsOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.publish(`
name: other
title: Other
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: enough, end_runs: {flows: [ask]}}
  - {id: pause, delay: {for: 1h}}
`)
		w.send(ordered("o1", phone), ordered("o2", "+34600999888"))
		w.until("both are asked", func() bool {
			runs := w.runsOf("ask")
			return len(runs) == 2 && runs[0].State.Phase == run.PhaseAsking && runs[1].State.Phase == run.PhaseAsking
		})
		w.begin("other", `{"phone":"`+phone+`"}`)
		w.untilRuns("ask", run.Cancelled, run.Waiting)
		w.untilRuns("other", run.Waiting)
		if r := w.runsOf("ask")[0]; r.State.Reason != "The flow other ended it." {
			t.Errorf("it ended as %q", r.State.Reason)
		}
	})
}

// TestAFlowThatIsOffIsNotStartedByAnErrandFromOutside: which no run caused, so that nobody is to be told.
func TestAFlowThatIsOffIsNotStartedByAnErrandFromOutside(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		_, err := w.store.SetFlowEnabled(t.Context(), w.workspace.ID, "ask", false)
		w.check(err)
		req := store.NewRequest{
			ID: id.New("req"), WorkspaceID: w.workspace.ID, Connector: engine.InternalConnector, Method: "POST",
			Body: []byte(`{"event":{"type":"chat.ordered","flow":"ask","data":{}}}`),
		}
		_, _, err = w.store.InsertRequest(t.Context(), req)
		w.check(err)
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: req.ID}))
		if _, _, err := w.store.Request(t.Context(), req.ID); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("it is still to be read: %v", err)
		}
		if runs := w.runs(); len(runs) > 0 {
			t.Errorf("it started %d runs", len(runs))
		}
	})
}

// TestR12FlowsAboutSeveralContacts: one order starts two flows that mind, each about somebody else.
func TestR12FlowsAboutSeveralContacts(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		minding := strings.Replace(patient, "steps:", "per_contact: reject\nsteps:", 1)
		w := newWorld(t, url, minding, nil)
		w.publish(strings.NewReplacer("name: ask", "name: other", "{{ event.phone }}", "{{ event.friend }}").Replace(minding))
		for _, key := range []string{"o1", "o2"} {
			o := ordered(key, phone)
			o.Data = json.RawMessage(`{"phone":"` + phone + `","friend":"+34600999888"}`)
			w.send(o)
		}
		w.untilRuns("ask", run.Waiting)
		w.untilRuns("other", run.Waiting)
		w.until("nothing is left", func() bool {
			due, err := w.store.Overdue(t.Context(), 0, 10)
			w.check(err)
			return len(due) == 0
		})
		w.untilRuns("ask", run.Waiting)
		w.untilRuns("other", run.Waiting)
	})
}

// TestR12ARejectionIsSeen: who looks at the event or the request finds the flow that did not start, and no other.
func TestR12ARejectionIsSeen(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(patient, "title: Ask", "title: Ask\nper_contact: reject", 1), nil)
		w.send(ordered("o1", phone))
		w.asked()
		requestID := w.receive(ordered("o2", phone))
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: requestID}))
		d, err := w.store.RequestDetail(t.Context(), w.workspace.ID, requestID)
		w.check(err)
		if len(d.Events) != 1 || !slices.Equal(d.Events[0].Rejected, []string{"ask"}) || len(d.Runs) != 0 {
			t.Errorf("of the request came %+v", d.Events)
		}
		events, err := w.store.ListEvents(t.Context(), w.workspace.ID, list.Page{})
		w.check(err)
		if len(events) != 2 || len(events[0].Rejected) != 1 || events[1].Rejected != nil {
			t.Errorf("the events are %+v", events)
		}
	})
}
