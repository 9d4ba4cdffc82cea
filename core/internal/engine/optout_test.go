package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/run"
)

// TestR9AnOptOutDuringTheQuestionIsNoAnswer: it comes before the wait is there to be ended, and looking back finds it.
func TestR9AnOptOutDuringTheQuestionIsNoAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		answered := w.whileAsking("o1", phone)
		w.send(wrote("m1", phone, "stop", time.Now()))
		w.disposition("m1")
		answered()
		d := w.theRun(run.Cancelled)
		if state, by := d.Waits[0].State, d.Waits[0].ClaimedBy; state != run.WaitCancelled || by != "opt_out" {
			t.Errorf("the wait is %s by %s", state, by)
		}
		if got := w.disposition("m1"); got != conversation.OptedOut || d.Run.State.Reason != conversation.OptedOutReason {
			t.Errorf("the message is %s, the run ended with %q", got, d.Run.State.Reason)
		}
		if taken := exits(d); !slices.Equal(taken, []string{"ask", "answer"}) {
			t.Errorf("path %v", taken)
		}
	})
}

// TestR2R9LookingBackPassesOverWhatComesBeforeWaits: what started an interrupting flow would not have claimed the wait had it
// been open.
func TestR2R9LookingBackPassesOverWhatComesBeforeWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.publish(listens("other", "texts: [help], interrupts: true"))
		answered := w.whileAsking("o1", phone)
		w.send(wrote("m1", phone, "help", time.Now()))
		w.disposition("m1")
		answered()
		asking := w.runsOf("ask")[0].ID
		w.until("the question is open", func() bool {
			d, err := w.store.RunDetail(t.Context(), w.workspace.ID, asking)
			w.check(err)
			return len(d.Waits) == 1
		})
		d, err := w.store.RunDetail(t.Context(), w.workspace.ID, asking)
		w.check(err)
		if got := d.Waits[0].State; got != run.WaitOpen {
			t.Errorf("the wait is %s", got)
		}
		if got := w.disposition("m1"); got != conversation.Started {
			t.Errorf("the message is %s", got)
		}
		w.send(wrote("m2", phone, "yes", time.Now()))
		if got := w.disposition("m2"); got != conversation.Matched {
			t.Errorf("the next message is %s", got)
		}
	})
}
