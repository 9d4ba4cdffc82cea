package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Rental is what an outside system says about a wait that it rents.
type Rental struct {
	WorkspaceID string
	Connection  string // the name of the one on which the answer comes
	Ask         *Question
	AskedAt     time.Time       // when the outside system asked; zero: it has not yet
	Terms       json.RawMessage // what a customer_response may say, as far as it does not name the question
	Reference   string
	Data        json.RawMessage // an object
	To          string          // the contact's address, for a question that names none
	By          string
}

// Question is a message that is sent before the wait; nil where the outside system asks.
type Question struct {
	Action string // connector.action
	Input  json.RawMessage
}

// Lease is the version that a rented wait follows, and the data of the event that starts it.
type Lease struct {
	engine.LiveFlow
	Data json.RawMessage
}

// RentalError is what is wrong with a Rental, by its fields.
type RentalError struct{ Problems flow.Problems }

func (e *RentalError) Error() string { return e.Problems.Error() }

// Rent makes a version of what a wait is rented for: ask, if the gateway is to, then a customer response without steps in
// its exits. What is of one contact goes into the event, and only the terms into the version. So rentals on the same terms
// share one, and erasing a contact or the age of a run takes all that tells of them. The error is a *RentalError.
func (p *Publisher) Rent(ctx context.Context, in Rental) (Lease, error) {
	types, err := p.Types(ctx, in.WorkspaceID)
	if err != nil {
		return Lease{}, fmt.Errorf("rent a wait: %w", err)
	}
	c := composer{in: in, types: types, event: map[string]any{"reference": in.Reference, "data": in.Data}, paths: map[string]string{}}
	source := c.document()
	if len(c.problems) > 0 {
		return Lease{}, &RentalError{c.problems}
	}
	doc, version, problems := compile(source, types)
	if len(problems) > 0 {
		return Lease{}, &RentalError{c.located(problems)}
	}
	data, err := json.Marshal(c.event)
	if err != nil {
		return Lease{}, fmt.Errorf("rent a wait: %w", err)
	}
	live, err := p.Store.EnsureRented(ctx, Publication{
		WorkspaceID: in.WorkspaceID, Name: flow.Rented, Source: flow.Format(doc), Connectors: pins(version, types), EventType: version.Trigger.On, By: in.By,
	})
	if err != nil {
		return Lease{}, fmt.Errorf("rent a wait: %w", err)
	}
	return Lease{LiveFlow: live, Data: data}, nil
}

// composer writes the document of a rental.
type composer struct {
	in       Rental
	types    flow.Types
	event    map[string]any    // what the document reads as event
	paths    map[string]string // where a path of the document stands in the rental
	problems flow.Problems
}

func (c *composer) report(path, remedy, format string, args ...any) {
	c.problems = append(c.problems, flow.Problem{Path: path, Message: fmt.Sprintf(format, args...), Remedy: remedy})
}

// The ids of a rental's steps.
const (
	askStep  = "ask"
	waitStep = flow.RentedStep
)

func (c *composer) document() []byte {
	terms := c.terms()
	c.asked()
	wait := map[string]any{"id": waitStep, "customer_response": terms, "default": []any{}, "no_response": []any{}, "undelivered": []any{}}
	if terms["retry"] != nil {
		wait["invalid"] = []any{}
	}
	steps := []any{wait}
	if c.in.Ask != nil {
		steps = []any{c.question(), wait}
		c.paths["steps[0].do"], c.paths["steps[0].connection"] = "ask.action", "connection"
	} else if terms != nil {
		terms["connection"] = c.in.Connection
	}
	at := fmt.Sprintf("steps[%d].customer_response", len(steps)-1)
	c.paths[at], c.paths[at+".connection"] = "terms", "connection"
	source, err := json.Marshal(map[string]any{"name": "rented", "trigger": map[string]any{"on": flow.Manual}, "steps": steps})
	if err != nil {
		c.report("terms", "", "can't be read: %v", err)
	}
	return source
}

// How far from now an outside system may have asked: runs are not to look through a history, and clocks differ.
const (
	longestAsked = 24 * time.Hour
	clocksDiffer = time.Minute
)

