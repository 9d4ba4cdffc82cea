package run

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Call is the effect of a `do` step: the shell stores the state it came with, then makes the call and reports
// Called or CallFailed.
type Call struct {
	StepID         string
	Iteration      string
	Connector      string
	Action         string
	Connection     string // name; empty for connectors without auth
	Input          json.RawMessage
	Attempt        int
	IdempotencyKey string // the same for every attempt
	Sends          bool
	Timeout        time.Duration // zero: the shell's default
}

// Transition is what one input does to a run: the new state, the step runs that changed, what it did to other runs on
// the way, and at most one effect that it then waits for, because a run is at exactly one step.
type Transition struct {
	State   State
	Changed []StepRun
	Others  Others
	Call    *Call
	Ask     *Ask
	Wait    *Wait // the wait of the step at the cursor as it is to be from now on; nil: as it was
}

// Advance says what a run does next. It is pure: the same version, state, input and time give the same
// transition, and s is left as it was. It returns ErrNotDue or ErrNotExpected when the input changes nothing, and an
// *UnheardError when a fact is missing.
func Advance(v *flow.Version, s State, in Input, now time.Time) (Transition, error) {
	m := &machine{version: v, state: s, now: now, changed: map[string]StepRun{}}
	if err := in.apply(m); err != nil {
		return Transition{}, err
	}
	if m.unheard != nil {
		return Transition{}, m.unheard
	}
	if !May(s.Status, m.state.Status) {
		return Transition{}, fmt.Errorf("from %s to %s: %w", s.Status, m.state.Status, ErrNotExpected)
	}
	changed := slices.SortedFunc(maps.Values(m.changed), func(a, b StepRun) int { return a.Number - b.Number })
	return Transition{State: m.state, Changed: changed, Others: m.others, Call: m.callEffect, Ask: m.ask, Wait: m.wait}, nil
}

// machine is one transition in the making.
type machine struct {
	version    *flow.Version
	state      State
	now        time.Time
	changed    map[string]StepRun
	callEffect *Call
	ask        *Ask
	wait       *Wait
	others     Others
	unheard    *UnheardError
	given      expr.Vars // what expressions see in the place of the run's own; nil in a run
}

func (m *machine) step() *flow.Step { return m.version.Steps[m.state.Cursor] }

func (m *machine) current() StepRun {
	sr, _ := m.state.step(m.state.Cursor)
	return sr
}

func (m *machine) record(sr StepRun) {
	m.state = m.state.With(sr)
	m.changed[sr.Key()] = sr
}

// begin makes the step run of a step that is entered.
func (m *machine) begin(s *flow.Step) StepRun {
	iteration := m.iteration(s)
	before, again := m.state.step(s.ID)
	number := before.Number
	if !again || before.Iteration != iteration {
		number = m.state.newest() + 1
	}
	return StepRun{
		StepID: s.ID, Iteration: iteration, Number: number, Kind: string(s.Kind),
		Status: StepActive, Attempt: 1, StartedAt: m.now,
	}
}

// finish closes a step run that went well and took the given exit.
func (m *machine) finish(sr StepRun, exit string, output json.RawMessage) {
	sr.Status, sr.Exit, sr.Output, sr.EndedAt = StepSucceeded, exit, output, m.now
	m.record(sr)
}

// Limits of what the steps of a run may come to.
const (
	maxSteps = 10_000
	maxTurn  = 100 // in one transition, whose steps are stored together
)

// enter goes to a step and on through all that need nothing from outside, until the run waits, calls or ends.
func (m *machine) enter(id string) {
	for id != "" {
		step := m.version.Steps[id]
		m.state.Cursor, m.state.Phase, m.state.WakeAt = id, PhaseNone, time.Time{}
		m.state.HeldOn, m.state.HeldSince = "", time.Time{}
		switch {
		case len(m.changed) >= maxTurn:
			m.state.Status, m.state.Phase, m.state.WakeAt = Waiting, PhaseTurning, m.now
			return
		case m.state.newest() >= maxSteps:
			m.failStep(m.begin(step), gatewayFailure(fmt.Sprintf("The run has done %d steps, which is as many as a run may.", maxSteps)))
			return
		}
		next, more := m.enterOne(step)
		if !more {
			return
		}
		id = next
	}
	m.end(Succeeded)
}

