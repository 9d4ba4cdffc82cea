package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// askedTwice has a contact asked twice, and returns the runs, the older one first.
func (w *world) askedTwice() (older, newer inspect.RunDetail) {
	w.Helper()
	for i, key := range []string{"o1", "o2"} {
		w.send(ordered(key, phone))
		w.until("the question is open", func() bool {
			runs := w.runs()
			return len(runs) == i+1 && runs[0].State.Phase == run.PhaseAsking
		})
	}
	runs := w.runsOf("ask")
	return w.detail(runs[0].ID), w.detail(runs[1].ID)
}

// quoting is a message that quotes another one.
func quoting(key, ref string) protocol.Event {
	said := wrote(key, phone, "sorry, yes", time.Now())
	said.Message.InReplyTo = ref
	return said
}

// TestR9R13ALateMessageIsFiledUnderWhatItQuotes, and not under the newest question.
func TestR9R13ALateMessageIsFiledUnderWhatItQuotes(t *testing.T) {
	overdue := func(w *world, d inspect.RunDetail) { w.reschedule(d.Waits[0].ID, time.Now().Add(-time.Second)) }
	timedOut := func(w *world, d inspect.RunDetail) {
		_, err := w.engine.TimeOut(w.Context(), w.workspace.ID, d.Waits[0].ID)
		w.check(err)
	}
	answeredFor := func(w *world, d inspect.RunDetail) {
		_, err := w.engine.Answer(w.Context(), engine.Answer{WorkspaceID: w.workspace.ID, WaitID: d.Waits[0].ID, Text: "yes"})
		w.check(err)
	}
	open := func(*world, inspect.RunDetail) {}
	for name, c := range map[string]struct {
		older, newer func(*world, inspect.RunDetail)
		filed        conversation.Disposition
		newest       bool // it goes to the newer question
		told         bool
	}{
		"both are closed":                                  {timedOut, timedOut, conversation.Late, false, true},
		"both are overdue":                                 {overdue, overdue, conversation.Late, false, true},
		"one is closed, the newer overdue":                 {timedOut, overdue, conversation.Late, false, true},
		"one was answered, which nobody is told of":        {answeredFor, timedOut, conversation.Late, false, false},
		"R13: but another open wait takes it all the same": {timedOut, open, conversation.Matched, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, patient, withoutAlarms)
				w.publish("name: audit\ntitle: Audit\ntrigger: {on: wait.late_reply}\nsteps:\n  - {id: done, stop: {reason: heard}}\n")
				older, newer := w.askedTwice()
				c.older(w, older)
				c.newer(w, newer)
				w.send(quoting("m1", older.Waits[0].AskedRef))
				filed := older
				if c.newest {
					filed = newer
				}
				if got := w.disposition("m1"); got != c.filed || w.messages()["m1"].WaitID != filed.Waits[0].ID {
					t.Errorf("it is %s of %s, not of %s", got, w.messages()["m1"].WaitID, filed.Waits[0].ID)
				}
				if by := w.messages()["m1"].DecidedBy; c.filed == conversation.Late && by != string(conversation.RuleReference) {
					t.Errorf("it was decided by %s", by)
				}
				if late := slices.Contains(kinds(w.detail(older.Run.ID)), engine.WaitLateReply); late != (c.filed == conversation.Late) {
					t.Errorf("the older question's timeline: %v", kinds(w.detail(older.Run.ID)))
				}
				if slices.Contains(kinds(w.detail(newer.Run.ID)), engine.WaitLateReply) {
					t.Errorf("the newer question's timeline: %v", kinds(w.detail(newer.Run.ID)))
				}
				if c.told {
					w.untilRuns("audit", run.Succeeded)
					return
				}
				requests, err := w.store.Overdue(t.Context(), 0, 100)
				w.check(err)
				if slices.ContainsFunc(requests, func(a engine.Alarm) bool { return a.Kind == engine.KindRequest }) || len(w.runsOf("audit")) > 0 {
					t.Error("others were told of a late reply")
				}
			})
		})
	}
}

