package run

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
)

// RefusedError is returned by Advance for what a person asks of a run and the run can't do. Nothing has changed.
type RefusedError struct{ Reason string } // a sentence

func (e *RefusedError) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// Retime gives the step at which a run rests the limit that another version of its flow has for it. The run stays on its
// version, and the time that has passed counts: a limit that lies in the past is due at once. The error is a
// *RefusedError for a run whose step has no limit there.
type Retime struct {
	By   *flow.Version
	Wait *Wait // of the step, if it is a customer response; the transition returns it with its new deadline
}

func (in Retime) apply(m *machine) error {
	if m.state.Phase != PhaseAsking && m.state.Phase != PhaseSleeping {
		return refuse("It waits for no time that the flow sets.")
	}
	step, err := m.counterpart(in.By)
	if err != nil {
		return err
	}
	if m.state.Phase == PhaseSleeping {
		before := m.state.WakeAt
		if err := m.resleep(step); err != nil {
			return err
		}
		if m.state.WakeAt.Equal(before) {
			return refuse("The time is the same.")
		}
		return nil
	}
	before := in.Wait.Deadline
	if err := m.reask(step, *in.Wait); err != nil {
		return err
	}
	if m.wait.Deadline.Equal(before) && m.wait.Within == in.Wait.Within {
		return refuse("The time is the same.")
	}
	return nil
}

// Move takes a run over to another version of its flow, where it goes on from the step at which it rests. A wait takes
// that version's terms and limit; the time that has passed counts. The error is a *RefusedError that says why the run
// has to stay where it is.
type Move struct {
	To     *flow.Version
	Number int   // of that version
	Wait   *Wait // of the step, if it is a customer response; the transition returns it with its new terms
}

func (in Move) apply(m *machine) error {
	if m.version.Trigger.On != in.To.Trigger.On {
		return refuse("The new version starts with %s, the run with %s.", in.To.Trigger.On, m.version.Trigger.On)
	}
	if m.state.Status == Queued {
		m.state.Facts.FlowVersion = in.Number
		return nil
	}
	step, err := m.counterpart(in.To)
	if err != nil {
		return err
	}
	if err := m.fits(in.To); err != nil {
		return err
	}
	from := m.step()
	m.version, m.state.Facts.FlowVersion = in.To, in.Number
	switch m.state.Phase {
	case PhaseSleeping:
		return m.resleep(step)
	case PhaseAsking:
		w := *in.Wait
		if w.Terms.From != step.Response.Terms.From {
			w.ClockAt = startOf(step.Response.Terms.From, w)
		}
		w.Terms, w.Say = step.Response.Terms, nil
		if step.Response.Say != nil {
			asked, _ := m.state.step(step.Response.To)
			if w.Say, err = m.say(step, asked); err != nil {
				return refuse("The text between two tries could not be written: %s", err)
			}
		}
		return m.reask(step, w)
	case PhaseBackingOff:
		if !reflect.DeepEqual(from.Do.Declared.Input, step.Do.Declared.Input) {
			return refuse("The call of step %q takes another input on the new version.", step.ID)
		}
	}
	return nil
}

// startOf is when the clock of a wait has started by other terms; zero if a status of the question is to start it.
func startOf(from flow.From, w Wait) time.Time {
	switch {
	case from.ByStatus():
		return time.Time{}
	case from == flow.FromStep:
		return w.OpenedAt
	}
	return w.SentAt
}

// counterpart finds the step at which the run rests in another version.
func (m *machine) counterpart(v *flow.Version) (*flow.Step, error) {
	switch m.state.Phase {
	case PhaseAsking, PhaseSleeping, PhaseJoining, PhaseBackingOff:
	case PhaseCalling, PhaseSettling:
		return nil, refuse("A call is under way.")
	default:
		return nil, refuse("It rests at no step.")
	}
	from, to := m.step(), v.Step(m.state.Cursor)
	switch {
	case to == nil:
		return nil, refuse("The step %q at which it waits is not there any more.", from.ID)
	case to.Kind != from.Kind:
		return nil, refuse("The step %q at which it waits is of another kind: %s.", from.ID, to.Kind)
	case !slices.Equal(to.Loops, from.Loops):
		return nil, refuse("The step %q at which it waits is in other loops.", from.ID)
	case to.Do != nil && !sameCall(from.Do, to.Do):
		return nil, refuse("The step %q makes another call.", from.ID)
	case to.Kind == flow.KindCustomerResponse && to.Response.To != from.Response.To:
		return nil, refuse("The step %q answers another question.", from.ID)
	case to.Kind == flow.KindCustomerResponse && to.Response.Connection != from.Response.Connection:
		return nil, refuse("The step %q listens on another connection.", from.ID)
	}
	return to, nil
}