// asked puts the time of a question that was sent elsewhere into the event.
func (c *composer) asked() {
	at := c.in.AskedAt
	switch ago := time.Since(at); {
	case at.IsZero():
		return
	case c.in.Ask != nil:
		c.report("asked_at", "leave it out", "stands beside ask, with which the gateway asks")
	case ago > longestAsked:
		c.report("asked_at", "leave it out, and ask again", "is more than 24 hours ago")
	case ago < -clocksDiffer:
		c.report("asked_at", "write when the question was sent, with its time zone", "has not come yet")
	}
	c.event["asked_at"] = at
}

// terms reads what is to be settled about the wait.
func (c *composer) terms() map[string]any {
	terms, ok := object(c.in.Terms)
	if !ok {
		c.report("terms", `write an object such as {"within": "2h"}`, "an object is wanted here")
		return nil
	}
	for _, key := range []string{"to", "connection"} {
		if terms[key] != nil {
			c.report("terms."+key, "leave it out: connection and ask stand beside the terms", "there is no such field")
		}
	}
	if within, ok := terms["within"].(map[string]any); ok {
		c.until(within)
	}
	return terms
}

// until takes a time out of the terms: it is of one wait.
func (c *composer) until(within map[string]any) {
	text, _ := within["until"].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return // an expression
	}
	left := time.Until(at)
	if left < flow.MinWithin || left > flow.MaxWithin {
		c.report("terms.within.until", "", "%s is not between 1s and 365d from now, which is how long a wait may take", text)
	} else if err := flow.Fits(left, c.types.LongestWait()); err != nil {
		c.report("terms.within.until", "give less time, or keep runs for longer", "%v", err)
	}
	within["until"], c.event["until"] = "event.until", text
}

// question writes the step that asks. Its input is checked as it is, and put into the event.
func (c *composer) question() map[string]any {
	step := map[string]any{"id": askStep, "do": c.in.Ask.Action, "connection": c.in.Connection}
	input, ok := object(c.in.Ask.Input)
	if !ok {
		c.report("ask.input", `write an object such as {"text": "Did you get it?"}`, "an object is wanted here")
		return step
	}
	action, ok := c.action()
	if !ok {
		return step // the compiler says so
	}
	if _, wanted := action.Input.Field("to"); wanted && input["to"] == nil && c.in.To != "" {
		input["to"] = c.in.To
	}
	whole, err := json.Marshal(input)
	if err != nil {
		c.report("ask.input", "", "can't be read: %v", err)
	}
	if action.Input.Kind != "" {
		c.check(action.Input, whole)
	}
	with := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(input)) {
		with[name] = "{{ event.ask[" + strconv.Quote(name) + "] }}"
	}
	step["with"], c.event["ask"] = with, json.RawMessage(whole)
	return step
}

func (c *composer) check(want schema.Type, input json.RawMessage) {
	for _, p := range want.Check(input, "ask.input") {
		c.report(p.Path, "", "%s", p.Message)
	}
}

func (c *composer) action() (protocol.Action, bool) {
	connector, name, _ := strings.Cut(c.in.Ask.Action, ".")
	m, ok := c.types.Manifest(connector)
	if !ok {
		return protocol.Action{}, false
	}
	return m.Action(name)
}

// located says where in the rental the problems of its document are.
func (c *composer) located(problems flow.Problems) flow.Problems {
	var out flow.Problems
	for _, p := range problems {
		from := ""
		for path := range c.paths {
			if len(path) > len(from) && (p.Path == path || strings.HasPrefix(p.Path, path+".") || strings.HasPrefix(p.Path, path+"[")) {
				from = path
			}
		}
		p.Path, p.Line, p.Column = c.paths[from]+strings.TrimPrefix(p.Path, from), 0, 0
		if p.Path == "terms.to" { // the question is not named there
			p.Path, p.Message, p.Remedy = "ask.action", "sends no message to a person", "name an action that does, such as whatsapp.send_template"
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// object reads a JSON object, with its numbers as they are; what is missing is an empty one.
func object(raw json.RawMessage) (map[string]any, bool) {
	if len(raw) == 0 {
		return map[string]any{}, true
	}
	out := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&out)
	return out, err == nil && out != nil && errors.Is(d.Decode(&struct{}{}), io.EOF)
}
