package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
)

func (c *compiler) response(s *Step, n *stepNode, before trail) trail {
	settings := n.node.get("customer_response")
	path := join(n.path, "customer_response")
	r := &CustomerResponse{Within: c.within(settings.get("within"), join(path, "within"))}
	s.Response = r
	begins := FromSent
	if settings.get("connection") != nil {
		r.Connection, begins = c.askedElsewhere(settings, path), FromStep
	} else {
		r.To = c.asked(settings, path, before)
	}
	if asking := c.doc.byID[r.To]; asking != nil {
		r.Connection = textOf(asking.node.get("connection"))
	}
	r.Terms = Terms{
		From:       From(cmp.Or(textOf(settings.get("from")), string(begins))),
		Several:    Several(cmp.Or(textOf(settings.get("several")), string(Newest))),
		OnTakeover: OnTakeover(cmp.Or(textOf(settings.get("on_takeover")), string(TakeoverContinues))),
		AnyChannel: textOf(settings.get("channels")) == "any",
		Collect:    c.collect(settings.get("collect"), join(path, "collect")),
	}
	r.Terms.ResumeAfter = c.resumeAfter(settings, path, r.Terms.OnTakeover)
	r.Terms.Late, r.Terms.LateFlow = c.late(settings.get("late"), join(path, "late"))
	r.Terms.DeliverWithin = c.deliverWithin(settings, path, r)
	c.longest(settings, path, r)
	r.Terms.Accept, r.When = c.accept(settings.get("accept"), join(path, "accept"))
	r.Terms.Retries, r.Say = c.retries(settings.get("retry"), join(path, "retry"), c.doc.byID[r.To])
	if r.Terms.Accept.IsAny() && (settings.get("accept") == nil || textOf(settings.get("accept")) == "any") {
		for at, extra := range map[string]*node{join(path, "retry"): settings.get("retry"), join(n.path, "invalid"): n.node.get("invalid")} {
			if extra != nil {
				c.report(extra, at, "say with accept which answers count, or leave it out", "every answer counts, so none is refused")
			}
		}
	}
	inside := before.with(n.id)
	exit := func(name string) (string, trail) { return c.list(n.lists[name], s.Next, inside) }
	var ends [4]trail
	r.Default, ends[0] = exit("default")
	r.NoResponse, ends[1] = exit("no_response")
	ends[2] = trail{ended: true}
	if r.HasUndelivered = n.node.get("undelivered") != nil; r.HasUndelivered {
		r.Undelivered, ends[2] = exit("undelivered")
	}
	ends[3] = trail{ended: true}
	if r.Terms.EndsInvalid = n.node.get("invalid") != nil; r.Terms.EndsInvalid {
		r.Invalid, ends[3] = exit("invalid")
	}
	return merge(ends[:])
}

// longest notes how long a response may take, and refuses what the workspace does not keep runs for (R15). What an
// expression or a calendar comes to is judged when the run is there.
func (c *compiler) longest(settings *node, path string, r *CustomerResponse) {
	w := r.Within
	if w.For != nil || w.Until != nil || w.Business != nil {
		c.version.LongestWait = MaxWithin
		return
	}
	takes := w.Duration + r.Terms.DeliverWithin
	c.version.LongestWait, c.version.FixedWait = max(c.version.LongestWait, takes), max(c.version.FixedWait, takes)
	if err := Fits(takes, c.types.LongestWait()); err != nil && !c.loading {
		c.report(settings.get("within"), join(path, "within"), "give less time, or keep runs for longer", "%v", err)
	}
}

// Fits judges the time that a customer response takes by the time for which runs are kept, 0: for ever (waits.md R15).
// Nobody could look at what is said after that, and what is to be forgotten would stay.
func Fits(takes, kept time.Duration) error {
	if kept == 0 || takes <= kept {
		return nil
	}
	return fmt.Errorf("an answer may take %s here, and this workspace keeps runs for %s", span(takes), span(kept))
}

// span writes a duration in days as far as it has whole ones.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch rest := d % day; {
	case d < day:
		return expr.FormatDuration(d)
	case rest == 0:
		return fmt.Sprintf("%dd", d/day)
	default:
		return fmt.Sprintf("%dd%s", d/day, expr.FormatDuration(rest.Round(time.Second)))
	}
}

