package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Load compiles a document that was published. Connections and flows that it names may be gone by now: a step that
// needs one fails when it comes to it, and no other does.
func Load(doc *Document, types Types) (*Version, Problems) { return compile(doc, types, true) }

// Compile checks a document against the connectors, connections and flows there are. The version is nil when there are
// problems, which include those that Parse found.
func Compile(doc *Document, types Types) (*Version, Problems) { return compile(doc, types, false) }

func compile(doc *Document, types Types, loading bool) (*Version, Problems) {
	version, problems := compileAll(doc, types, loading)
	if len(problems) > 0 {
		return nil, problems
	}
	return version, nil
}

// CompileStep compiles a document of which one step is to be tried: what is wrong elsewhere does not count, and no other
// step of the version may be relied on.
func CompileStep(doc *Document, types Types, id string) (*Step, Problems) {
	n, ok := doc.byID[id]
	if !ok {
		return nil, Problems{{Path: "step", Message: fmt.Sprintf("the flow has no step %q", id), Remedy: "name one of its steps"}}
	}
	version, problems := compileAll(doc, types, false)
	problems = slices.DeleteFunc(problems, func(p Problem) bool { return version != nil && doc.stepAt(p.Path) != n })
	if len(problems) > 0 {
		return nil, problems
	}
	return version.Steps[id], nil
}

// stepAt is the innermost step that a path leads into; nil outside of all.
func (d *Document) stepAt(path string) (at *stepNode) {
	for _, n := range d.byID {
		if (path == n.path || strings.HasPrefix(path, n.path+".")) && (at == nil || len(n.path) > len(at.path)) {
			at = n
		}
	}
	return at
}

// compileAll returns what it made of a document, sound only as far as there are no problems. The version is nil for one
// that is too large to be looked at.
func compileAll(doc *Document, types Types, loading bool) (*Version, Problems) {
	c := &compiler{doc: doc, types: types, loading: loading, problems: slices.Clone(doc.problems), version: &Version{
		Name: doc.Name, Title: doc.Title, PerContact: Allow, Steps: map[string]*Step{},
	}}
	if len(doc.byID) > MaxSteps {
		return nil, c.problems // checking them all would take too long
	}
	if c.version.Title == "" {
		c.version.Title = doc.Name
	}
	events := c.trigger(doc.root.get("trigger"))
	if err := c.prepare(events); err != nil {
		c.problems.report(nil, "", "", "%v", err)
		return nil, c.problems
	}
	c.contact(doc.root.get("contact"))
	if policy := textOf(doc.root.get("per_contact")); policy != "" {
		c.version.PerContact = PerContact(policy)
	}
	c.contactRate(doc.root.get("contact_rate"))
	start := trail{may: map[string]bool{}, sure: map[string]bool{}}
	c.version.First, _ = c.list(doc.steps, "", start)
	c.answered()
	c.noteFields()
	c.problems.sort()
	return c.version, c.problems
}

// mostContactRate bounds contact_rate, as the gateway's setting is.
const mostContactRate = 100_000

// contactRate compiles how often the flow may start for one contact.
func (c *compiler) contactRate(n *node) {
	if n == nil || n.kind != numberNode {
		return // what is no number has been reported
	}
	rate, err := strconv.Atoi(n.text)
	if err != nil || rate < 1 || rate > mostContactRate {
		c.report(n, "contact_rate", "leave it out to have what the gateway is set to", "must be a whole number from 1 to %d", mostContactRate)
		return
	}
	c.version.ContactRate = rate
}

type compiler struct {
	doc      *Document
	types    Types
	env      *expr.Env
	loading  bool // names of connections and flows are not checked
	problems Problems
	version  *Version
	step     *stepNode      // the one being compiled; nil before the first
	before   trail          // what has run by then
	handling string         // the step in whose on_error it stands; empty outside of all
	loops    []string       // the loops in which it stands, outermost first
	names    []schema.Field // in scope
	judging  bool           // the expression says whether an answer counts
	actions  map[string]protocol.Action
}

