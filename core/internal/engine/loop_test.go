package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const againFlow = `
name: ask
trigger: {on: chat.ordered, connection: line}
contact: {phone: "{{ event.phone }}"}
steps:
  - id: again
    repeat: {until: "steps.answer.outcome == 'default'", max: 3}
    steps:
      - {id: ask, do: chat.say, connection: line, with: {text: "Well? {{ iteration.number }}"}}
      - {id: answer, customer_response: {within: WITHIN}, default: [], no_response: []}
  - {id: thank, do: chat.say, connection: line, with: {text: "{{ steps.answer.reply.text }}"}}
`

// TestAQuestionInALoop: each iteration sends a message, opens a wait and takes an answer of its own.
func TestAQuestionInALoop(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(againFlow, "WITHIN", "1s", 1), nil)
		w.send(ordered("o1", phone))
		w.until("the second question is asked", func() bool {
			runs := w.runs()
			return len(runs) == 1 && runs[0].State.Phase == run.PhaseAsking && len(w.detail(runs[0].ID).Waits) == 2
		})
		w.send(wrote("m1", phone, "yes", time.Now()))
		d := w.theRun(run.Succeeded)
		var keys []string
		for _, c := range w.calls {
			keys = append(keys, strings.TrimPrefix(c.IdempotencyKey, d.Run.ID+":")+" "+string(c.Input))
		}
		if want := []string{`ask#1 {"text":"Well? 1"}`, `ask#2 {"text":"Well? 2"}`, `thank {"text":"yes"}`}; !slices.Equal(keys, want) {
			t.Errorf("called %q, want %q", keys, want)
		}
		var ran []string
		for _, s := range d.Steps {
			ran = append(ran, s.Key()+"."+s.Exit)
		}
		if got := strings.Join(ran, " "); got != "again.met ask#1. answer#1.no_response ask#2. answer#2.default thank." {
			t.Errorf("the timeline has %s", got)
		}
		var waits []string
		for _, wait := range d.Waits {
			waits = append(waits, wait.Iteration+" "+string(wait.State))
		}
		if want := []string{"1 no_response", "2 replied"}; !slices.Equal(waits, want) {
			t.Errorf("the waits are %q, want %q", waits, want)
		}
		for _, line := range inspect.Timeline(d, event.Event{}) {
			if strings.Contains(line.Text, "Sent the message") && line.StepID == "ask" && line.Iteration == "" {
				t.Errorf("a line does not say which iteration it is of: %+v", line)
			}
		}
	})
}

// TestALoopSurvivesItsNode: the node dies between two iterations, another one goes on.
func TestALoopSurvivesItsNode(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(againFlow, "WITHIN", "1h", 1), nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.check(w.store.Close())
		s, err := store.Open(t.Context(), url, store.Options{})
		w.check(err)
		t.Cleanup(func() { _ = s.Close() })
		w.store = s
		w.start(nil)
		w.send(wrote("m1", phone, "yes", time.Now()))
		d := w.theRun(run.Succeeded)
		if got := string(step(d, "again").Output); got != `{"count":1,"met":true,"results":[]}` {
			t.Errorf("the loop yields %s", got)
		}
	})
}

func step(d inspect.RunDetail, id string) run.StepRun {
	return d.Run.State.Steps[id]
}

