package engine_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

func TestR14AnAnswerForTheContactCountsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		wait := w.asked().Waits[0]
		answer := engine.Answer{WorkspaceID: w.workspace.ID, WaitID: wait.ID, Key: "k", Text: "Sí"}
		first, err := w.engine.Answer(t.Context(), answer)
		w.check(err)
		again, err := w.engine.Answer(t.Context(), answer)
		w.check(err)
		if first.State != run.WaitReplied || first.ClaimedBy != "api" || again.ReplyID != first.ReplyID || again.Revision != first.Revision {
			t.Errorf("first %+v\nthen  %+v", first, again)
		}
		answer.Key = "another"
		_, err = w.engine.Answer(t.Context(), answer)
		var closed *engine.ClosedError
		if !errors.As(err, &closed) || closed.Wait.State != run.WaitReplied || closed.Wait.ClaimedBy != "api" || closed.Wait.ClosedAt.IsZero() {
			t.Errorf("with another key: %v", err)
		}
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		if in := string(d.Steps[2].Input); in != `{"text":"Sí"}` {
			t.Errorf("the thanks say %s", in)
		}
		answer.WorkspaceID = "wsp_other"
		if _, err := w.engine.Answer(t.Context(), answer); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("from another workspace: %v", err)
		}
	})
}

// TestR5AnAnswerAfterTheDeadlineDoesNotCount: the timeout has not fired yet, and fires all the same.
func TestR5AnAnswerAfterTheDeadlineDoesNotCount(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, askFlow, func(c *engine.Config) { c.Settle = time.Second })
		w.send(ordered("o1", phone))
		wait := w.asked().Waits[0]
		<-time.After(time.Until(wait.Deadline.Add(50 * time.Millisecond)))
		_, err := w.engine.Answer(t.Context(), engine.Answer{WorkspaceID: w.workspace.ID, WaitID: wait.ID, Text: "Sí"})
		var closed *engine.ClosedError
		if !errors.As(err, &closed) {
			t.Errorf("got %v", err)
		}
		w.wantPath(w.theRun(run.Succeeded), "ask", "answer.no_response", "remind")
	})
}

func TestR3OfManyAnswersAndTheContactsOwnOneWins(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		w.send(ordered("o1", phone))
		wait := w.asked().Waits[0]
		var all sync.WaitGroup
		var mu sync.Mutex
		won := 0
		w.send(wrote("m1", phone, "Sí", time.Now()))
		for i := range 10 {
			all.Go(func() {
				_, err := w.engine.Answer(t.Context(), engine.Answer{WorkspaceID: w.workspace.ID, WaitID: wait.ID, Key: fmt.Sprint(i), Text: "No"})
				var closed *engine.ClosedError
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.As(err, &closed) {
					t.Errorf("answer %d: %v", i, err)
				}
			})
		}
		all.Wait()
		w.disposition("m1")
		d := w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		if byAPI := d.Waits[0].ClaimedBy == "api"; won > 1 || byAPI != (won == 1) {
			t.Errorf("%d answers won, and the wait was claimed by %s", won, d.Waits[0].ClaimedBy)
		}
	})
}