func (c *compiler) report(n *node, path, remedy, format string, args ...any) {
	c.problems.report(n, path, remedy, format, args...)
}

// anyType stands in where a mistake leaves a type unknown, so that one mistake does not cause others.
var anyType = schema.Type{Kind: schema.Any}

// prepare resolves all actions, because a step's output is typed wherever it is read, and builds the scope.
func (c *compiler) prepare(events schema.Type) error {
	c.actions = map[string]protocol.Action{}
	var outputs []schema.Field
	for _, s := range slices.SortedFunc(maps.Values(c.doc.byID), func(a, b *stepNode) int { return a.order - b.order }) {
		output := object()
		switch s.kind {
		case KindDo:
			output = anyType
			if action, ok := c.action(s); ok {
				c.actions[s.id] = action
				output = action.Output
			}
		case KindCustomerResponse:
			output = ResponseType
		case KindStartFlow:
			output = startedType
		case KindForEach, KindRepeat:
			output = LoopType
		case KindHTTP:
			output = HTTPType
		}
		outputs = append(outputs, schema.Field{Name: s.id, Type: output})
	}
	return c.inScope(scope(events, outputs, c.doc.variables(), c.ownFields()))
}

// inScope makes the names that expressions may use from now on.
func (c *compiler) inScope(names []schema.Field) (err error) {
	c.names = names
	c.env, err = expr.NewEnv(expr.Scope{Names: names})
	return err
}

// trigger compiles the trigger and returns the type of its events.
func (c *compiler) trigger(n *node) schema.Type {
	on := n.get("on")
	if on == nil || on.kind != textNode {
		return anyType
	}
	if events, ok := builtIn(on.text); ok {
		c.version.Trigger = Trigger{On: on.text}
		if name, custom := strings.CutPrefix(on.text, event.Custom); custom {
			c.eventName(on, "trigger.on", name)
		}
		for _, key := range []string{"connection", "with"} {
			if extra := n.get(key); extra != nil && !(key == "with" && filters[on.text].Kind != "") {
				c.report(extra, "trigger."+key, "leave it out", "the trigger %s has none", on.text)
			}
		}
		if filter := filters[on.text]; filter.Kind != "" {
			c.version.Trigger.Filter = c.literal(n, "trigger", filter)
			c.contactList(n.find("with", "list"), "trigger.with.list")
			if f := n.find("with", "field"); on.text == event.ContactFieldChanged && f != nil && !slices.Contains([]string{"name", "language", "time_zone"}, f.text) {
				c.contactField(f, "trigger.with.field", f.text)
			}
		}
		return events
	}
	switch on.text {
	case Webhook:
		return c.webhook(n)
	case Schedule:
		return c.schedule(n)
	case Date:
		return c.date(n)
	case Message:
		return c.message(n)
	}
	connector, name, manifest, ok := c.operation(on, "trigger.on", "trigger", Manual, Webhook, Schedule, Date, Message, event.RunFailed, event.WaitLateReply)
	if !ok {
		return anyType
	}
	declared, ok := manifest.Trigger(name)
	if !ok {
		c.unknownOperation(on, "trigger.on", "trigger", connector, name, triggerNames(manifest))
		return anyType
	}
	t := Trigger{On: on.text, Connector: connector, Name: name, Declared: declared}
	t.Connection = c.connection(n, "trigger", manifest)
	t.Input = c.literal(n, "trigger", declared.Input)
	t.narrow()
	c.version.Trigger = t
	if declared.Output.Kind == "" {
		return anyType
	}
	return declared.Output
}

