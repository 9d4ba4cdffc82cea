package engine_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestRunsAreHeldUntilTheirConnectionIsRenewed: work that needs a lost connection waits, is counted, says so, and goes on
// at once when the connection is renewed.
func TestRunsAreHeldUntilTheirConnectionIsRenewed(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		var lost atomic.Bool
		lost.Store(true)
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			if lost.Load() {
				return protocol.Result{}, &protocol.Failure{Kind: protocol.Unauthorized, Source: protocol.FromGateway, Message: "The connection line needs to be reconnected."}
			}
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		d := w.theRun(run.Waiting)
		if s := d.Run.State; s.Phase != run.PhaseHeld || s.HeldOn != "line" || s.HeldSince.IsZero() {
			t.Fatalf("the run is %q on %q since %s", s.Phase, s.HeldOn, s.HeldSince)
		}
		held, err := w.store.HeldRuns(t.Context(), w.workspace.ID)
		w.check(err)
		if len(held) != 1 || held["line"] != 1 {
			t.Errorf("held runs: %v", held)
		}
		if len(d.Attempts) != 0 {
			t.Errorf("what never left is told as %+v", d.Attempts)
		}
		if !tells(d, "Held until the connection line is renewed: The connection line needs to be reconnected.") {
			t.Errorf("the timeline does not say why: %+v", inspect.Timeline(d, event.Event{}))
		}

		lost.Store(false)
		w.check(w.store.WakeHeld(t.Context(), w.connection.ID))
		due, err := w.store.Overdue(t.Context(), 0, 10)
		w.check(err)
		if len(due) != 1 || due[0].ID != d.Run.ID {
			t.Fatalf("due: %+v", due)
		}
		w.check(w.engine.Handle(t.Context(), due[0]))
		d = w.asked()
		if held, err = w.store.HeldRuns(t.Context(), w.workspace.ID); err != nil || len(held) != 0 || !d.Run.State.HeldSince.IsZero() {
			t.Errorf("still held: %v since %s, %v", held, d.Run.State.HeldSince, err)
		}
	})
}

func tells(d inspect.RunDetail, text string) bool {
	for _, e := range inspect.Timeline(d, event.Event{}) {
		if strings.Contains(e.Text+"\n"+e.Detail, text) {
			return true
		}
	}
	return false
}

// TestEachTryIsTold: with when it was made, how it ended and what was exchanged.
func TestEachTryIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, patient, nil)
		var tries atomic.Int32
		w.line.answer = func(in engine.Invocation) (protocol.Result, error) {
			x := run.Exchange{At: time.Now().UTC().Truncate(time.Microsecond), Method: "POST", Host: "api.example", Path: "/messages/" + strings.Repeat("x", 400), Status: 503, Duration: 120 * time.Millisecond, Sent: 17, Received: 9}
			if tries.Add(1) == 1 {
				in.Exchanged([]run.Exchange{x})
				return protocol.Result{}, &protocol.Failure{Kind: protocol.Retryable, Source: protocol.FromProvider, Message: "The provider answered 503 Service Unavailable."}
			}
			all := make([]run.Exchange, 60)
			for i := range all {
				all[i] = x
				all[i].Path, all[i].Status = "/messages", 200
			}
			in.Exchanged(all)
			return said(in), nil
		}
		w.send(ordered("o1", phone))
		d := w.asked()
		if len(d.Attempts) != 2 {
			t.Fatalf("%d attempts are told: %+v", len(d.Attempts), d.Attempts)
		}
		first, second := d.Attempts[0], d.Attempts[1]
		if first.Number != 1 || first.Attempt != 1 || first.Outcome != "retryable" || first.Failure == nil || first.StartedAt.IsZero() || first.EndedAt.Before(first.StartedAt) {
			t.Errorf("the first is %+v", first)
		}
		if x := first.Exchanges; len(x) != 1 || x[0].Status != 503 || x[0].Sent != 17 || x[0].Duration != 120*time.Millisecond || len(x[0].Path) > 320 {
			t.Errorf("it exchanged %+v", x)
		}
		if second.Number != 2 || second.Attempt != 2 || second.Outcome != run.AttemptSucceeded || second.Failure != nil || len(second.Exchanges) != 50 || second.StartedAt.Before(first.EndedAt) {
			t.Errorf("the second is %+v with %d exchanges", second, len(second.Exchanges))
		}
		for _, text := range []string{"Attempt 1 failed after", "The provider answered 503 Service Unavailable.", "POST api.example/messages (17 bytes): 200, 9 bytes, 120ms", "Attempt 2 went well after"} {
			if !tells(d, text) {
				t.Errorf("the timeline does not say %q: %+v", text, inspect.Timeline(d, event.Event{}))
			}
		}
	})
}
