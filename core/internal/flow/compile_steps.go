package flow

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

var (
	boolean  = schema.Type{Kind: schema.Boolean}
	moment   = schema.Type{Kind: schema.Time}
	duration = schema.Type{Kind: schema.Duration}
	words    = schema.Type{Kind: schema.String}
)

// list compiles steps that follow each other. It returns the id of the first, or join when there is none, and what
// is known at their end.
func (c *compiler) list(steps []*stepNode, join string, before trail) (first string, after trail) {
	if len(steps) == 0 {
		return join, before
	}
	for i, s := range steps {
		next := join
		if i+1 < len(steps) {
			next = steps[i+1].id
		}
		after = c.compileStep(s, next, before)
		if after.ended && i+1 < len(steps) {
			unreachable := steps[i+1]
			c.report(unreachable.node, unreachable.path, "remove it, or move it before", "this step can never run: every way ends before it")
			after = before
		}
		before = after
	}
	return steps[0].id, after
}

// compileStep compiles one step with its branches and returns what is known after it.
func (c *compiler) compileStep(n *stepNode, next string, before trail) trail {
	c.step, c.before = n, before
	s := &Step{ID: n.id, Kind: n.kind, Next: next, Handling: c.handling, Loops: c.loops, Path: n.path, Line: n.node.line, Column: n.node.column}
	c.version.Steps[s.ID] = s
	c.version.Order = append(c.version.Order, s.ID)
	switch n.kind {
	case KindDo:
		return c.do(s, n, before)
	case KindHTTP:
		return c.http(s, n, before)
	case KindForEach, KindRepeat:
		return c.loop(s, n, before)
	case KindRespond:
		s.Respond = c.respond(n)
	case KindIf:
		return c.branch(s, n, before)
	case KindSwitch:
		return c.switches(s, n, before)
	case KindCustomerResponse:
		return c.response(s, n, before)
	case KindDelay:
		s.Delay = c.delay(n)
	case KindSet:
		s.Set = c.set(n)
	case KindContact:
		s.Contact = c.contactStep(n)
	case KindEmit:
		s.Emit = c.emit(n)
	case KindStartFlow:
		s.StartFlow = c.startFlow(n)
	case KindEndRuns:
		s.EndRuns = c.endRuns(n)
	case KindFail:
		s.Fail = &Fail{Message: c.template(n.node.find("fail", "message"), n.path+".fail.message", words)}
		return trail{ended: true}
	case KindStop:
		s.Stop = &Stop{Reason: c.template(n.node.find("stop", "reason"), n.path+".stop.reason", words)}
		return trail{ended: true}
	}
	return before.with(n.id)
}

func (c *compiler) do(s *Step, n *stepNode, before trail) trail {
	after := before.with(n.id)
	action, ok := c.actions[n.id]
	if !ok {
		return after
	}
	connector, _, _ := strings.Cut(n.node.get("do").text, ".")
	manifest, _ := c.types.Manifest(connector)
	d := &Do{Connector: connector, Action: action.Name, Declared: action, OnUnknown: UnknownFails}
	d.Connection = c.connection(n.node, n.path, manifest)
	if policy := textOf(n.node.get("on_unknown")); policy != "" {
		d.OnUnknown = OnUnknown(policy)
	}
	with := n.node.get("with")
	if with == nil {
		with = &node{kind: mapNode, line: n.node.line, column: n.node.column}
	}
	input := action.Input
	if input.Kind == "" {
		input = object()
	}
	d.With = (&valueCompiler{compiler: c}).value(with, join(n.path, "with"), input, schema.Field{Type: input})
	s.Do = d
	if action.Sends {
		after.asked, after.split = n.id, false
	}
	return c.called(s, n, before, after)
}

// called compiles what every call has: how it is tried again, and what happens when it fails. after is what is known when
// it went well.
func (c *compiler) called(s *Step, n *stepNode, before, after trail) trail {
	d := s.Do
	c.attempts(d, n)
	if n.node.get("on_error") == nil {
		return after
	}
	// The step has run by then, but it has no output and no message of it was sent.
	inside := trail{may: maps.Clone(before.may), sure: maps.Clone(before.sure), asked: before.asked, split: before.split}
	inside.may[n.id] = true
	outer := c.handling
	c.handling, d.HasOnError = n.id, true
	first, handled := c.list(n.lists["on_error"], s.Next, inside)
	c.handling, d.OnError = outer, first
	return merge([]trail{after, handled})
}