// operation splits connector.name and finds the connector.
func (c *compiler) operation(n *node, path, what string, others ...string) (connector, name string, m protocol.Manifest, ok bool) {
	connector, name, ok = strings.Cut(n.text, ".")
	if !ok {
		remedy := expr.DidYouMean(n.text, others)
		if remedy == "" {
			remedy = "write connector." + what
		}
		c.report(n, path, remedy, "%q names no %s", n.text, what)
		return "", "", m, false
	}
	if m, ok = c.types.Manifest(connector); !ok {
		installed := c.types.Connectors()
		remedy := expr.DidYouMean(connector, installed)
		if remedy == "" && len(installed) > 0 {
			remedy = "installed are " + strings.Join(installed, ", ")
		}
		c.report(n, path, remedy, "there is no connector %q", connector)
	}
	return connector, name, m, ok
}

func (c *compiler) unknownOperation(n *node, path, what, connector, name string, names []string) {
	remedy := expr.DidYouMean(name, names)
	if remedy == "" && len(names) > 0 {
		remedy = "it has " + strings.Join(names, ", ")
	}
	c.report(n, path, remedy, "the connector %s has no %s %q", connector, what, name)
}

func triggerNames(m protocol.Manifest) []string {
	names := make([]string, len(m.Triggers))
	for i, t := range m.Triggers {
		names[i] = t.Name
	}
	return names
}

func actionNames(m protocol.Manifest) []string {
	names := make([]string, len(m.Actions))
	for i, a := range m.Actions {
		names[i] = a.Name
	}
	return names
}

// action finds what a do step calls.
func (c *compiler) action(s *stepNode) (protocol.Action, bool) {
	n, path := s.node.get("do"), join(s.path, "do")
	if n.kind != textNode {
		return protocol.Action{}, false
	}
	connector, name, manifest, ok := c.operation(n, path, "action")
	if !ok {
		return protocol.Action{}, false
	}
	action, ok := manifest.Action(name)
	if !ok {
		c.unknownOperation(n, path, "action", connector, name, actionNames(manifest))
		return protocol.Action{}, false
	}
	if action.Output.Kind == "" {
		action.Output = anyType
	}
	return action, true
}

// connection checks the connection that a trigger or a step names.
func (c *compiler) connection(owner *node, path string, m protocol.Manifest) string {
	n := owner.get("connection")
	path = join(path, "connection")
	switch {
	case n == nil && m.Auth.Kind == protocol.AuthNone:
		return ""
	case n == nil:
		c.report(owner, path, "name a connection of "+m.Name+c.connectionsOf(m.Name), "is missing")
		return ""
	case n.kind != textNode:
		return ""
	}
	connector, ok := c.types.Connection(n.text)
	switch {
	case !ok && c.loading:
	case !ok:
		remedy := expr.DidYouMean(n.text, c.types.Connections())
		if remedy == "" {
			remedy = "create it, or name another connection of " + m.Name + c.connectionsOf(m.Name)
		}
		c.report(n, path, remedy, "there is no connection %q", n.text)
	case connector != m.Name:
		c.report(n, path, "name a connection of "+m.Name+c.connectionsOf(m.Name), "%q is a connection of %s", n.text, connector)
	}
	return n.text
}