// Limits of what a customer_response says about times beside the wait itself.
const (
	defaultDeliverWithin = 24 * time.Hour
	defaultResumeAfter   = 24 * time.Hour
	minQuiet             = time.Second
	maxQuiet             = 10 * time.Minute
	defaultCollect       = time.Minute
	maxCollect           = time.Hour
)

// resumeAfter compiles when a wait that a person has stopped goes on by itself. Without such a time it could last for ever
// (R15).
func (c *compiler) resumeAfter(settings *node, path string, takeover OnTakeover) time.Duration {
	n := settings.get("resume_after")
	if takeover != TakeoverPauses {
		if n != nil {
			c.report(n, join(path, "resume_after"), "leave it out, or write on_takeover: pause", "nothing is paused here")
		}
		return 0
	}
	if n == nil || n.kind != textNode {
		return defaultResumeAfter
	}
	d, err := ParseWithin(n.text)
	if err != nil {
		c.report(n, join(path, "resume_after"), "", "%v", err)
	}
	return d
}

// deliverWithin compiles how long the wait for the message's arrival may take, before the clock starts.
func (c *compiler) deliverWithin(settings *node, path string, r *CustomerResponse) time.Duration {
	n := settings.get("deliver_within")
	if !r.Terms.From.ByStatus() {
		if n != nil {
			c.report(n, join(path, "deliver_within"), "leave it out, or write from: delivered", "the clock does not wait for the message to arrive")
		}
		return 0
	}
	if r.Within.Until != nil || r.Within.Business != nil {
		c.report(settings.get("from"), join(path, "from"), "leave it out", "the time for the answer has to be a plain duration then")
	}
	if n == nil {
		return defaultDeliverWithin
	}
	return c.bounded(n, join(path, "deliver_within"), MinWithin, MaxWithin)
}

func (c *compiler) collect(n *node, path string) Collect {
	if n == nil || n.kind != mapNode {
		return Collect{}
	}
	quiet := c.bounded(n.get("quiet"), join(path, "quiet"), minQuiet, maxQuiet)
	if n.get("max") == nil {
		return Collect{Quiet: quiet, Max: max(quiet, defaultCollect)}
	}
	most := c.bounded(n.get("max"), join(path, "max"), minQuiet, maxCollect)
	if most > 0 && most < quiet {
		c.report(n.get("max"), join(path, "max"), "", "must not be shorter than quiet")
	}
	return Collect{Quiet: quiet, Max: most}
}

// late compiles what a message after the deadline does, and which flow it starts if it does.
func (c *compiler) late(n *node, path string) (Late, string) {
	switch {
	case n == nil:
	case n.kind == textNode && (n.text == string(LateAttach) || n.text == string(LateIgnore)):
		return Late(n.text), ""
	case n.kind == mapNode && len(n.members) == 1 && n.get("start_flow") != nil:
		return LateStarts, c.flowName(n.get("start_flow"), join(path, "start_flow"))
	default:
		c.report(n, path, "write attach, ignore, or {start_flow: name}", "what a late message does is wanted here")
	}
	return LateAttach, ""
}

// askedElsewhere returns the connection on which the answer comes to a question that is not the flow's own. Of such a
// question nothing is known: neither when it was sent nor to which address.
func (c *compiler) askedElsewhere(settings *node, path string) string {
	n := settings.get("connection")
	if n.kind != textNode {
		return "" // the form has been reported
	}
	if to := settings.get("to"); to != nil {
		c.report(to, join(path, "to"), "leave it out, or connection", "a step of this flow asks, or somebody else does")
	}
	if from := settings.get("from"); from != nil && from.text != string(FromStep) {
		c.report(from, join(path, "from"), "leave it out", "somebody else asks, so the clock starts when the run comes here")
	}
	if say := settings.find("retry", "say"); say != nil {
		c.report(say, join(path, "retry.say"), "leave it out", "somebody else asks, so it is not known to whom the question went")
	}
	if _, ok := c.types.Connection(n.text); !ok && !c.loading {
		remedy := expr.DidYouMean(n.text, c.types.Connections())
		c.report(n, join(path, "connection"), cmp.Or(remedy, "create it, or name another connection"), "there is no connection %q", n.text)
	}
	return n.text
}

