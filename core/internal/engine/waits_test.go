package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const phone = "+34600111222"

// patient is askFlow with a deadline that no test reaches.
var patient = strings.Replace(askFlow, "within: 1s", "within: 2h", 1)

func TestReplyTakesDefault(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "Sí", time.Now()))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		if got := w.disposition("m1"); got != conversation.Matched {
			t.Errorf("the message is %s", got)
		}
		if in := string(d.Steps[2].Input); in != `{"text":"Sí"}` {
			t.Errorf("the thanks say %s", in)
		}
	})
}

func TestSilenceTakesNoResponse(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, nil)
		w.send(ordered("o1", phone))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.no_response", "remind")
		wait := d.Waits[0]
		if wait.State != run.WaitNoResponse || wait.ClaimedBy != "timeout" || wait.ClosedAt.Before(wait.Deadline) {
			t.Errorf("the wait closed as %s by %s, %s after its deadline", wait.State, wait.ClaimedBy, wait.ClosedAt.Sub(wait.Deadline))
		}
		w.send(wrote("m1", phone, "Sí", time.Now()))
		if got := w.disposition("m1"); got != conversation.Late { // R13
			t.Errorf("the message afterwards is %s", got)
		}
		if by := w.messages()["m1"].DecidedBy; by != string(conversation.RuleDeadline) { // R10
			t.Errorf("by %s", by)
		}
	})
}

// TestR9OneMessageClaimsOneWaitOfTwoInARow: what answered the first question of a message is not there for the second.
func TestR9OneMessageClaimsOneWaitOfTwoInARow(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: chat.ordered, connection: line}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: ask, do: chat.say, connection: line, with: {text: "Well?"}}
  - {id: first, customer_response: {within: 2h, to: ask}, default: [], no_response: []}
  - {id: second, customer_response: {within: 2h, to: ask}, default: [], no_response: []}
`, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "one", time.Now()))
		w.until("the second question waits", func() bool {
			r := w.runs()[0]
			return r.State.Cursor == "second" && r.State.Phase == run.PhaseAsking
		})
		w.send(wrote("m2", phone, "two", time.Now()))
		w.wantPath(w.theRun(run.Succeeded), "ask", "first.default", "second.default")
		if m := w.messages(); m["m1"].WaitID == m["m2"].WaitID || m["m1"].Disposition != conversation.Matched {
			t.Errorf("m1 is %s by %s, m2 by %s", m["m1"].Disposition, m["m1"].WaitID, m["m2"].WaitID)
		}
	})
}

// TestR1R2AnswerBeforeTheSendReturns: the customer answers while the provider's response is on its way.
func TestR1R2AnswerBeforeTheSendReturns(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(wrote("m0", phone, "an older message", time.Now()))
		w.disposition("m0")
		answered := w.whileAsking("o1", phone)
		w.send(wrote("m1", phone, "Sí", time.Now()))
		if got := w.disposition("m1"); got != conversation.NoMatch {
			t.Errorf("before the wait the message is %s", got)
		}
		answered()
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
		if got := w.disposition("m1"); got != conversation.Matched {
			t.Errorf("after the lookback the message is %s", got)
		}
		if got := w.disposition("m0"); got != conversation.NoMatch {
			t.Errorf("the message from before the question is %s", got)
		}
	})
}

// TestR3R4ReplyRacesTimeout lets replies and timeouts of many contacts meet. Whoever wins, each run takes one exit
// once, and message, wait and run agree about it.
func TestR3R4ReplyRacesTimeout(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, func(c *engine.Config) { c.Settle = time.Microsecond })
		const contacts = 60
		number := func(i int) string { return fmt.Sprintf("+346001%05d", i) }
		for i := range contacts {
			w.send(ordered(fmt.Sprint("o", i), number(i)))
		}
		w.until("all have been asked", func() bool { return len(w.runs()) == contacts })
		var senders sync.WaitGroup
		for i, r := range w.runs() {
			senders.Go(func() {
				d, err := w.store.RunDetail(w.Context(), w.workspace.ID, r.ID)
				if err != nil || len(d.Waits) == 0 {
					return // not asked yet: then silence is what it gets
				}
				// Half of them a moment early, half a moment late, all stored around the deadline.
				at := d.Waits[0].Deadline.Add(time.Duration(i%5-2) * time.Millisecond)
				for time.Now().Before(at) {
					time.Sleep(200 * time.Microsecond)
				}
				w.send(wrote("m of "+r.ID, d.Run.State.Facts.Contact.Phone, "Sí", at.Add(-time.Millisecond)))
			})
		}
		senders.Wait()
		w.until("all runs have ended", func() bool {
			return !slices.ContainsFunc(w.runs(), func(r run.Run) bool { return !r.State.Status.Ended() })
		})
		messages := w.messages()
		for _, r := range w.runs() {
			d, err := w.store.RunDetail(w.Context(), w.workspace.ID, r.ID)
			w.check(err)
			m, heard := messages["m of "+r.ID]
			switch state := d.Waits[0].State; {
			case state == run.WaitReplied && heard && m.Disposition == conversation.Matched:
				w.wantPath(d, "ask", "answer.default", "thank")
			case state == run.WaitNoResponse && (!heard || m.Disposition == conversation.Late):
				w.wantPath(d, "ask", "answer.no_response", "remind")
			default:
				t.Errorf("wait %s, message %q", state, m.Disposition)
			}
			if calls := w.called(r.ID); len(calls) != 2 {
				t.Errorf("calls %v", calls)
			}
		}
	})
}

// TestR5DeadlineIsFair: effective time decides, strictly before the deadline.
func TestR5DeadlineIsFair(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		wait := w.asked().Waits[0]
		deadline := wait.Deadline
		w.look(w.engine, engine.Alarm{Kind: engine.KindWait, ID: wait.ID}) // much too early
		w.send(wrote("m1", phone, "Sí", time.Time{}))                      // no provider time: our receipt counts
		if got := w.disposition("m1"); got != conversation.Matched {
			t.Errorf("a message %s before the deadline is %s", time.Until(deadline), got)
		}
	})
}

// TestR5Barrier: a request that arrived before the deadline is read after the timeout was tried; the reply wins.
func TestR5Barrier(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, nil)
		w.send(ordered("o1", phone))
		w.asked()
		gate := make(chan struct{})
		w.line.gate.Store(&gate)
		w.send(wrote("m1", phone, "Sí", time.Now()))
		w.until("the timeout is held", func() bool { return slices.Contains(kinds(w.asked()), engine.WaitHeld) })
		w.line.gate.Store(nil)
		close(gate)
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
	})
}

// TestR5BarrierEnds: a request that nobody can read doesn't hold a timeout for ever.
func TestR5BarrierEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, func(c *engine.Config) { c.Barrier = 100 * time.Millisecond })
		w.send(ordered("o1", phone))
		w.asked()
		w.receive(wrote("m1", phone, "Sí", time.Now())) // nobody is told of it
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.no_response", "remind")
		fired := slices.IndexFunc(d.WaitEvents, func(we engine.WaitEvent) bool { return we.Kind == engine.WaitFired })
		if fired < 0 || !strings.Contains(d.WaitEvents[fired].Detail, "barrier_exceeded") {
			t.Errorf("the timeline does not say that the barrier was exceeded: %+v", d.WaitEvents)
		}
	})
}

// TestR6GraceAfterAnOutage: overdue waits from before an outage are held; a reply from that time still counts.
func TestR6GraceAfterAnOutage(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, withoutAlarms)
		w.send(ordered("o1", phone))
		wait := w.asked().Waits[0]
		w.check(w.store.LeaveNode(w.Context(), w.node))
		w.until("the timeout is due", func() bool { return time.Now().After(wait.FireAt) })
		w.start(func(c *engine.Config) { c.Grace = time.Hour })
		w.check(w.engine.Handle(w.Context(), engine.Alarm{Kind: engine.KindWait, ID: wait.ID}))
		held := w.asked()
		if held.Waits[0].State != run.WaitOpen || time.Until(held.Waits[0].FireAt) < 50*time.Minute {
			t.Fatalf("the overdue wait is %s, to fire in %s", held.Waits[0].State, time.Until(held.Waits[0].FireAt))
		}
		w.send(wrote("m1", phone, "Sí", wait.Deadline.Add(-time.Millisecond)))
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.default", "thank")
	})
}

// TestR6TheGraceHoldsNobodyElse: what waits for a time, and a call that was lost, go on at once after an outage.
func TestR6TheGraceHoldsNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		const source = "name: ask\ntrigger: {on: chat.ordered, connection: line}\ncontact: {phone: \"{{ event.phone }}\"}\nsteps:\n" +
			"  - {id: rest, delay: {for: 1s}}\n  - {id: look, do: chat.look, connection: line, with: {text: x}}\n"
		w := newWorld(t, url, source, withoutAlarms)
		w.send(ordered("o1", phone))
		w.untilRuns("ask", run.Waiting)
		r := w.runs()[0]
		w.check(w.store.LeaveNode(w.Context(), w.node))
		w.until("it is due", func() bool { return time.Now().After(r.State.WakeAt) })
		w.start(func(c *engine.Config) { c.Grace = time.Hour; withoutAlarms(c) })
		calling, done := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.Attempt == 1 {
				close(calling)
				<-done // its node is gone by then
			}
			return said(in), nil
		}
		go w.look(w.engine, engine.Alarm{Kind: engine.KindRun, ID: r.ID})
		<-calling
		w.check(w.store.LeaveNode(w.Context(), w.node))
		first := w.engine
		w.start(func(c *engine.Config) { c.Grace = time.Hour })
		w.look(w.engine, engine.Alarm{Kind: engine.KindRun, ID: r.ID})
		w.theRun(run.Succeeded)
		close(done)
		first.Stop(w.Context())
	})
}

// TestR7LostAlarms: the queue loses everything, and the sweeper's question finds what is due.
func TestR7LostAlarms(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, withoutAlarms)
		w.receive(ordered("o1", phone)) // not even the request's own hint
		w.until("the run has ended", func() bool {
			overdue, err := w.store.Overdue(w.Context(), 0, 100)
			w.check(err)
			for _, a := range overdue {
				w.look(w.engine, engine.Alarm{Kind: a.Kind, ID: a.ID, Revision: a.Revision, At: a.At})
			}
			runs := w.runs()
			return len(runs) == 1 && runs[0].State.Status == run.Succeeded
		})
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.no_response", "remind")
	})
}

// TestR8Undelivered: a question that did not arrive ends the wait at once.
func TestR8Undelivered(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		r := w.asked().Run
		w.send(status("s1", r.ID+":ask", protocol.StatusFailed))
		d := w.theRun(run.Failed)
		w.wantPath(d, "ask", "answer.undelivered")
		if d.Waits[0].State != run.WaitUndelivered {
			t.Errorf("the wait is %s", d.Waits[0].State)
		}
	})
}

// TestR9OptOut: the contact wants no more; the run ends, and nothing is sent afterwards.
func TestR9OptOut(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "STOP", time.Now()))
		d := w.theRun(run.Cancelled)
		if d.Run.State.Reason != conversation.OptedOutReason || len(w.called(d.Run.ID)) != 1 {
			t.Errorf("ended as %q after calls %v", d.Run.State.Reason, w.called(d.Run.ID))
		}
		if got := w.disposition("m1"); got != conversation.OptedOut {
			t.Errorf("the message is %s", got)
		}
	})
}

// TestR9QuotedReply: three questions are open, the reply quotes the second.
func TestR9QuotedReply(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		for _, key := range []string{"o1", "o2", "o3"} {
			before := len(w.runs())
			w.send(ordered(key, phone))
			w.until("the run waits", func() bool {
				runs := w.runs()
				return len(runs) == before+1 && runs[0].State.Phase == run.PhaseAsking
			})
		}
		runs := w.runs() // newest first
		quoting := wrote("m1", phone, "yes, that one", time.Now())
		quoting.Message.InReplyTo = "ref of " + runs[1].ID + ":ask"
		w.send(quoting)
		w.until("the second has ended", func() bool { return w.runs()[1].State.Status == run.Succeeded })
		w.send(wrote("m2", phone, "yes", time.Now()))
		w.until("the newest has ended", func() bool { return w.runs()[0].State.Status == run.Succeeded })
		if first := w.runs()[2]; first.State.Phase != run.PhaseAsking {
			t.Errorf("the first is %s", first.State.Status)
		}
	})
}

// TestR14Duplicates: one provider event, delivered five times in parallel, has one effect.
func TestR14Duplicates(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		for range 5 { // AX-7
			w.send(ordered("o1", phone))
		}
		w.asked()
		for range 5 {
			w.send(wrote("m1", phone, "Sí", time.Now()))
		}
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		w.until("all copies are counted", func() bool { return w.messages()["m1"].Duplicates == 4 })
		if n := len(w.messages()); n != 1 {
			t.Errorf("%d messages are stored", n)
		}
		if calls := w.called(d.Run.ID); !slices.Equal(calls, []string{"ask", "thank"}) {
			t.Errorf("calls %v", calls)
		}
	})
}
