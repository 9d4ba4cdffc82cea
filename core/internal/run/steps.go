package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
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
	until, by, err := m.delayUntil(step.Delay, m.now)
	if err != nil {
		m.failStep(sr, gatewayFailure("The end of the delay could not be worked out: "+err.Error()))
		return "", false
	}
	sr.Input = mustJSON(sleeping{Until: until.UTC(), By: by})
	if !until.After(m.now) {
		m.finish(sr, "", nil)
		return step.Next, true
	}
	m.rest(sr, PhaseSleeping, until)
	return "", false
}

// sleeping is the input of a delay as it is shown and kept.
type sleeping struct {
	Until time.Time `json:"until"`
	By    string    `json:"by,omitempty"` // the calendar and the time zone that it was worked out with
}

func (m *machine) delayUntil(d *flow.Delay, start time.Time) (until time.Time, by string, err error) {
	switch {
	case d.Until != nil:
		until, err = m.instant(d.Until)
		return until, "", err
	case d.Business != nil:
		return m.business(*d.Business, start)
	case d.Open != "":
		c, zone, by, err := m.calendar(d.Open)
		if err != nil {
			return time.Time{}, "", err
		}
		until, err = c.Next(start, zone)
		return until, by, err
	}
	if d.Next != nil {
		zone := calendar.Calendar{TimeZone: d.Next.TimeZone}.Zone(m.state.Facts.Contact.TimeZone, m.state.Facts.TimeZone)
		return d.Next.Next(start, zone), zone.String(), nil
	}
	span, err := d.For.EvalText(background, m.scope())
	if err != nil {
		return time.Time{}, "", err
	}
	length, err := expr.ParseDuration(span)
	return start.Add(length), "", err
}

// business is when a calendar has been open for a time; by says how it was worked out (R16).
func (m *machine) business(b flow.Business, start time.Time) (at time.Time, by string, err error) {
	c, zone, by, err := m.calendar(b.Calendar)
	if err != nil {
		return at, "", err
	}
	at, err = c.Add(start, b.Length, zone)
	return at, by, err
}

// calendar finds a calendar with the time zone in which its hours are meant: its own, the contact's, the workspace's.
func (m *machine) calendar(name string) (c calendar.Calendar, zone *time.Location, by string, err error) {
	c, ok := m.state.Facts.Calendars[name]
	if !ok {
		return c, nil, "", fmt.Errorf("there is no calendar %q any more", name)
	}
	zone = c.Zone(m.state.Facts.Contact.TimeZone, m.state.Facts.TimeZone)
	return c, zone, name + ", " + zone.String(), nil
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
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, fmt.Errorf("%q is not a time; let %s yield one such as 2026-05-17T09:00:00Z", s, p.Source())
	}
	return at, nil
}

// open asks for a wait (R8: the clock starts with the message's sending, its arrival or this step).
func (m *machine) open(step *flow.Step, sr StepRun) {
	response := step.Response
	ask := Ask{StepID: step.ID, Iteration: sr.Iteration, To: response.To, Connection: response.Connection, Terms: response.Terms}
	asked, ok := m.state.step(response.To)
	if response.To != "" {
		if !ok || asked.Status != StepSucceeded {
			m.failStep(sr, gatewayFailure(fmt.Sprintf("No question was sent: step %q has not run.", response.To)))
			return
		}
		ask.ToKey = CallKey(m.state.Facts.RunID, asked.StepID, asked.Iteration)
		ask.SentAt, ask.ClockAt = asked.EndedAt, asked.EndedAt
	}
	if response.Terms.From == flow.FromStep {
		ask.ClockAt = m.now
	}
	var by string
	var err error
	if response.Terms.From.ByStatus() {
		ask.ClockAt, ask.Deadline = time.Time{}, asked.EndedAt.Add(response.Terms.DeliverWithin)
		if ask.Within, err = m.length(response.Within); err == nil {
			err = flow.Fits(response.Terms.DeliverWithin+ask.Within, m.state.Facts.LongestWait)
		}
	} else {
		ask.Deadline, by, err = m.deadline(response.Within, ask.ClockAt)
	}
	if err != nil {
		m.failStep(sr, gatewayFailure("The deadline could not be worked out: "+err.Error()))
		return
	}
	if response.Say != nil {
		if ask.Say, err = m.say(step, asked); err != nil {
			m.failStep(sr, gatewayFailure("The text between two tries could not be written: "+err.Error()))
			return
		}
	}
	sr.Input = shown(ask.To, ask.ClockAt, ask.Deadline, by)
	m.rest(sr, PhaseAsking, time.Time{})
	m.ask = &ask
}

// shown writes the input of a customer response.
func shown(to string, clockAt, deadline time.Time, by string) json.RawMessage {
	in := asking{To: to, Deadline: deadline.UTC(), By: by}
	if !clockAt.IsZero() {
		from := clockAt.UTC()
		in.From = &from
	}
	return mustJSON(in)
}

// asking is the input of a customer response as it is shown and kept.
type asking struct {
	To       string     `json:"to,omitempty"`
	From     *time.Time `json:"from"` // null while a status of the message is waited for
	Deadline time.Time  `json:"deadline"`
	By       string     `json:"by,omitempty"` // the calendar and the time zone that it was worked out with
}

// say fills in the text between two tries, to whom the question went.
func (m *machine) say(step *flow.Step, asked StepRun) (*Say, error) {
	text, err := step.Response.Say.Text.EvalText(background, m.scope())
	if err != nil {
		return nil, err
	}
	var question struct {
		To json.RawMessage `json:"to"`
	}
	if err := json.Unmarshal(asked.Input, &question); err != nil {
		return nil, err
	}
	return &Say{
		Connector: step.Response.Say.Connector, Action: flow.SayAction, Connection: step.Response.Connection,
		Input: mustJSON(map[string]any{"to": question.To, "text": text}),
	}, nil
}

// length is how long an answer may take, for a wait whose clock has not started.
func (m *machine) length(w flow.Within) (time.Duration, error) {
	takes := w.Duration
	if w.For != nil {
		span, err := w.For.EvalText(background, m.scope())
		if err != nil {
			return 0, err
		}
		if takes, err = flow.ParseWithin(span); err != nil {
			return 0, err
		}
	}
	return takes, flow.Fits(takes, m.state.Facts.LongestWait)
}

// deadline is computed once (R15: it always exists, at most a year after the question, and as long as runs are kept; R16: by says with which calendar).
func (m *machine) deadline(w flow.Within, start time.Time) (at time.Time, by string, err error) {
	switch {
	case w.Business != nil:
		at, by, err = m.business(*w.Business, start)
	case w.Until != nil:
		at, err = m.instant(w.Until)
	default:
		length, err := m.length(w)
		return start.Add(length), "", err
	}
	if err != nil {
		return at, "", err
	}
	left := at.Sub(start)
	if left < flow.MinWithin || left > flow.MaxWithin {
		return at, "", fmt.Errorf("%s is not between 1s and 365d after the question", at.Format(time.RFC3339))
	}
	return at, by, flow.Fits(left, m.state.Facts.LongestWait)
}
