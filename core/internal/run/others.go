package run

import (
	"encoding/json"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// Others is what a transition does beside its run, in order.
type Others struct {
	Raised  []Raise
	Ends    []EndRuns
	Contact []ContactChange
	Answers []Answer
}

// Then returns these and what a following transition does.
func (o Others) Then(next Others) Others {
	return Others{slices.Concat(o.Raised, next.Raised), slices.Concat(o.Ends, next.Ends), slices.Concat(o.Contact, next.Contact), slices.Concat(o.Answers, next.Answers)}
}

// Answer is what the caller of the flow's own address is told.
type Answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// UnansweredBy is what a caller is told by a run that has ended without an answer.
func UnansweredBy(r Run) Answer {
	if r.State.Status == Failed {
		return problem(500, "The flow failed before it answered.", r.ID)
	}
	return Answer{Status: 204, Headers: map[string]string{}}
}

// NotTaken is what a caller is told for whose contact no run is begun.
func NotTaken(flowName string) Answer {
	return problem(409, fmt.Sprintf("The contact is in a run of the flow %s, which takes one at a time.", flowName), "")
}

func problem(status int, title, runID string) Answer {
	body := map[string]any{"status": status, "title": title}
	if runID != "" {
		body["run_id"] = runID
	}
	return Answer{Status: status, Headers: map[string]string{"Content-Type": "application/problem+json"}, Body: string(mustJSON(body))}
}

// maxAnswer bounds the body of an answer, in bytes.
const maxAnswer = 1 << 20

// respond answers the caller of the flow's own address. Of several answers of a run the first one counts.
func (m *machine) respond(step *flow.Step, sr StepRun) (next string, more bool) {
	answer, err := m.answerTo(step.Respond)
	if err != nil {
		m.failStep(sr, gatewayFailure(err.Error()))
		return "", false
	}
	sr.Input = mustJSON(answer)
	m.others.Answers = append(m.others.Answers, answer)
	m.finish(sr, "", nil)
	return step.Next, true
}

func (m *machine) answerTo(r *flow.Respond) (Answer, error) {
	a, scope := Answer{Status: r.Status, Headers: map[string]string{}}, m.scope()
	raw, err := r.Headers.Eval(background, scope)
	if err != nil {
		return a, err
	}
	values, err := expr.Decode(raw) // with all digits of numbers
	if err != nil {
		return a, err
	}
	headers, _ := values.(map[string]any) // as it was compiled
	for name, value := range headers {
		text, err := expr.Text(value)
		if err != nil {
			return a, err
		}
		if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return a, fmt.Errorf("the value of the header %s holds a line break or another control character", name)
		}
		a.Headers[textproto.CanonicalMIMEHeaderKey(name)] = text
	}
	kind := ""
	switch {
	case r.JSON != nil:
		raw, err := r.JSON.Eval(background, scope)
		if err != nil {
			return a, err
		}
		a.Body, kind = string(raw), "application/json"
	case r.Text != nil:
		if a.Body, err = r.Text.EvalText(background, scope); err != nil {
			return a, err
		}
		kind = "text/plain; charset=utf-8"
	}
	if kind != "" && a.Headers["Content-Type"] == "" {
		a.Headers["Content-Type"] = kind
	}
	if len(a.Body) > maxAnswer {
		return a, fmt.Errorf("the answer has %d bytes, more than the %d there is room for", len(a.Body), maxAnswer)
	}
	return a, nil
}

// Raise is an event that a run causes. It becomes durable with the transition, and starts runs after it.
type Raise struct {
	Type   string // empty: that of the flow that it is for
	Flow   string // the one flow that it starts; empty: all that listen
	Data   json.RawMessage
	Origin event.Origin
}

// Refuse is the transition of a run that fails before its first step.
func Refuse(s State, why string) Transition {
	s.Status, s.Failure = Failed, gatewayFailure(why)
	return Transition{State: s}
}

// EndRuns ends other runs of the run's contact.
type EndRuns struct {
	Flows  []string // by name; none: of every flow
	Reason string
}

// Joined says that the run which a start_flow waits for has ended, or could not be started.
type Joined struct {
	StepID    string
	Iteration string
	RunID     string // empty if there is none
	Status    Status
	Reason    string // why it failed, was cancelled or was not started
}

func (in Joined) apply(m *machine) error {
	if m.state.Phase != PhaseJoining || m.current().Key() != StepKey(in.StepID, in.Iteration) {
		return fmt.Errorf("end of another run in phase %q: %w", m.state.Phase, ErrNotExpected)
	}
	sr := m.current()
	if in.RunID == "" {
		m.failStep(sr, gatewayFailure(in.Reason))
		return nil
	}
	m.finish(sr, "", mustJSON(map[string]any{"run_id": in.RunID, "status": in.Status, "reason": in.Reason}))
	m.enter(m.step().Next)
	return nil
}

// emit tells endpoints and flows.
func (m *machine) emit(step *flow.Step, sr StepRun) (next string, more bool) {
	data, ok := m.raise(sr, step.Emit.Data, Raise{Type: step.Emit.Event})
	if !ok {
		return "", false
	}
	sr.Input = data
	m.finish(sr, "", nil)
	return step.Next, true
}

// startFlow starts another flow, and rests until that run has ended if the step says so.
func (m *machine) startFlow(step *flow.Step, sr StepRun) (next string, more bool) {
	data, ok := m.raise(sr, step.StartFlow.Data, Raise{Flow: step.StartFlow.Flow, Origin: event.Origin{Waits: step.StartFlow.Wait}})
	if !ok {
		return "", false
	}
	sr.Input = data
	if step.StartFlow.Wait {
		m.rest(sr, PhaseJoining, time.Time{})
		return "", false
	}
	m.finish(sr, "", nil)
	return step.Next, true
}

// raise adds an event to the transition; ok is false if the step has failed over it.
func (m *machine) raise(sr StepRun, data *flow.Value, r Raise) (input json.RawMessage, ok bool) {
	input, err := data.Eval(background, m.scope())
	if err != nil {
		m.failStep(sr, gatewayFailure(err.Error()))
		return nil, false
	}
	r.Data = input
	r.Origin.RunID, r.Origin.StepID, r.Origin.Iteration, r.Origin.Hops = m.state.Facts.RunID, sr.StepID, sr.Iteration, m.state.Facts.Hops+1
	if r.Origin.Hops > event.MaxHops {
		m.failStep(sr, gatewayFailure(fmt.Sprintf(
			"%d runs have caused each other in a row, which looks like flows that start each other without end.", event.MaxHops)))
		return nil, false
	}
	m.others.Raised = append(m.others.Raised, r)
	return input, true
}

func (m *machine) endRuns(step *flow.Step, sr StepRun) (next string, more bool) {
	m.others.Ends = append(m.others.Ends, EndRuns{Flows: step.EndRuns.Flows, Reason: fmt.Sprintf("The flow %s ended it.", m.state.Facts.FlowName)})
	m.finish(sr, "", nil)
	return step.Next, true
}
