package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

// choosing is patient, with two choices and one more try, and an exit for who makes neither.
var choosing = strings.Replace(strings.Replace(patient,
	"within: 2h", `within: 2h, accept: { choices: { yes: ["sí", "1"], no: ["no", "2"] } }, retry: { times: 1 }`, 1),
	"    no_response:", "    invalid:\n      - { id: give_up, stop: { reason: \"{{ steps.answer.outcome }} after {{ steps.answer.attempts }}\" } }\n    no_response:", 1)

func TestR10R18AnAnswerThatIsNotAcceptedIsRefusedAndTheNextOneCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, choosing, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "what?", time.Now()))
		if got := w.disposition("m1"); got != conversation.Refused {
			t.Errorf("the first message is %s", got)
		}
		if wait := w.asked().Waits[0]; wait.State != run.WaitOpen || wait.Attempts != 1 {
			t.Errorf("the wait is %s after %d attempts", wait.State, wait.Attempts)
		}
		w.send(wrote("m2", phone, "Si!", time.Now()))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		if out := string(d.Steps[1].Output); !strings.Contains(out, `"choice":"yes"`) || !strings.Contains(out, `"attempts":2`) {
			t.Errorf("the run reads %s", out)
		}
		if got := w.disposition("m2"); got != conversation.Matched {
			t.Errorf("the second message is %s", got)
		}
	})
}

func TestR10OneRefusedAnswerTooManyTakesInvalid(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, choosing, nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "what?", time.Now()))
		w.disposition("m1")
		w.send(wrote("m2", phone, "who?", time.Now()))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.invalid", "give_up")
		if wait := d.Waits[0]; wait.State != run.WaitInvalid || wait.Attempts != 2 || d.Run.State.Reason != "invalid after 2" {
			t.Errorf("the wait is %s after %d attempts, the run ended with %q", wait.State, wait.Attempts, d.Run.State.Reason)
		}
		if got := w.disposition("m2"); got != conversation.Refused {
			t.Errorf("the second message is %s", got)
		}
	})
}

// TestR2LookbackJudgesAsHearingDoes: two answers come while the provider's response is on its way.
func TestR2LookbackJudgesAsHearingDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, choosing, nil)
		answered := w.whileAsking("o1", phone)
		w.send(wrote("m1", phone, "what?", time.Now()))
		w.disposition("m1")
		w.send(wrote("m2", phone, "2", time.Now()))
		w.disposition("m2")
		answered()
		d := w.theRun(run.Succeeded)
		if out := string(d.Steps[1].Output); !strings.Contains(out, `"choice":"no"`) || !strings.Contains(out, `"attempts":2`) {
			t.Errorf("the run reads %s", out)
		}
		if one, two := w.disposition("m1"), w.disposition("m2"); one != conversation.Refused || two != conversation.Matched {
			t.Errorf("the messages are %s and %s", one, two)
		}
	})
}

// TestR15RefusedAnswersWithoutAnExitWaitForTheDeadline: the last one has come, and silence follows.
func TestR15RefusedAnswersWithoutAnExitWaitForTheDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, strings.Replace(askFlow, "within: 1s", `within: 1s, accept: { match: "^[0-9]+$" }`, 1), nil)
		w.send(ordered("o1", phone))
		w.asked()
		w.send(wrote("m1", phone, "no idea", time.Now()))
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.no_response", "remind")
		if out := string(d.Steps[1].Output); !strings.Contains(out, `"reply":null`) || !strings.Contains(out, `"attempts":1`) {
			t.Errorf("the run reads %s", out)
		}
	})
}

// TestR5NoOtherAnswerIsAskedForAfterTheDeadline: the refused one was said in time and read late, and the next could not count.
func TestR5NoOtherAnswerIsAskedForAfterTheDeadline(t *testing.T) {
	source := on(askFlow, `accept: { match: "^[0-9]+$" }, retry: { times: 2, say: "A number, please." }`)
	source = strings.Replace(source, `with: {text: "Well?"}`, `with: {to: "x", text: "Well?"}`, 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, func(c *engine.Config) { c.Settle = time.Hour })
		w.send(ordered("o1", phone))
		d := w.asked()
		deadline := d.Waits[0].Deadline
		w.until("the deadline has passed", func() bool { return time.Now().After(deadline.Add(10 * time.Millisecond)) })
		w.send(wrote("m1", phone, "what?", deadline.Add(-time.Millisecond)))
		if got := w.disposition("m1"); got != conversation.Refused {
			t.Errorf("the message is %s", got)
		}
		messages, err := w.store.ListMessages(t.Context(), w.workspace.ID, "", pageOf200)
		w.check(err)
		if len(messages) != 2 { // the question and the answer: the intent of another would be stored with the refusal
			t.Errorf("messages: %+v", messages)
		}
	})
}