// connectionsOf lists the connections of a connector for a remedy: " (wa, wa-test)", or nothing.
func (c *compiler) connectionsOf(connector string) string {
	var names []string
	for _, name := range c.types.Connections() {
		if owner, _ := c.types.Connection(name); owner == connector {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

func (c *compiler) contact(n *node) {
	c.version.Contact = ContactMapping{
		Phone: c.template(n.get("phone"), "contact.phone", anyType),
		Email: c.template(n.get("email"), "contact.email", anyType),
		Name:  c.template(n.get("name"), "contact.name", anyType),
	}
	if n != nil && n.kind == mapNode && n.get("phone") == nil && n.get("email") == nil {
		c.report(n, "contact", "give a phone or an email", "a contact is found by phone or by email")
	}
}

// expression compiles a bare expression; nil when it is absent or wrong.
func (c *compiler) expression(n *node, path string, want schema.Type) *expr.Program {
	if n == nil || n.kind != textNode && n.kind != boolNode && n.kind != numberNode {
		return nil
	}
	if strings.HasPrefix(strings.TrimSpace(n.text), "{{") {
		c.report(n, path, "leave the braces out", "this is an expression already")
		return nil
	}
	p, err := c.env.Compile(n.text, want)
	if err != nil {
		c.expressionProblem(n, path, err)
		return nil
	}
	c.checkReferences(n, path, p.References())
	return p
}

// template compiles text with expressions; nil when it is absent or wrong.
func (c *compiler) template(n *node, path string, want schema.Type) *expr.Template {
	if n == nil || n.kind != textNode {
		return nil
	}
	t, err := c.env.CompileTemplate(n.text, want)
	if err != nil {
		c.expressionProblem(n, path, err)
		return nil
	}
	c.checkReferences(n, path, t.References())
	return t
}

func (c *compiler) expressionProblem(n *node, path string, err error) {
	problem, ok := err.(*expr.Error)
	if !ok {
		c.report(n, path, "", "%v", err)
		return
	}
	for _, one := range append([]*expr.Error{problem}, problem.Further...) {
		c.oneProblem(n, path, one)
	}
}

func (c *compiler) oneProblem(n *node, path string, problem *expr.Error) {
	if id, found := strings.CutPrefix(problem.Path, "steps."); found && c.doc.byID[id] == nil && !strings.Contains(id, ".") {
		remedy := expr.DidYouMean(id, slices.Sorted(maps.Keys(c.before.may)))
		c.report(n.within(problem.Offset), path, remedy, "there is no step %q", id)
		return
	}
	if strings.HasPrefix(problem.Message, `unknown name "`+IterationName+`"`) {
		c.report(n.within(problem.Offset), path, "move the step into a loop", "there is an iteration to read within a loop only")
		return
	}
	c.report(n.within(problem.Offset), path, problem.Remedy, "%s", problem.Message)
}

// checkReferences refuses to read a step that can't have run.
func (c *compiler) checkReferences(n *node, path string, references []string) {
	if c.step != nil {
		if step := c.version.Steps[c.step.id]; step != nil {
			step.Reads = append(step.Reads, references...)
		}
	}
	for _, r := range references {
		if (r == "error" || strings.HasPrefix(r, "error.")) && c.handling == "" {
			c.report(n, path, "move the step into an on_error", "there is an error to read within on_error only")
		}
		if (r == "reply" || strings.HasPrefix(r, "reply.")) && !c.judging {
			c.report(n, path, "read steps.<id>.reply after the step", "reply is there only in an accept's when")
		}
		rest, ok := strings.CutPrefix(r, "steps.")
		if !ok {
			continue
		}
		id, _, _ := strings.Cut(rest, ".")
		if other := c.doc.byID[id]; other != nil && !c.before.may[id] {
			c.report(n, path, "read a step that comes before on the way here", "step %q cannot have run here: %s", id, c.whyNot(other))
		}
	}
}

func (c *compiler) whyNot(other *stepNode) string {
	switch {
	case c.step == nil:
		return "no step has"
	case other.order == c.step.order:
		return "it is this step"
	case other.order > c.step.order:
		return "it comes later"
	default:
		return "no way leads from it to here"
	}
}

// literal compiles the trigger's settings: they are needed before there is an event, so they hold no expressions.
func (c *compiler) literal(owner *node, path string, want schema.Type) []byte {
	n, path := owner.get("with"), join(path, "with")
	if n == nil {
		n = &node{kind: mapNode, line: owner.line, column: owner.column}
	}
	if n.kind != mapNode {
		return nil
	}
	if want.Kind == "" {
		want = object()
	}
	before := len(c.problems)
	v := (&valueCompiler{compiler: c, literal: true}).value(n, path, want, schema.Field{Type: want})
	if len(c.problems) > before {
		return nil
	}
	raw, err := v.Eval(context.Background(), nil) // there is nothing to evaluate
	if err != nil {
		c.report(n, path, "", "%v", err)
	}
	return raw
}
