package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// ErrNotDue is returned by Advance when a run is woken before its time; the shell comes back at State.WakeAt.
var ErrNotDue = errors.New("not due yet")

// ErrNotExpected is returned by Advance for an input that the run's phase can't take: another transition came
// first. The shell drops the input.
var ErrNotExpected = errors.New("not expected in this phase")

// Input is what happens to a run. Each kind is a type of this file.
type Input interface {
	apply(m *machine) error
}

// Start begins a queued run.
type Start struct{}

func (Start) apply(m *machine) error {
	if m.state.Status != Queued {
		return fmt.Errorf("start a run that is %s: %w", m.state.Status, ErrNotExpected)
	}
	m.enter(m.version.First)
	return nil
}

// Called is the answer of the call at the cursor.
type Called struct{ Result protocol.Result }

func (in Called) apply(m *machine) error {
	if m.state.Phase != PhaseCalling && m.state.Phase != PhaseSettling {
		return fmt.Errorf("answer of a call in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	sr := m.current()
	sr.Failure = nil
	m.finish(sr, "", in.Result.Output)
	m.enter(m.step().Next)
	return nil
}

// CallFailed is a call that came back with a failure.
type CallFailed struct{ Failure *protocol.Failure }

func (in CallFailed) apply(m *machine) error {
	if m.state.Phase != PhaseCalling {
		return fmt.Errorf("failure of a call in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	m.callFailed(in.Failure)
	return nil
}

// Lost says that the node which made the call is gone: the intent was committed, no outcome ever will be.
type Lost struct{}

func (Lost) apply(m *machine) error {
	if m.state.Phase != PhaseCalling {
		return fmt.Errorf("lost call in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	if m.step().Do.Declared.Repeat != protocol.RepeatOnce {
		m.call(m.current())
		return nil
	}
	m.callFailed(&protocol.Failure{
		Kind: protocol.Unknown, Source: protocol.FromGateway,
		Message: "The gateway stopped while the call was out, so its outcome is not known.",
	})
	return nil
}

// Unmade says that the node which was to make the call knows that it did not: the intent was committed, and the node could
// not learn that.
type Unmade struct{}

func (Unmade) apply(m *machine) error {
	if m.state.Phase != PhaseCalling {
		return fmt.Errorf("unmade call in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	m.call(m.current())
	return nil
}

// Woken says that the run's WakeAt has come.
type Woken struct{}

func (Woken) apply(m *machine) error {
	if m.state.WakeAt.IsZero() || m.state.Status != Waiting {
		return fmt.Errorf("wake a run in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	if m.now.Before(m.state.WakeAt) {
		return ErrNotDue
	}
	sr := m.current()
	switch m.state.Phase {
	case PhaseBackingOff, PhaseHeld:
		m.call(sr)
	case PhaseSleeping:
		m.finish(sr, "", nil)
		m.enter(m.step().Next)
	case PhaseSettling:
		m.unsettled(sr)
	case PhaseTurning:
		m.enter(m.state.Cursor)
	default:
		return fmt.Errorf("wake a run in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	return nil
}

// Replied is an inbound message, or several, that claimed the run's wait.
type Replied struct {
	Ending
	Reply Reply
}

func (in Replied) apply(m *machine) error {
	return m.answer("default", func(r *flow.CustomerResponse) string { return r.Default }, in.Ending, &in.Reply)
}

// Elapsed says that the wait's deadline passed without a reply.
type Elapsed struct{ Ending }

func (in Elapsed) apply(m *machine) error {
	return m.answer("no_response", func(r *flow.CustomerResponse) string { return r.NoResponse }, in.Ending, nil)
}

// Invalid says that more answers were refused than the step allows.
type Invalid struct{ Ending }

func (in Invalid) apply(m *machine) error {
	if m.state.Phase == PhaseAsking && !m.step().Response.Terms.EndsInvalid {
		return fmt.Errorf("invalid without such an exit: %w", ErrNotExpected)
	}
	return m.answer("invalid", func(r *flow.CustomerResponse) string { return r.Invalid }, in.Ending, nil)
}

// Undelivered says that the provider could not deliver the question (R8).
type Undelivered struct {
	Ending
	Failure *protocol.Failure
}

func (in Undelivered) apply(m *machine) error {
	if m.state.Phase == PhaseAsking && !m.step().Response.HasUndelivered {
		sr := m.current()
		sr.Exit = "undelivered"
		m.failStep(sr, in.Failure)
		return nil
	}
	return m.answer("undelivered", func(r *flow.CustomerResponse) string { return r.Undelivered }, in.Ending, nil)
}

// Cancel ends a run wherever it is.
type Cancel struct{ Reason string }

func (in Cancel) apply(m *machine) error {
	if m.state.Status.Ended() {
		return fmt.Errorf("cancel a run that %s: %w", m.state.Status, ErrNotExpected)
	}
	if sr, ok := m.state.step(m.state.Cursor); ok && sr.Status == StepActive {
		sr.Status, sr.EndedAt = StepCancelled, m.now
		m.record(sr)
	}
	m.state.Reason = in.Reason
	m.end(Cancelled)
	return nil
}

// ErrNotRetryable is returned for a failed run whose step can't be done again.
var ErrNotRetryable = errors.New("this step can't be done again")

// Retry takes up a failed run at the step that failed. A call is made again with the input and the key that it had.
type Retry struct{}

func (Retry) apply(m *machine) error {
	if m.state.Status == Failed && m.state.Cursor == "" { // it was refused
		m.state.Failure = nil
		m.enter(m.version.First)
		return nil
	}
	step := m.step()
	if m.state.Status != Failed || step == nil {
		return fmt.Errorf("retry a run that %s: %w", m.state.Status, ErrNotExpected)
	}
	m.state.Failure = nil
	m.reenterLoops()
	switch sr := m.current(); step.Kind {
	case flow.KindDo, flow.KindHTTP:
		if sr.Input == nil {
			m.enter(step.ID)
			return nil
		}
		sr.Status, sr.Exit, sr.EndedAt = StepActive, "", time.Time{}
		m.state.Attempt = 1
		m.call(sr)
	case flow.KindIf, flow.KindSwitch, flow.KindSet, flow.KindDelay, flow.KindContact, flow.KindEmit, flow.KindStartFlow, flow.KindEndRuns, flow.KindForEach, flow.KindRepeat, flow.KindRespond:
		m.enter(step.ID)
	case flow.KindCustomerResponse:
		if sr.Input != nil { // its question was waited for, which is over
			return fmt.Errorf("step %s (%s): %w", step.ID, step.Kind, ErrNotRetryable)
		}
		m.enter(step.ID)
	default:
		return fmt.Errorf("step %s (%s): %w", step.ID, step.Kind, ErrNotRetryable)
	}
	return nil
}

// Settled is how a person settles a call whose outcome is not known.
type Settled string

// What Settled may be.
const (
	SettledDone   Settled = "done"   // it was carried out: the run goes on with the output that is given
	SettledResend Settled = "resend" // it is made again, with the same input and key
	SettledFailed Settled = "failed" // it was not carried out: the run stays failed, and is no riddle any more
)

// Settle takes up a run that failed because nobody knew what became of its call. The error is a *RefusedError for any
// other run and a *flow.InputError for an output that the action would never yield.
type Settle struct {
	As     Settled
	Output json.RawMessage // of SettledDone: an object; nil if nothing later reads it
}

func (in Settle) apply(m *machine) error {
	step, sr := m.step(), m.current()
	if m.state.Status != Failed || step == nil || step.Kind != flow.KindDo || sr.Failure == nil || sr.Failure.Kind != protocol.Unknown {
		return refuse("The outcome of its call is known.")
	}
	switch in.As {
	case SettledResend:
		return Retry{}.apply(m)
	case SettledFailed:
		f := *sr.Failure
		f.Kind, f.Message = protocol.Permanent, "Somebody found that the call was not carried out."
		sr.Failure = &f
		m.record(sr)
		m.state.Failure = &f
		return nil
	}
	if len(in.Output) > 0 {
		if problems := step.Do.Declared.Output.Check(in.Output, "output"); len(problems) > 0 {
			return &flow.InputError{Problems: problems}
		}
	}
	m.state.Failure = nil
	sr.Failure = nil
	m.finish(sr, "", in.Output)
	m.enter(step.Next)
	return nil
}