// Limits of what a step may say about its attempts.
const (
	mostAttempts = 20
	minBackoff   = time.Second
	maxBackoff   = time.Hour
	minTimeout   = time.Second
	maxTimeout   = 5 * time.Minute
)

// attempts compiles how a call is tried again and how long it may take.
func (c *compiler) attempts(d *Do, n *stepNode) {
	if attempts := n.node.find("retry", "attempts"); attempts != nil && attempts.kind == numberNode {
		number, err := strconv.Atoi(attempts.text)
		if err != nil || number < 1 || number > mostAttempts {
			c.report(attempts, n.path+".retry.attempts", "", "must be a whole number from 1 to %d", mostAttempts)
		}
		d.Attempts = number
	}
	d.Backoff = c.bounded(n.node.find("retry", "backoff"), n.path+".retry.backoff", minBackoff, maxBackoff)
	d.Timeout = c.bounded(n.node.get("timeout"), join(n.path, "timeout"), minTimeout, maxTimeout)
}

// bounded compiles a literal duration with limits; zero when it is absent or wrong.
func (c *compiler) bounded(n *node, path string, least, most time.Duration) time.Duration {
	if n == nil || n.kind != textNode {
		return 0
	}
	d, err := expr.ParseDuration(n.text)
	if err != nil {
		return 0 // reported with the document's form
	}
	if d < least || d > most {
		c.report(n, path, "", "must be between %s and %s", expr.FormatDuration(least), expr.FormatDuration(most))
		return 0
	}
	return d
}

func (c *compiler) branch(s *Step, n *stepNode, before trail) trail {
	s.If = &If{Cond: c.expression(n.node.get("if"), join(n.path, "if"), boolean)}
	inside := before.with(n.id)
	then, afterThen := c.list(n.lists["then"], s.Next, inside)
	otherwise, afterElse := c.list(n.lists["else"], s.Next, inside)
	s.If.Then, s.If.Else = then, otherwise
	return merge([]trail{afterThen, afterElse})
}

func (c *compiler) switches(s *Step, n *stepNode, before trail) trail {
	s.Switch = &Switch{}
	inside := before.with(n.id)
	subject := n.node.get("switch")
	switch subject.kind {
	case nullNode:
	case textNode, numberNode, boolNode:
		if c.expression(subject, join(n.path, "switch"), anyType) == nil {
			subject = &node{kind: badNode}
		}
	default:
		c.report(subject, join(n.path, "switch"), "write an expression, or null", "an expression is wanted here, not %s", subject.kind)
		subject = &node{kind: badNode}
	}
	var ends []trail
	cases := n.node.get("cases")
	if cases == nil {
		cases = &node{}
	}
	for i, item := range cases.items {
		name := fmt.Sprintf("cases[%d]", i)
		c.step, c.before = n, before
		when := c.caseCondition(item, subject, join(n.path, name))
		then, after := c.list(n.lists[name+".then"], s.Next, inside)
		s.Switch.Cases = append(s.Switch.Cases, Case{When: when, Then: then})
		ends = append(ends, after)
	}
	otherwise, after := c.list(n.lists["otherwise"], s.Next, inside)
	s.Switch.Otherwise = otherwise
	return merge(append(ends, after))
}

// caseCondition compiles when, or the comparison with is.
func (c *compiler) caseCondition(item, subject *node, path string) *expr.Program {
	when, is := item.get("when"), item.get("is")
	switch {
	case when != nil && is != nil, when == nil && is == nil:
		c.report(item, path, "give one of them", "a case has either when or is")
		return nil
	case when != nil:
		return c.expression(when, join(path, "when"), boolean)
	}
	path = join(path, "is")
	switch subject.kind {
	case badNode:
		return nil
	case nullNode:
		c.report(is, path, "give switch an expression", "there is nothing to compare with")
		return nil
	}
	literal, ok := is.literal()
	if !ok {
		c.report(is, path, "use when", "a case is compared with text, a number, true, false or null")
		return nil
	}
	p, err := c.env.Compile("("+subject.text+"\n) == "+literal, boolean)
	if err != nil {
		c.report(is, path, "", "%v", err)
		return nil
	}
	return p
}