// asked returns the step whose message a customer_response waits for.
func (c *compiler) asked(settings *node, path string, before trail) string {
	to := settings.get("to")
	path = join(path, "to")
	if to == nil {
		switch {
		case before.split:
			c.report(settings, path, "move this step into each branch, or name a step that always runs", "which message was the latest depends on the way here")
		case before.asked == "":
			c.report(settings, path, "send a message first", "no step before this one sends a message to answer")
		}
		return before.asked
	}
	other := c.doc.byID[to.text]
	switch {
	case to.kind != textNode:
	case other == nil:
		var ids []string
		for id := range c.doc.byID {
			ids = append(ids, id)
		}
		c.report(to, path, expr.DidYouMean(to.text, ids), "there is no step %q", to.text)
	case !before.may[to.text]:
		c.report(to, path, "name a step that comes before on the way here", "step %q cannot have run here: %s", to.text, c.whyNot(other))
	case other.kind != KindDo || !c.actions[to.text].Sends:
		if _, known := c.actions[to.text]; known || other.kind != KindDo {
			c.report(to, path, "name a step that does", "step %q sends no message to a person", to.text)
		}
	case !before.sure[to.text]:
		c.report(to, path, "move this step into the branch, or name a step that always runs", "step %q runs only on some ways here", to.text)
	}
	return to.text
}

func (c *compiler) within(n *node, path string) Within {
	switch {
	case n == nil:
		return Within{}
	case n.kind == mapNode && n.get("business") != nil:
		for _, m := range n.members {
			if m.key != "business" && m.key != "calendar" {
				c.report(m.name, join(path, m.key), "the fields here are business and calendar", "there is no such field")
			}
		}
		return Within{Business: c.business(n, path)}
	case n.kind == mapNode:
		c.untilOnly(n, path)
		return Within{Until: c.expression(n.get("until"), join(path, "until"), moment)}
	case n.kind != textNode:
		c.report(n, path, "write 2h, an expression in {{ }}, {until: expression}, or {business: 4h, calendar: name}", "a duration is wanted here, not %s", n.kind)
		return Within{}
	case strings.Contains(n.text, "{{"):
		return Within{For: c.template(n, path, duration)}
	}
	d, err := ParseWithin(n.text)
	if err != nil {
		c.report(n, path, "", "%v", err)
	}
	return Within{Duration: d}
}

// business compiles a time of which only the hours of a calendar count. Its form may not have been checked.
func (c *compiler) business(n *node, path string) *Business {
	length, name := n.get("business"), n.get("calendar")
	if length == nil {
		return nil
	}
	b := &Business{Calendar: c.calendarName(name, join(path, "calendar"))}
	if name == nil {
		c.report(n, join(path, "calendar"), "name a calendar", "is missing")
	}
	if length.kind != textNode {
		c.report(length, join(path, "business"), "write it as 4h", "a duration is wanted here, not %s", length.kind)
		return b
	}
	var err error
	if b.Length, err = ParseWithin(length.text); err != nil {
		c.report(length, join(path, "business"), "", "%v", err)
	}
	return b
}

// calendarName checks the name of a calendar and notes that the version goes by it.
func (c *compiler) calendarName(n *node, path string) string {
	if n == nil {
		return ""
	}
	if n.kind != textNode {
		c.report(n, path, "", "a calendar's name is wanted here, not %s", n.kind)
		return ""
	}
	if calendars := c.types.Calendars(); !c.loading && !slices.Contains(calendars, n.text) {
		remedy := expr.DidYouMean(n.text, calendars)
		if remedy == "" {
			remedy = "make it in the settings first"
		}
		c.report(n, path, remedy, "there is no calendar %q", n.text)
	}
	if !slices.Contains(c.version.Calendars, n.text) {
		c.version.Calendars = append(c.version.Calendars, n.text)
	}
	return n.text
}

func (c *compiler) untilOnly(n *node, path string) {
	if n.get("until") == nil {
		c.report(n, join(path, "until"), "", "is missing")
	}
	for _, m := range n.members {
		if m.key != "until" {
			c.report(m.name, join(path, m.key), "the field here is until", "there is no such field")
		}
	}
}

// ParseWithin reads how long a wait may take and judges it (waits.md R15).
func ParseWithin(s string) (time.Duration, error) {
	d, err := expr.ParseDuration(s)
	if err != nil {
		return 0, err
	}
	if d < MinWithin || d > MaxWithin {
		return 0, fmt.Errorf("%s is not between 1s and 365d, which is how long a wait may take", s)
	}
	return d, nil
}