// TestALongLoop goes through more steps than one transaction holds, without a queue to wake it.
func TestALongLoop(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
trigger: {on: chat.ordered, connection: line}
steps:
  - {id: zero, set: {n: 0}}
  - id: count
    repeat: {until: "false", max: 450}
    steps: [{id: more, set: {n: "{{ vars.n + 1 }}"}}]
`, withoutAlarms)
		w.send(ordered("o1", phone))
		d := w.theRun(run.Succeeded)
		if string(d.Run.State.Vars["n"]) != "450" || len(d.Steps) != 452 {
			t.Errorf("n is %s after %d steps", d.Run.State.Vars["n"], len(d.Steps))
		}
		if got, err := w.store.Run(t.Context(), d.Run.ID); err != nil || len(got.State.Steps) != 3 || got.State.Steps["more"].Iteration != "450" {
			t.Errorf("what is read to go on is %d steps, the last %+v, %v", len(got.State.Steps), got.State.Steps["more"], err)
		}
	})
}

func (w *world) detail(runID string) inspect.RunDetail {
	w.Helper()
	d, err := w.store.RunDetail(w.Context(), w.workspace.ID, runID)
	w.check(err)
	return d
}

// hook publishes a flow with an address of its own, and returns the address's id.
func (w *world) hook(source string) string {
	w.Helper()
	doc, problems := flow.Parse([]byte(source))
	w.check(problems.Err())
	v, problems := flow.Compile(doc, chat{})
	w.check(problems.Err())
	f, err := w.store.Flow(w.Context(), w.workspace.ID, doc.Name)
	w.check(err)
	hookID, err := w.store.EnsureHook(w.Context(), w.workspace.ID, f.ID, *v.Trigger.Hook, v.Trigger.Answers)
	w.check(err)
	w.publishTo(doc.Name, source, flow.Webhook, hookID)
	return hookID
}

// post has a request to an address read, and returns its id.
func (w *world) post(hookID, body string, header http.Header) string {
	w.Helper()
	requestID := id.New("req")
	_, _, err := w.store.InsertRequest(w.Context(), store.NewRequest{
		ID: requestID, WorkspaceID: w.workspace.ID, ConnectionID: hookID, Connector: engine.WebhookConnector, Method: "POST", Header: header, Body: []byte(body),
	})
	w.check(err)
	w.engine.Ready(engine.KindRequest, requestID)
	return requestID
}

// answered waits for the answer to a request.
func (w *world) answered(requestID string) string {
	w.Helper()
	var got string
	w.until("the request is answered", func() bool {
		found, err := w.store.Answers(w.Context(), []string{requestID, "req_other"})
		w.check(err)
		a, ok := found[requestID]
		got = fmt.Sprint(a.Status, " ", a.Header["Content-Type"], " ", a.Header["X-Order"], " ", string(a.Body))
		return ok
	})
	return got
}

const answering = `
name: answering
trigger: {on: webhook, with: {auth: none, answer: respond}}
contact: {phone: "{{ event.body.phone }}"}
per_contact: reject
steps:
  - {id: broken, if: has(event.body.fail), then: [{id: fail, fail: {message: "secret reason"}}]}
  - {id: quiet, if: has(event.body.quiet), then: [{id: stop, stop: {}}]}
  - {id: first, respond: {status: 201, headers: {x-order: "{{ event.body.order }}"}, json: {order: "{{ event.body.order }}"}}}
  - {id: second, respond: {text: "no more"}}
  - {id: rest, delay: {for: 1h}}
`

// TestRespond: what the caller of a flow's own address is told, once, whatever becomes of the run.
func TestRespond(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, "name: answering\ntrigger: {on: manual}\nsteps: []\n", nil)
		hookID := w.hook(answering)
		for body, want := range map[string]string{
			`{"order":9007199254740993,"phone":"+34600111001"}`: `201 application/json 9007199254740993 {"order":9007199254740993}`,
			`{"fail":true,"phone":"+34600111002"}`:              `500 application/problem+json  {"run_id":`,
			`{"quiet":true,"phone":"+34600111003"}`:             `204   `,
		} {
			if got := w.answered(w.post(hookID, body, nil)); !strings.HasPrefix(got, want) || strings.Contains(got, "secret reason") {
				t.Errorf("%s is answered %s, want %s", body, got, want)
			}
		}
		if got := w.answered(w.post(hookID, `{"order":1,"phone":"+34600111001"}`, nil)); !strings.HasPrefix(got, "409 application/problem+json") {
			t.Errorf("a second run of the contact is answered %s", got)
		}
		bad := w.post(hookID, `{"order":"a\r\nSet-Cookie: b","phone":"+34600111005"}`, nil)
		if got := w.answered(bad); !strings.HasPrefix(got, "500") {
			t.Errorf("case 81: a line break in a header is answered %q", got)
		}
		w.check(w.engine.Erase(t.Context(), w.workspace.ID, w.contact("+34600111005").ID))
		if found, err := w.store.Answers(t.Context(), []string{bad}); err != nil || len(found) != 0 {
			t.Errorf("after the contact was erased there is still %+v, %v", found, err)
		}
	})
}

const pingPong = `
name: ask
trigger: {on: custom.ping}
steps:
  - {id: note, set: {n: 1}}
`

// TestCase93LoopSuspected: runs that others cause are counted along their chain, and within a minute.
func TestCase93LoopSuspected(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, pingPong, func(c *engine.Config) { c.LoopRate = 3 })
		w.publish("name: other\ntrigger: {on: chat.ordered, connection: line}\nsteps:\n  - {id: tell, emit: {event: ping}}\n")
		for i := range 5 {
			w.send(ordered(fmt.Sprint("o", i), phone))
			w.until("the next run of ask is there", func() bool { return len(w.runsOf("ask")) == i+1 && w.runsOf("ask")[i].State.Status.Ended() })
		}
		var got []run.Status
		for _, r := range w.runsOf("ask") {
			got = append(got, r.State.Status)
		}
		if want := []run.Status{run.Succeeded, run.Succeeded, run.Succeeded, run.Failed, run.Failed}; !slices.Equal(got, want) {
			t.Fatalf("the runs are %v, want %v", got, want)
		}
		refused := w.runsOf("ask")[3]
		if f := refused.State.Failure; f == nil || !strings.HasPrefix(f.Message, "Loop suspected: ") || !strings.Contains(f.Message, "CORDBOARD_LOOP_RATE") {
			t.Errorf("it failed with %+v", f)
		}
		w.check(w.engine.Retry(t.Context(), refused.ID))
		if r := w.runsOf("ask")[3]; r.State.Status != run.Succeeded {
			t.Errorf("taken up again it %s", r.State.Status)
		}
		// What others start is no business of this.
		for i := range 5 {
			w.send(ordered(fmt.Sprint("p", i), phone))
		}
		w.until("ten runs of the other", func() bool { return len(w.runsOf("other")) == 10 })
		for _, r := range w.runsOf("other") {
			if r.State.Status == run.Failed {
				t.Errorf("a start from outside was refused: %+v", r.State.Failure)
			}
		}
	})
}

// TestCase93AChainThroughAnotherSystem: a flow whose effect outside starts it again is known by how often it starts for one
// contact.
func TestCase93AChainThroughAnotherSystem(t *testing.T) {
	const often = "name: %s\ntrigger: {on: chat.ordered, connection: line}\ncontact: {phone: \"{{ event.phone }}\"}\n%ssteps:\n  - {id: note, set: {n: 1}}\n"
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, fmt.Sprintf(often, "ask", ""), func(c *engine.Config) { c.ContactRate = 2 })
		w.publish(fmt.Sprintf(often, "other", "contact_rate: 3\n"))
		for i := range 4 {
			w.send(ordered(fmt.Sprint("o", i), phone))
			w.until("both have ended", func() bool {
				all := w.runs()
				return len(all) == 2*i+2 && !slices.ContainsFunc(all, func(r run.Run) bool { return !r.State.Status.Ended() })
			})
		}
		w.untilRuns("ask", run.Succeeded, run.Succeeded, run.Failed, run.Failed)
		w.untilRuns("other", run.Succeeded, run.Succeeded, run.Succeeded, run.Failed)
		refused := w.runsOf("ask")[2]
		if f := refused.State.Failure; f == nil || !strings.HasPrefix(f.Message, "Loop suspected: ") || !strings.Contains(f.Message, "2 times") || !strings.Contains(f.Message, "CORDBOARD_CONTACT_RATE") {
			t.Errorf("it failed with %+v", f)
		}
		if steps := refused.State.Steps; len(steps) != 0 {
			t.Errorf("it came to %v", steps)
		}
		w.check(w.engine.Retry(t.Context(), refused.ID))
		w.untilRuns("ask", run.Succeeded, run.Succeeded, run.Succeeded, run.Failed)
		_, err := w.engine.Replay(t.Context(), refused.ID, "", "")
		w.check(err)
		w.untilRuns("ask", run.Succeeded, run.Succeeded, run.Succeeded, run.Failed, run.Succeeded)
		w.send(ordered("o9", otherPhone))
		w.untilRuns("ask", run.Succeeded, run.Succeeded, run.Succeeded, run.Failed, run.Succeeded, run.Succeeded)
	})
}

// TestCase93WhatIsNotCounted: what was long ago, and what other runs have started.
func TestCase93WhatIsNotCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, "name: ask\ntrigger: {on: manual}\nsteps:\n  - {id: note, set: {n: 1}}\n", func(c *engine.Config) { c.ContactRate = 1 })
		w.publish("name: other\ntrigger: {on: chat.ordered, connection: line}\ncontact: {phone: \"{{ event.phone }}\"}\ncontact_rate: 9\nsteps:\n  - {id: begin, start_flow: {flow: ask}}\n")
		for i := range 3 { // by runs, about the same contact
			w.send(ordered(fmt.Sprint("o", i), phone))
		}
		w.untilRuns("ask", run.Succeeded, run.Succeeded, run.Succeeded)
		by := w.newStart("k")
		by.Contact = protocol.Contact{Phone: phone}
		past := w.runsOf("ask")[0]
		w.check(w.store.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error { // a quarter of an hour ago, from outside
			ev := event.Event{ID: id.New("evt"), WorkspaceID: w.workspace.ID, Type: "manual", Key: "past", ReceivedAt: time.Now(), Data: []byte("{}")}
			if _, err := tx.Receive(ctx, engine.Incoming{Event: ev}); err != nil {
				return err
			}
			r := past
			r.ID, r.EventID, r.State.Steps = id.At("run", time.Now().Add(-15*time.Minute)), ev.ID, nil
			return tx.InsertRun(ctx, r, false)
		}))
		for i, want := range []run.Status{run.Succeeded, run.Failed} {
			by.Key = fmt.Sprint("k", i)
			started, err := w.engine.Start(t.Context(), by)
			w.check(err)
			w.until("it has ended", func() bool {
				r, err := w.store.Run(t.Context(), started.RunID)
				return err == nil && r.State.Status == want
			})
		}
	})
}

// TestCase93AChainByWebhook: the hops of a chain that leaves the gateway and comes back go on.
func TestCase93AChainByWebhook(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, "name: answering\ntrigger: {on: manual}\nsteps: []\n", nil)
		hookID := w.hook("name: answering\ntrigger: {on: webhook, with: {auth: none}}\nsteps:\n  - {id: look, do: chat.look, connection: line, with: {text: x}}\n")
		for i, hops := range []string{"", "10", "11", "999999999", "-1", "x"} {
			w.post(hookID, "{}", http.Header{event.HopsHeader: {hops}})
			w.until("it has ended", func() bool { return len(w.runsOf("answering")) == i+1 && w.runsOf("answering")[i].State.Status.Ended() })
			r := w.runsOf("answering")[i]
			if refused := r.State.Status == run.Failed; refused != (i == 2 || i == 3) {
				t.Errorf("with %q hops the run %s: %+v", hops, r.State.Status, r.State.Failure)
			}
		}
		if w.calls[1].Hops != 11 || w.calls[0].Hops != 1 {
			t.Errorf("the calls know of %d and %d hops", w.calls[0].Hops, w.calls[1].Hops)
		}
	})
}
