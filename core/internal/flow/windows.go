package flow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
)

// Warnings says what may go wrong in a sound version, in the order of the document: messages that a contact's silence keeps
// from being sent. A version with warnings can be published.
func (v *Version) Warnings() Problems {
	var found Problems
	for _, connection := range v.windowed() {
		c := &silences{version: v, connection: connection, before: map[string]silence{}}
		c.follow()
		found = append(found, c.found...)
	}
	found.sort()
	return found
}

// windowed lists the connections on which a step calls what works only for some time after a contact's message.
func (v *Version) windowed() []string {
	var connections []string
	for _, id := range v.Order {
		if s := v.Steps[id]; s.Do != nil && s.Do.Declared.Window != nil && !slices.Contains(connections, s.Do.Connection) {
			connections = append(connections, s.Do.Connection)
		}
	}
	return connections
}

// silence is what is known, when a step begins, of how long the contact has written nothing on a connection, on that way
// there which is the worst for a free message.
type silence struct {
	least time.Duration
	// unheard says that the flow does not know of any message: least counts from its start.
	unheard bool
	// telling says of what is unheard that the flow would most likely know it.
	telling bool
	after   string // the question whose no_response the way took last; empty if none
}

func (s silence) worse(o silence) bool {
	if s.telling != o.telling {
		return s.telling
	}
	return s.least > o.least
}

// silences follows the ways of a flow once, in the order of the document: a loop as if it ended after one iteration.
type silences struct {
	version    *Version
	connection string
	before     map[string]silence // by step
	found      Problems
}

func (c *silences) follow() {
	start := silence{}
	switch t := c.version.Trigger; {
	case t.On == Message && (t.Connection == "" || t.Connection == c.connection):
	case t.On == Manual, t.On == Webhook, t.Declared.Standing: // whoever starts the flow may know more of the contact
		start = silence{unheard: true}
	default:
		start = silence{unheard: true, telling: true}
	}
	c.enter(c.version.First, nil, start)
	for _, id := range c.version.Order {
		if s, reached := c.before[id]; reached {
			c.through(c.version.Steps[id], s)
		}
	}
}

// enter notes that a way leads from a step, nil at the start, to another.
func (c *silences) enter(id string, from *Step, s silence) {
	if id == "" {
		return
	}
	if from != nil && slices.Contains(from.Loops, id) {
		c.enter(c.version.Steps[id].Next, c.version.Steps[id], s)
		return
	}
	if known, ok := c.before[id]; !ok || s.worse(known) {
		c.before[id] = s
	}
}

// through follows the ways that lead on from a step.
func (c *silences) through(step *Step, s silence) {
	exits := []string{step.Next}
	switch {
	case step.Do != nil:
		c.judge(step, s)
		if step.Do.HasOnError {
			exits = append(exits, step.Do.OnError)
		}
	case step.Response != nil:
		c.answer(step, s)
		return
	case step.If != nil:
		exits = []string{step.If.Then, step.If.Else}
	case step.Switch != nil:
		exits = []string{step.Switch.Otherwise}
		for _, one := range step.Switch.Cases {
			exits = append(exits, one.Then)
		}
	case step.Loop != nil:
		exits = append(exits, step.Loop.First)
	case step.Delay != nil:
		s.least += step.Delay.least()
	case step.Fail != nil, step.Stop != nil:
		return
	}
	if len(exits) > 1 && s.after != "" && step.readsStep(s.after) {
		s = silence{} // it tells those who have answered from those who have not
	}
	for _, exit := range exits {
		c.enter(exit, step, s)
	}
}

func (s *Step) readsStep(id string) bool {
	return slices.ContainsFunc(s.Reads, func(path string) bool { return path == "steps."+id || strings.HasPrefix(path, "steps."+id+".") })
}

func (c *silences) answer(step *Step, s silence) {
	r := step.Response
	heard, silent := s, s
	silent.least += r.Within.least()
	if r.Connection == c.connection || r.Terms.AnyChannel {
		heard = silence{}
		silent.telling, silent.after = s.unheard, step.ID
	}
	c.enter(r.Default, step, heard)
	c.enter(r.NoResponse, step, silent)
	if r.Terms.EndsInvalid {
		c.enter(r.Invalid, step, heard)
	}
	if r.HasUndelivered {
		c.enter(r.Undelivered, step, s)
	}
}

// least is the shortest time that the wait can last.
func (w Within) least() time.Duration {
	if w.Business != nil {
		return w.Business.Length
	}
	return w.Duration // of the others nothing is known
}

func (d *Delay) least() time.Duration {
	if d.Business != nil {
		return d.Business.Length
	}
	if d.For == nil {
		return 0
	}
	text, literal := d.For.Literal()
	if !literal {
		return 0
	}
	length, err := expr.ParseDuration(text)
	if err != nil {
		return 0
	}
	return length
}

// judge warns of a call that most likely comes outside of its window.
func (c *silences) judge(step *Step, s silence) {
	do := step.Do
	window := do.Declared.Window
	if window == nil || do.Connection != c.connection || do.HasOnError || do.With.isLiteral("to") || !s.telling && s.least < window.Within {
		return
	}
	within := expr.FormatDuration(window.Within)
	said := fmt.Sprintf("the contact may not have written on %s for %s by then, and %s.%s reaches nobody who has not within %s",
		do.Connection, expr.FormatDuration(s.least), do.Connector, do.Action, within)
	switch {
	case s.telling && s.after != "":
		said = fmt.Sprintf("whoever did not answer %s gets nothing here unless they had written on %s before: %s.%s works for %s after a contact's last message",
			s.after, do.Connection, do.Connector, do.Action, within)
	case s.telling:
		said = fmt.Sprintf("nothing says that the contact has written on %s: %s.%s works for %s after a contact's last message",
			do.Connection, do.Connector, do.Action, within)
	}
	remedy := "ask first, or handle the failure in on_error"
	if window.Instead != "" {
		remedy = fmt.Sprintf("use %s.%s, or handle the failure in on_error", do.Connector, window.Instead)
	}
	c.found.report(&node{line: step.Line, column: step.Column}, join(step.Path, "do"), remedy, "%s", said)
}

// isLiteral reports whether a member is written out, without expressions.
func (v *Value) isLiteral(member string) bool {
	if v == nil {
		return false
	}
	for _, m := range v.members {
		if m.name != member {
			continue
		}
		if m.value.template != nil {
			_, literal := m.value.template.Literal()
			return literal
		}
		return m.value.literal != nil
	}
	return false
}
