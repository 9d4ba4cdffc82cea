package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// background is what expressions are evaluated under: they have limits of their own and touch nothing that could be
// cancelled.
var background = context.Background()

func (m *machine) branch(step *flow.Step, sr StepRun) (next string, more bool) {
	yes, err := step.If.Cond.EvalBool(background, m.scope())
	if err != nil {
		m.failStep(sr, gatewayFailure("The condition could not be evaluated: "+err.Error()))
		return "", false
	}
	if yes {
		m.finish(sr, "then", nil)
		return step.If.Then, true
	}
	m.finish(sr, "else", nil)
	return step.If.Else, true
}

// choose takes the first case that holds.
func (m *machine) choose(step *flow.Step, sr StepRun) (next string, more bool) {
	scope := m.scope()
	for i, c := range step.Switch.Cases {
		yes, err := c.When.EvalBool(background, scope)
		if err != nil {
			m.failStep(sr, gatewayFailure(fmt.Sprintf("Case %d could not be evaluated: %s", i+1, err)))
			return "", false
		}
		if yes {
			m.finish(sr, "case "+strconv.Itoa(i+1), nil)
			return c.Then, true
		}
	}
	m.finish(sr, "otherwise", nil)
	return step.Switch.Otherwise, true
}

// set adds variables to the run's, replacing those of the same name.
func (m *machine) set(step *flow.Step, sr StepRun) (next string, more bool) {
	value, err := step.Set.Eval(background, m.scope())
	if err != nil {
		m.failStep(sr, gatewayFailure(err.Error()))
		return "", false
	}
	vars := map[string]json.RawMessage{}
	if err := json.Unmarshal(value, &vars); err != nil {
		m.failStep(sr, gatewayFailure("The variables are not an object."))
		return "", false
	}
	for name, old := range m.state.Vars {
		if _, replaced := vars[name]; !replaced {
			vars[name] = old
		}
	}
	m.state.Vars = vars
	sr.Input = value
	m.finish(sr, "", nil)
	return step.Next, true
}

func (m *machine) fail(step *flow.Step, sr StepRun) {
	m.failStep(sr, gatewayFailure(m.text(step.Fail.Message, "The flow failed on purpose.")))
}

func (m *machine) stop(step *flow.Step, sr StepRun) {
	m.state.Reason = m.text(step.Stop.Reason, "")
	m.finish(sr, "", nil)
	m.end(Succeeded)
}

// text fills in a template for people; one that can't be filled in still says something.
func (m *machine) text(t *expr.Template, otherwise string) string {
	if t == nil {
		return otherwise
	}
	s, err := t.EvalText(background, m.scope())
	if err != nil {
		return otherwise + " (" + err.Error() + ")"
	}
	return s
}

func (m *machine) sleep(step *flow.Step, sr StepRun) (next string, more bool) {
	until, err := m.delayUntil(step.Delay)
	if err != nil {
		m.failStep(sr, gatewayFailure("The end of the delay could not be worked out: "+err.Error()))
		return "", false
	}
	sr.Input = mustJSON(map[string]any{"until": until.UTC()})
	if !until.After(m.now) {
		m.finish(sr, "", nil)
		return step.Next, true
	}
	m.rest(sr, PhaseSleeping, until)
	return "", false
}

func (m *machine) delayUntil(d *flow.Delay) (time.Time, error) {
	if d.Until != nil {
		return m.instant(d.Until)
	}
	span, err := d.For.EvalText(background, m.scope())
	if err != nil {
		return time.Time{}, err
	}
	length, err := expr.ParseDuration(span)
	if err != nil {
		return time.Time{}, err
	}
	return m.now.Add(length), nil
}

func (m *machine) instant(p *expr.Program) (time.Time, error) {
	value, err := p.Eval(background, m.scope())
	if err != nil {
		return time.Time{}, err
	}
	s, ok := value.(string)
	if !ok {
		return time.Time{}, errors.New("it is not a time")
	}
	return time.Parse(time.RFC3339, s)
}

// open asks for a wait. The clock starts when the provider accepted the question (R8).
func (m *machine) open(step *flow.Step, sr StepRun) {
	asked, ok := m.state.step(step.Response.To)
	if !ok || asked.Status != StepSucceeded {
		m.failStep(sr, gatewayFailure(fmt.Sprintf("No question was sent: step %q has not run.", step.Response.To)))
		return
	}
	deadline, err := m.deadline(step.Response.Within, asked.EndedAt)
	if err != nil {
		m.failStep(sr, gatewayFailure("The deadline could not be worked out: "+err.Error()))
		return
	}
	sr.Input = mustJSON(asking{To: step.Response.To, From: asked.EndedAt.UTC(), Deadline: deadline.UTC()})
	m.rest(sr, PhaseAsking, time.Time{})
	m.ask = &Ask{
		StepID: step.ID, To: step.Response.To, SentAt: asked.EndedAt, Deadline: deadline, Several: Several(step.Response.Several),
		Accept: step.Response.Accept, Retries: step.Response.Retries, EndsInvalid: step.Response.HasInvalid,
	}
}

// asking is the input of a customer response as it is shown and kept.
type asking struct {
	To       string    `json:"to"`
	From     time.Time `json:"from"`
	Deadline time.Time `json:"deadline"`
}

// deadline is computed once (R15: it always exists, between a second and a year after the question).
func (m *machine) deadline(w flow.Within, start time.Time) (time.Time, error) {
	switch {
	case w.Until != nil:
		at, err := m.instant(w.Until)
		if err != nil {
			return at, err
		}
		if left := at.Sub(start); left < flow.MinWithin || left > flow.MaxWithin {
			return at, fmt.Errorf("%s is not between 1s and 365d after the question", at.Format(time.RFC3339))
		}
		return at, nil
	case w.For != nil:
		span, err := w.For.EvalText(background, m.scope())
		if err != nil {
			return time.Time{}, err
		}
		length, err := flow.ParseWithin(span)
		return start.Add(length), err
	}
	return start.Add(w.Duration), nil
}