// TestR9AQuoteOfTheTextThatAskedAgain is one of the question: of two that are open the older one is answered, and once both are
// over it is late for the older one.
func TestR9AQuoteOfTheTextThatAskedAgain(t *testing.T) {
	source := strings.Replace(on(patient, `accept: { match: "^[0-9]+$" }, retry: { times: 1, say: "A number, please." }`), `with: {text: "Well?"}`, `with: {to: "x", text: "Well?"}`, 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, nil)
		w.send(ordered("o1", phone))
		older := w.asked()
		w.send(wrote("m1", phone, "what?", time.Now()))
		w.until("another answer is asked for", func() bool { return slices.Contains(kinds(w.asked()), engine.WaitSaid) })
		w.send(ordered("o2", phone))
		w.untilRuns("ask", run.Waiting, run.Waiting)
		w.until("the second question is open", func() bool { return len(w.detail(w.runs()[0].ID).Waits) == 1 })
		again := "ref of " + older.Run.ID + ":answer:say:1"
		answer := quoting("m2", again)
		answer.Message.Text = "7"
		w.send(answer)
		w.untilRuns("ask", run.Succeeded, run.Waiting)
		if m := w.messages()["m2"]; m.WaitID != older.Waits[0].ID || m.DecidedBy != string(conversation.RuleReference) || m.InReplyTo != again {
			t.Errorf("it is %+v", m)
		}
		_, err := w.engine.TimeOut(t.Context(), w.workspace.ID, w.detail(w.runs()[0].ID).Waits[0].ID)
		w.check(err)
		w.send(quoting("m3", again))
		if got := w.disposition("m3"); got != conversation.Late || w.messages()["m3"].WaitID != older.Waits[0].ID {
			t.Errorf("the next one is %s of %s", got, w.messages()["m3"].WaitID)
		}
	})
}

// TestR13ALateReplyWhileTheTimeoutIsHeldIsReadable: the message comes after the deadline, and before the timeout fires.
func TestR13ALateReplyWhileTheTimeoutIsHeldIsReadable(t *testing.T) {
	source := strings.Replace(patient, "Still there?", "{{ steps.answer.late_reply.text }}", 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, withoutAlarms)
		w.send(ordered("o1", phone))
		wait := w.reschedule(w.asked().Waits[0].ID, time.Now().Add(-time.Second))
		w.send(wrote("m1", phone, "sorry, yes", time.Now()))
		if got := w.disposition("m1"); got != conversation.Late {
			t.Errorf("the message is %s", got)
		}
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindWait, ID: wait.ID}))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.no_response", "remind")
		if in := string(d.Steps[2].Input); in != `{"text":"sorry, yes"}` {
			t.Errorf("the reminder says %s", in)
		}
		if out := string(d.Steps[1].Output); !strings.Contains(out, `"reply":null`) {
			t.Errorf("the run reads %s", out)
		}
	})
}