// enterOne enters one step; more is false when the run rests there or has ended.
func (m *machine) enterOne(step *flow.Step) (next string, more bool) {
	sr := m.begin(step)
	switch step.Kind {
	case flow.KindIf:
		return m.branch(step, sr)
	case flow.KindSwitch:
		return m.choose(step, sr)
	case flow.KindSet:
		return m.set(step, sr)
	case flow.KindForEach, flow.KindRepeat:
		return m.loop(step, sr)
	case flow.KindDo, flow.KindHTTP:
		m.firstCall(step, sr)
	case flow.KindCustomerResponse:
		m.open(step, sr)
	case flow.KindDelay:
		return m.sleep(step, sr)
	case flow.KindRespond:
		return m.respond(step, sr)
	case flow.KindContact:
		return m.contact(step, sr)
	case flow.KindEmit:
		return m.emit(step, sr)
	case flow.KindStartFlow:
		return m.startFlow(step, sr)
	case flow.KindEndRuns:
		return m.endRuns(step, sr)
	case flow.KindFail:
		m.fail(step, sr)
	case flow.KindStop:
		m.stop(step, sr)
	default:
		m.failStep(sr, gatewayFailure(fmt.Sprintf("This version of the gateway does not know steps of kind %q.", step.Kind)))
	}
	return "", false
}

func (m *machine) firstCall(step *flow.Step, sr StepRun) {
	input, err := step.Do.With.Eval(background, m.scope())
	if err != nil {
		f := gatewayFailure(err.Error())
		f.Kind = protocol.Invalid
		m.giveUp(sr, f)
		return
	}
	sr.Input = input
	m.state.Attempt = 1
	m.call(sr)
}

// call makes the call of the step at the cursor, for the first time or again; the key is the same each time.
func (m *machine) call(sr StepRun) {
	do := m.version.Steps[sr.StepID].Do
	if do.Declared.Sends {
		if why := m.unwanted(sr.Input); why != "" {
			m.refrain(sr, why)
			return
		}
	}
	if outside, known := m.outside(do, sr.Input); !known {
		m.unheard = &UnheardError{StepID: sr.StepID, Connection: do.Connection}
		return
	} else if outside != nil {
		m.giveUp(sr, outside)
		return
	}
	sr.Attempt = m.state.Attempt
	m.record(sr)
	m.state.Status, m.state.Phase, m.state.WakeAt, m.state.HeldOn = Running, PhaseCalling, time.Time{}, ""
	m.callEffect = &Call{
		StepID: sr.StepID, Iteration: sr.Iteration, Connector: do.Connector, Action: do.Action, Connection: do.Connection,
		Input: sr.Input, Attempt: m.state.Attempt, IdempotencyKey: CallKey(m.state.Facts.RunID, sr.StepID, sr.Iteration),
		Sends: do.Declared.Sends, Timeout: cmp.Or(do.Timeout, do.Declared.Timeout),
	}
}

// How a call is tried again.
const (
	maxAttempts    = 5
	firstBackoff   = 2 * time.Second // then four times as long each time
	longestBackoff = 24 * time.Hour
	holdFor        = time.Minute // between looks at a connection that must be renewed, should nobody say that it was
	longestHold    = 30 * 24 * time.Hour
	// settleFor is how long a message whose outcome is unknown waits for a status that carries its key.
	settleFor = 30 * time.Second
)

