package run_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

const handled = `
  - id: act
    do: chat.look
    connection: line
    with: { text: hello }
    retry: { attempts: 2, backoff: 10s }
    timeout: 20s
    on_error:
      - id: note
        set: { why: "{{ error.kind + ': ' + error.message + ' in ' + error.step }}" }
      - id: again
        do: chat.look
        connection: line
        with: { text: "{{ vars.why }}" }
        on_error:
          - id: inner
            set: { inner: "{{ error.step }}" }
  - id: after
    set: { ran: "{{ steps.act == null }}" }
`

// play feeds inputs to a run and fails the test when one is refused.
func play(t *testing.T, v *flow.Version, s run.State, at time.Time, inputs ...run.Input) run.Transition {
	t.Helper()
	var tr run.Transition
	for _, in := range inputs {
		var err error
		if tr, err = run.Advance(v, s, in, at); err != nil {
			t.Fatal(err)
		}
		s = tr.State
	}
	return tr
}

func failed(kind protocol.FailureKind) run.Input {
	return run.CallFailed{Failure: &protocol.Failure{Kind: kind, Source: protocol.FromProvider, Message: "no"}}
}

func TestOnErrorIsTakenInsteadOfFailing(t *testing.T) {
	t.Parallel()
	v := compile(t, handled)
	tr := play(t, v, queued(), start, run.Start{}, failed(protocol.Permanent))
	if tr.Call == nil || tr.Call.StepID != "again" || string(tr.Call.Input) != `{"text":"permanent: no in act"}` {
		t.Fatalf("after the failure: %+v with call %+v", tr.State, tr.Call)
	}
	if sr := tr.State.Steps["act"]; sr.Status != run.StepFailed || sr.Exit != "on_error" || sr.Failure == nil {
		t.Errorf("the failed step is %+v", sr)
	}
	tr = play(t, v, tr.State, start, failed(protocol.Invalid))
	if tr.State.Status != run.Succeeded || string(tr.State.Vars["inner"]) != `"again"` || string(tr.State.Vars["ran"]) != `true` || tr.State.Failure != nil {
		t.Errorf("at the end: %s, %s, failure %v", tr.State.Status, tr.State.Vars, tr.State.Failure)
	}
}

func TestOnErrorIsNotTakenWhenAllGoesWell(t *testing.T) {
	t.Parallel()
	tr := play(t, compile(t, handled), queued(), start, run.Start{}, run.Called{Result: protocol.Result{Output: json.RawMessage(`{}`)}})
	if _, ran := tr.State.Steps["note"]; ran || tr.State.Status != run.Succeeded || string(tr.State.Vars["ran"]) != `false` {
		t.Errorf("%+v", tr.State)
	}
}

func TestAStepsOwnAttempts(t *testing.T) {
	t.Parallel()
	v := compile(t, handled)
	tr := play(t, v, queued(), start, run.Start{})
	if tr.Call.Timeout != 20*time.Second {
		t.Errorf("timeout %s", tr.Call.Timeout)
	}
	tr = play(t, v, tr.State, start, failed(protocol.Retryable))
	if pause := tr.State.WakeAt.Sub(start); tr.State.Phase != run.PhaseBackingOff || pause < 8*time.Second || pause > 12*time.Second {
		t.Errorf("after the first: %s for %s", tr.State.Phase, pause)
	}
	tr = play(t, v, tr.State, tr.State.WakeAt, run.Woken{}, failed(protocol.Retryable))
	if tr.State.Cursor != "again" {
		t.Errorf("after the second of two the run is at %q", tr.State.Cursor)
	}
}

func TestAnInputThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	v := compile(t, `
  - id: act
    do: chat.look
    connection: line
    with: { text: "{{ string(1 / int(event.zero)) }}" }
    on_error:
      - id: note
        set: { kind: "{{ error.kind }}" }
`)
	s := queued()
	s.Facts.Event = json.RawMessage(`{"phone":"+34600111222","zero":0}`)
	tr := play(t, v, s, start, run.Start{})
	if tr.State.Status != run.Succeeded || string(tr.State.Vars["kind"]) != `"invalid"` {
		t.Errorf("%s with %s", tr.State.Status, tr.State.Vars)
	}
}