func sameCall(a, b *flow.Do) bool {
	return a.Connector == b.Connector && a.Action == b.Action && a.Connection == b.Connection
}

// fits reports why the steps that the run would come to on another version can't go by what it has done so far: they read
// a step that is another one there, or one that came in since and that the run has passed.
func (m *machine) fits(v *flow.Version) error {
	at := v.Step(m.state.Cursor)
	if at.Handling != m.step().Handling {
		return refuse("The step %q handles the failure of another step.", at.ID)
	}
	ahead := v.After(at.ID)
	comes := func(id string) bool {
		return slices.ContainsFunc(ahead, func(s *flow.Step) bool { return s.ID == id })
	}
	for _, s := range append([]*flow.Step{at}, ahead...) {
		for _, read := range append(slices.Clone(s.Reads), asks(s)...) {
			root, rest, _ := strings.Cut(read, ".")
			name, _, _ := strings.Cut(rest, ".")
			switch {
			case root == "steps" && name != "":
				if err := m.readable(v, s.ID, name, comes(name)); err != nil {
					return err
				}
			case root == "vars" && name != "" && m.state.Vars[name] == nil && !sets(ahead, name) && !sets(slices.Collect(maps.Values(m.version.Steps)), name):
				return refuse("The step %q reads the variable %q, which is set by a step that is new and that the run has passed.", s.ID, name)
			}
		}
	}
	return nil
}

// sets reports whether one of these steps sets a variable.
func sets(steps []*flow.Step, name string) bool {
	return slices.ContainsFunc(steps, func(s *flow.Step) bool { return s.Kind == flow.KindSet && slices.Contains(s.Set.Names(), name) })
}

// asks names the step that a customer response answers, which it needs as if it read it.
func asks(s *flow.Step) []string {
	if s.Kind != flow.KindCustomerResponse {
		return nil
	}
	return []string{"steps." + s.Response.To}
}

// readable reports why a step can't read another one on a version that the run has not followed so far.
func (m *machine) readable(v *flow.Version, reader, id string, comes bool) error {
	was, is := m.version.Step(id), v.Step(id)
	sr, ran := m.state.step(id)
	switch {
	case is == nil:
		return nil // nobody can read what is not there
	case !ran && was == nil && !comes && id != m.state.Cursor:
		return refuse("The step %q reads %q, a step that is new and that the run has passed.", reader, id)
	case !ran:
		return nil // it is to come, or the run took another branch
	case sr.Kind != string(is.Kind):
		return refuse("The step %q reads %q, which was of another kind when it ran: %s.", reader, id, sr.Kind)
	case is.Kind == flow.KindDo && (was == nil || !sameCall(was.Do, is.Do) || !reflect.DeepEqual(was.Do.Declared.Output, is.Do.Declared.Output)):
		return refuse("The step %q reads %q, which made another call when it ran.", reader, id)
	}
	return nil
}

// resleep works out the end of the delay at the cursor anew, from when it began.
func (m *machine) resleep(step *flow.Step) error {
	sr := m.current()
	until, by, err := m.delayUntil(step.Delay, sr.StartedAt)
	if err != nil {
		return refuse("The end of the delay could not be worked out: %s", err)
	}
	sr.Input = mustJSON(sleeping{Until: until.UTC(), By: by})
	m.rest(sr, PhaseSleeping, until)
	return nil
}

// reask works out the deadline of the wait at the cursor anew, from when its clock began.
func (m *machine) reask(step *flow.Step, w Wait) error {
	switch {
	case w.State != WaitOpen:
		return refuse("The contact is answering at this moment.")
	case w.Paused():
		return refuse("A person has taken the conversation over; resume the run first.")
	}
	var by string
	var err error
	switch byStatus := w.Terms.From.ByStatus(); {
	case w.ClockAt.IsZero():
		w.Deadline = w.SentAt.Add(w.Terms.DeliverWithin)
		w.Within, err = m.length(step.Response.Within)
	case byStatus:
		if w.Within, err = m.length(step.Response.Within); err == nil {
			w.Deadline = w.ClockAt.Add(w.Within)
		}
	default:
		w.Within = 0
		w.Deadline, by, err = m.deadline(step.Response.Within, w.ClockAt)
	}
	if err != nil {
		return refuse("The deadline could not be worked out: %s", err)
	}
	sr := m.current()
	sr.Input = shown(step.Response.To, w.ClockAt, w.Deadline, by)
	m.rest(sr, PhaseAsking, time.Time{})
	m.wait = &w
	return nil
}