// literal writes a scalar as an expression does.
func (n *node) literal() (string, bool) {
	switch n.kind {
	case textNode:
		return quoted(n.text), true
	case numberNode, boolNode:
		return n.text, true
	case nullNode:
		return "null", true
	default:
		return "", false
	}
}

func (c *compiler) delay(n *stepNode) *Delay {
	settings := n.node.get("delay")
	path := join(n.path, "delay")
	length, until := settings.get("for"), settings.get("until")
	given := 0
	for _, way := range []string{"for", "until", "business", "open", "next"} {
		if settings.get(way) != nil {
			given++
		}
	}
	if settings.kind != badNode && given != 1 {
		c.report(settings, path, "give one of them", "a delay has either for, until, business, open or next")
	}
	if extra := settings.get("calendar"); extra != nil && settings.get("business") == nil {
		c.report(extra, join(path, "calendar"), "write business: 4h beside it", "it is not said what is counted")
	}
	d := &Delay{
		For: c.template(length, join(path, "for"), duration), Until: c.expression(until, join(path, "until"), moment),
		Business: c.business(settings, path), Open: c.calendarName(settings.get("open"), join(path, "open")), Next: c.weekday(settings, path),
	}
	if d.For != nil {
		if literal, ok := d.For.Literal(); ok {
			if _, err := ParseDelay(literal); err != nil {
				c.report(length, join(path, "for"), "", "%v", err)
			}
		}
	}
	return d
}

// weekday compiles the days of the week and the time of a delay; nil without them.
func (c *compiler) weekday(settings *node, path string) *Weekday {
	next, zone := settings.get("next"), textOf(settings.get("time_zone"))
	if next == nil {
		for _, extra := range []string{"at", "time_zone"} {
			if n := settings.get(extra); n != nil {
				c.report(n, join(path, extra), "write next: mon beside it", "it is not said which day is meant")
			}
		}
		return nil
	}
	var names []string
	places := map[string]*node{"next": next, "next[0]": next, "at": settings.get("at")}
	if next.kind == textNode {
		names = []string{next.text}
	} else {
		names = c.texts(next, join(path, "next"), "a day of the week")
		for i, n := range next.items {
			places["next["+strconv.Itoa(i)+"]"] = n
		}
		if len(names) == 0 || len(names) < len(next.items) {
			return nil // it has been reported
		}
	}
	w, problems := calendar.ParseWeekly(names, textOf(settings.get("at")))
	for _, wrong := range problems {
		at := wrong.Path
		if next.kind == textNode && at == "next[0]" {
			at = "next"
		}
		c.report(places[wrong.Path], join(path, at), wrong.Remedy, "%s", wrong.Message)
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		c.report(settings.get("time_zone"), join(path, "time_zone"), "write one such as Europe/Madrid, or leave it out", "%q is no time zone", zone)
	}
	return &Weekday{Weekly: w, TimeZone: zone}
}

// ParseDelay reads how long a delay takes and judges it.
func ParseDelay(s string) (time.Duration, error) {
	d, err := expr.ParseDuration(s)
	if err != nil {
		return 0, err
	}
	if d < 0 || d > MaxWithin {
		return 0, fmt.Errorf("%s is not between 0s and 365d, which is how long a delay may take", s)
	}
	return d, nil
}

var variable = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

func (c *compiler) set(n *stepNode) *Value {
	values := n.node.get("set")
	path := join(n.path, "set")
	if values.kind != mapNode {
		return nil
	}
	for _, m := range values.members {
		if !variable.MatchString(m.key) {
			c.report(m.name, join(path, m.key), "use lower-case letters, digits and underscores", "%q is not a name for a variable", m.key)
		}
	}
	return (&valueCompiler{compiler: c}).value(values, path, anyType, schema.Field{Type: anyType})
}
