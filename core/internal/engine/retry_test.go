package engine_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// failing fails on purpose.
var failing = patient[:strings.Index(patient, "steps:")] + "steps:\n  - {id: broken, fail: {message: on purpose}}\n"

// TestRetryTakesUpARunAtTheStepThatFailed: the question is refused, somebody mends what was wrong, and the run goes on
// as if nothing had been; what the contact wrote before is no answer to it (R1).
func TestRetryTakesUpARunAtTheStepThatFailed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		var broken atomic.Bool
		var keys atomic.Value
		broken.Store(true)
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if in.StepID == "ask" && broken.Load() {
				keys.Store(in.IdempotencyKey)
				return protocol.Result{}, &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "no such template"}
			}
			if in.StepID == "ask" && keys.Load() != in.IdempotencyKey {
				t.Errorf("the key is %s, and was %s", in.IdempotencyKey, keys.Load())
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		failed := w.theRun(run.Failed)
		if failed.Run.EndedAt.IsZero() || failed.Messages[0].Status != conversation.SendFailed {
			t.Fatalf("ended at %s, the message is %s", failed.Run.EndedAt, failed.Messages[0].Status)
		}
		w.send(wrote("m0", phone, "hello?", time.Now()))
		w.disposition("m0")

		broken.Store(false)
		w.check(w.engine.Retry(t.Context(), failed.Run.ID))
		d := w.asked()
		if d.Run.State.Failure != nil || !d.Run.EndedAt.IsZero() {
			t.Errorf("the run has still failed: %+v at %s", d.Run.State.Failure, d.Run.EndedAt)
		}
		if err := w.engine.Retry(t.Context(), failed.Run.ID); !errors.Is(err, run.ErrNotExpected) {
			t.Errorf("a second retry: %v", err)
		}
		w.send(wrote("m1", phone, "Sí", time.Now()))
		d = w.theRun(run.Succeeded)
		w.wantPath(d, "ask", "answer.default", "thank")
		if in := string(d.Steps[2].Input); in != `{"text":"Sí"}` || w.disposition("m0") != conversation.NoMatch {
			t.Errorf("the thanks say %s, the message from before is %s", in, w.disposition("m0"))
		}
		for _, m := range d.Messages {
			if m.Direction == protocol.Outbound && (m.Status != conversation.Sent || m.Failure != nil) {
				t.Errorf("the message of %s is %s with %v", m.StepID, m.Status, m.Failure)
			}
		}
	})
}

func TestRetryRefusesAStepThatCannotBeDoneAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, failing, nil)
		w.send(ordered("o1", phone))
		d := w.theRun(run.Failed)
		if err := w.engine.Retry(t.Context(), d.Run.ID); !errors.Is(err, run.ErrNotRetryable) {
			t.Errorf("got %v", err)
		}
		w.theRun(run.Failed)
		if err := w.engine.Retry(t.Context(), "run_none"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("a run that is not there: %v", err)
		}
	})
}
