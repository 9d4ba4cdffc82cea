package run_test

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestAHoldEnds: it names its connection while it lasts, spends no attempt however often it is looked at, is forgotten when
// the call goes well, and after thirty days the step fails.
func TestAHoldEnds(t *testing.T) {
	t.Parallel()
	v := compile(t, step("say"))
	lost := run.CallFailed{Failure: &protocol.Failure{Kind: protocol.Unauthorized, Message: "reconnect", Source: protocol.FromGateway}}
	now := start
	s := advance(t, v, queued(), run.Start{}, now).State
	for days := 0; days < 30; days++ {
		tr := advance(t, v, s, lost, now)
		if s = tr.State; s.Phase != run.PhaseHeld || s.HeldOn != v.Steps["act"].Do.Connection || !s.HeldSince.Equal(start) || s.Attempt != 1 {
			t.Fatalf("day %d: %q on %q since %s, attempt %d", days, s.Phase, s.HeldOn, s.HeldSince, s.Attempt)
		}
		now = now.Add(24 * time.Hour)
		if tr = advance(t, v, s, run.Woken{}, now); tr.Call == nil || tr.State.HeldOn != "" {
			t.Fatalf("day %d: woken, it makes the call %+v and is held on %q", days, tr.Call, tr.State.HeldOn)
		}
		s = tr.State
	}
	well := advance(t, v, s, run.Called{Result: protocol.Result{Output: []byte(`{}`)}}, now)
	if !well.State.HeldSince.IsZero() || well.State.HeldOn != "" {
		t.Errorf("after the call: %+v", well.State)
	}
	if end := advance(t, v, s, lost, now).State; end.Status != run.Failed || end.HeldOn != "" || !end.HeldSince.IsZero() || end.Failure.Message != "reconnect" {
		t.Errorf("after thirty days: %s, held on %q since %s: %+v", end.Status, end.HeldOn, end.HeldSince, end.Failure)
	}
}