// callFailed applies the table of failure kinds to the call at the cursor.
func (m *machine) callFailed(f *protocol.Failure) {
	sr := m.current()
	sr.Failure = f
	do := m.step().Do
	once := do.Declared.Repeat == protocol.RepeatOnce
	kind := f.Kind
	if kind == protocol.Unknown && !once {
		kind = protocol.Retryable
	}
	switch kind {
	case protocol.RateLimited:
		// Not before, and not all at once: runs that were refused together would only be refused together again.
		pause := max(f.RetryAfter, time.Second)
		m.backOff(sr, pause+time.Duration(float64(pause)*chance(m.state.Facts.RunID, sr.Key(), m.now.UnixNano())))
	case protocol.Unauthorized:
		m.hold(sr, f)
	case protocol.Retryable:
		if m.state.Attempt >= cmp.Or(do.Attempts, maxAttempts) {
			m.giveUp(sr, f)
			return
		}
		pause := min(cmp.Or(do.Backoff, firstBackoff)<<(2*min(m.state.Attempt-1, 10)), longestBackoff)
		pause = time.Duration(float64(pause) * (0.8 + 0.4*chance(m.state.Facts.RunID, sr.Key(), int64(m.state.Attempt))))
		m.state.Attempt++
		m.backOff(sr, max(pause, f.RetryAfter))
	case protocol.Unknown:
		if do.Declared.Sends {
			m.rest(sr, PhaseSettling, m.now.Add(settleFor))
			return
		}
		m.unsettled(sr)
	default:
		m.giveUp(sr, f)
	}
}

// unsettled ends the wondering about a call whose outcome nobody will tell, as the step's policy says.
func (m *machine) unsettled(sr StepRun) {
	switch policy := m.step().Do.OnUnknown; {
	case policy == flow.UnknownResends && m.state.Attempt < cmp.Or(m.step().Do.Attempts, maxAttempts):
		m.state.Attempt++
		m.call(sr)
	case policy == flow.UnknownContinues:
		m.finish(sr, "", nil)
		m.enter(m.step().Next)
	default:
		m.giveUp(sr, sr.Failure)
	}
}

// hold leaves the run at its step until its connection is renewed: no work is lost to credentials that end, unless nobody
// cares for so long that doing it late would surprise.
func (m *machine) hold(sr StepRun, f *protocol.Failure) {
	if m.state.HeldSince.IsZero() {
		m.state.HeldSince = m.now
	}
	if m.now.Sub(m.state.HeldSince) >= longestHold {
		m.giveUp(sr, f)
		return
	}
	m.rest(sr, PhaseHeld, m.now.Add(holdFor))
	m.state.HeldOn = m.step().Do.Connection
}

func (m *machine) backOff(sr StepRun, pause time.Duration) {
	m.rest(sr, PhaseBackingOff, m.now.Add(pause))
}

// rest leaves the run at its step until a time, or with a zero time until something else wakes it.
func (m *machine) rest(sr StepRun, phase Phase, until time.Time) {
	m.record(sr)
	m.state.Status, m.state.Phase, m.state.WakeAt = Waiting, phase, until
}

// chance is a number from 0 to 1 by which pauses are spread. It is drawn from the run's identity, so that a replayed
// history comes out the same.
func chance(runID, stepKey string, salt int64) float64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%s/%d", runID, stepKey, salt)
	return float64(h.Sum64()%1000) / 1000
}

// giveUp fails a call for good: the run goes on in the step's on_error if it has one, and fails otherwise.
func (m *machine) giveUp(sr StepRun, f *protocol.Failure) {
	do := m.version.Steps[sr.StepID].Do
	if !do.HasOnError {
		m.failStep(sr, f)
		return
	}
	sr.Status, sr.Exit, sr.Failure, sr.EndedAt = StepFailed, "on_error", f, m.now
	m.record(sr)
	m.enter(do.OnError)
}

// failStep fails a step and with it the run.
func (m *machine) failStep(sr StepRun, f *protocol.Failure) {
	sr.Status, sr.Failure, sr.EndedAt = StepFailed, f, m.now
	m.record(sr)
	m.state.Failure = f
	m.end(Failed)
}

func (m *machine) end(status Status) {
	m.state.Status, m.state.Phase, m.state.WakeAt = status, PhaseNone, time.Time{}
	m.state.HeldOn, m.state.HeldSince = "", time.Time{}
	m.leaveLoops(status)
	if status == Succeeded {
		m.state.Cursor = ""
	}
}

func gatewayFailure(message string) *protocol.Failure {
	return &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromGateway, Message: message}
}

// mustJSON encodes values of this package's own making, which always can be.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