// TestR2R10WhatAnotherWaitHadDecidedAbout: a question is on its way when the contact writes, and another wait hears it first.
func TestR2R10WhatAnotherWaitHadDecidedAbout(t *testing.T) {
	const other = `
name: other
title: Other
trigger: {on: manual}
contact: {phone: "{{ event.phone }}"}
steps:
  - {id: first, do: chat.say, connection: line, with: {text: "Number?"}}
  - id: number
    customer_response: {within: 2h, accept: {match: "^[0-9]+$"} RETRY}
    default: []
    INVALID
    no_response: []
`
	flow := func(retry, invalid string) string {
		return strings.NewReplacer("RETRY", retry, "    INVALID\n", invalid).Replace(other)
	}
	for name, c := range map[string]struct {
		other string // a flow that asks for a number
		first conversation.Disposition
		terms string // of the question on its way
		then  conversation.Disposition
		line  bool // the first wait's timeline says that the message counts for another question
	}{
		"a refused message that the other accepts is its answer": {flow("", ""), conversation.Refused, "", conversation.Matched, true},
		"one that ended its wait as invalid has claimed it":      {flow("", "    invalid: []\n"), conversation.Refused, "", conversation.Refused, false},
		"what both refuse is refused once, by who heard it":      {flow("", ""), conversation.Refused, `accept: {match: "^x$"}, `, conversation.Refused, false},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, strings.Replace(patient, "within: ", c.terms+"within: ", 1), nil)
				w.publish(c.other)
				w.begin("other", `{"phone":"`+phone+`"}`)
				w.until("the other waits", func() bool {
					runs := w.runsOf("other")
					return len(runs) == 1 && runs[0].State.Phase == run.PhaseAsking
				})
				other := w.detail(w.runsOf("other")[0].ID).Waits[0]
				answered := w.whileAsking("o1", phone)
				w.send(wrote("m1", phone, "yes", time.Now()))
				if got := w.disposition("m1"); got != c.first || w.messages()["m1"].WaitID != other.ID {
					t.Errorf("first it is %s of %s", got, w.messages()["m1"].WaitID)
				}
				answered()
				asking := w.runsOf("ask")[0].ID
				w.until("the question is open", func() bool { return len(w.detail(asking).Waits) == 1 })
				d, heard := w.detail(asking), w.detail(other.RunID)
				wait, m := d.Waits[0], w.messages()["m1"]
				if taken := m.WaitID == wait.ID; m.Disposition != c.then || taken != (c.then == conversation.Matched) {
					t.Errorf("then it is %s of %s", m.Disposition, m.WaitID)
				}
				if wait.Attempts != 0 || (wait.State == run.WaitReplied) != (c.then == conversation.Matched) {
					t.Errorf("the wait is %s after %d attempts", wait.State, wait.Attempts)
				}
				last := heard.WaitEvents[len(heard.WaitEvents)-1]
				if said := strings.Contains(last.Detail, "another question"); said != c.line {
					t.Errorf("the first wait's timeline ends with %+v", last)
				}
			})
		})
	}
	t.Run("what started a run is not refused afterwards", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, strings.Replace(patient, "within: ", `accept: {match: "^x$"}, within: `, 1), nil)
			w.publish(listens("other", "texts: [help]"))
			answered := w.whileAsking("o1", phone)
			w.send(wrote("m1", phone, "help", time.Now()))
			w.disposition("m1")
			answered()
			asking := w.runsOf("ask")[0].ID
			w.until("the question is open", func() bool { return len(w.detail(asking).Waits) == 1 })
			d := w.detail(asking)
			if got := w.disposition("m1"); got != conversation.Started || d.Waits[0].Attempts != 0 {
				t.Errorf("it is %s, after %d attempts", got, d.Waits[0].Attempts)
			}
			if got := kinds(d); !slices.Equal(got, []engine.WaitEventKind{engine.WaitOpened, engine.WaitRefused}) { // R19
				t.Errorf("the timeline has %v", got)
			}
		})
	})
	t.Run("R13: what was late for one question answers the one that had been asked by then", func(t *testing.T) {
		onBoth(t, func(t *testing.T, url string) {
			w := newWorld(t, url, patient, nil)
			w.send(ordered("o0", phone))
			old := w.asked().Waits[0]
			_, err := w.engine.TimeOut(t.Context(), w.workspace.ID, old.ID)
			w.check(err)
			w.theRun(run.Succeeded)
			answered := w.whileAsking("o1", phone)
			w.send(wrote("m1", phone, "yes", time.Now()))
			if got := w.disposition("m1"); got != conversation.Late {
				t.Errorf("first it is %s", got)
			}
			if was := w.detail(old.RunID); was.Waits[0].LateID == "" || strings.Contains(string(was.Steps[1].Output), `"late_reply":null`) {
				t.Errorf("the old question has %q, and reads %s", was.Waits[0].LateID, was.Steps[1].Output)
			}
			answered()
			w.untilRuns("ask", run.Succeeded, run.Succeeded)
			if m := w.messages()["m1"]; m.Disposition != conversation.Matched || m.WaitID == old.ID {
				t.Errorf("then it is %s of %s", m.Disposition, m.WaitID)
			}
			was := w.detail(old.RunID)
			if out := string(was.Steps[1].Output); was.Waits[0].LateID != "" || !strings.Contains(out, `"late_reply":null`) {
				t.Errorf("the old question still has the late message %q and reads %s", was.Waits[0].LateID, out)
			}
			lines := was.WaitEvents
			if last := lines[len(lines)-1]; last.Kind != engine.WaitRefused || !strings.Contains(last.Detail, "another question") {
				t.Errorf("the old question's timeline ends with %+v", last)
			}
		})
	})
}

// TestR13AWaitThatOpensAfterItsDeadlineKnowsWhatCameLate: the steps between the question and the wait took longer than the
// answer was given. What was said by then is late for it, as it would be had the wait been open.
func TestR13AWaitThatOpensAfterItsDeadlineKnowsWhatCameLate(t *testing.T) {
	source := strings.NewReplacer("  - id: answer", "  - {id: look, do: chat.look, connection: line, with: {text: x}}\n  - id: answer",
		"within: 1s", "within: 1s, to: ask", "Still there?", "{{ steps.answer.late_reply.text }}").Replace(askFlow)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, nil)
		looking, seen := make(chan struct{}), make(chan struct{})
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.StepID == "look" {
				close(looking)
				<-seen
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		<-looking
		asked := time.Now() // or a moment before
		w.until("the time for an answer is over", func() bool { return time.Since(asked) > time.Second })
		w.send(wrote("m1", phone, "sorry, yes", time.Now()))
		if got := w.disposition("m1"); got != conversation.NoMatch {
			t.Errorf("before the wait opens the message is %s", got)
		}
		close(seen)
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "look", "answer.no_response", "remind")
		if m := w.messages()["m1"]; m.Disposition != conversation.Late || m.WaitID != d.Waits[0].ID || d.Waits[0].LateID != m.ID {
			t.Errorf("it is %s of %q, and the wait has %q", m.Disposition, m.WaitID, d.Waits[0].LateID)
		}
		if in := string(d.Steps[3].Input); in != `{"text":"sorry, yes"}` {
			t.Errorf("the reminder says %s", in)
		}
	})
}
