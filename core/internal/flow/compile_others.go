package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/sdk/schema"
)

// The steps of this file reach other runs: by an event, by a start, by an end.

func (c *compiler) emit(n *stepNode) *Emit {
	settings, path := n.node.get("emit"), join(n.path, "emit")
	e := &Emit{Data: c.object(settings.get("data"), join(path, "data"))}
	if name := settings.get("event"); name != nil && name.kind == textNode {
		c.eventName(name, join(path, "event"), name.text)
		e.Event = event.Custom + name.text
	}
	return e
}

func (c *compiler) eventName(n *node, path, name string) {
	if !idText.MatchString(name) {
		c.report(n, path, "begin with a lower-case letter; then letters, digits and underscores, as in order_verified", "%q can't name an event", name)
	}
}

func (c *compiler) startFlow(n *stepNode) *StartFlow {
	settings, path := n.node.get("start_flow"), join(n.path, "start_flow")
	wait := settings.get("wait")
	return &StartFlow{
		Flow: c.flowName(settings.get("flow"), join(path, "flow")), Data: c.object(settings.get("data"), join(path, "data")),
		Wait: wait != nil && wait.text == "true",
	}
}

func (c *compiler) endRuns(n *stepNode) *EndRuns {
	flows, path := n.node.find("end_runs", "flows"), join(n.path, "end_runs.flows")
	switch {
	case flows == nil:
		return nil
	case flows.kind == textNode && flows.text == "all":
		return &EndRuns{}
	case flows.kind != listNode || len(flows.items) == 0:
		c.report(flows, path, "write all, or a list in [ ]", "the names of flows are wanted here")
		return nil
	}
	e := &EndRuns{}
	for i, item := range flows.items {
		e.Flows = append(e.Flows, c.flowName(item, path+"["+strconv.Itoa(i)+"]"))
	}
	return e
}

// maxTags is how many tags a step may add or take away.
const maxTags = 50

func (c *compiler) contactStep(n *stepNode) *ContactStep {
	settings, path := n.node.get("contact"), join(n.path, "contact")
	if settings.kind == mapNode && len(settings.members) == 0 {
		c.report(settings, path, "name what is to change, such as add_tags: [vip]", "nothing is changed here")
	}
	s := &ContactStep{Consent: Consent(textOf(settings.get("consent")))}
	for name, to := range map[string]**expr.Template{"name": &s.Name, "language": &s.Language, "time_zone": &s.TimeZone} {
		*to = c.template(settings.get(name), join(path, name), words)
	}
	if zone := s.TimeZone; zone != nil {
		if literal, ok := zone.Literal(); ok {
			if _, err := time.LoadLocation(literal); err != nil {
				c.report(settings.get("time_zone"), join(path, "time_zone"), "write one such as Europe/Madrid", "%q is no time zone", literal)
			}
		}
	}
	if fields := settings.get("fields"); fields != nil && fields.kind == mapNode {
		s.Fields = c.fieldValues(fields, join(path, "fields"))
	}
	s.AddTags = c.tags(settings.get("add_tags"), join(path, "add_tags"))
	s.RemoveTags = c.tags(settings.get("remove_tags"), join(path, "remove_tags"))
	s.AddLists = c.listNames(settings.get("add_lists"), join(path, "add_lists"))
	s.RemoveLists = c.listNames(settings.get("remove_lists"), join(path, "remove_lists"))
	if block := settings.get("block"); block != nil && block.kind == boolNode {
		yes := block.text == "true"
		s.Block = &yes
	}
	return s
}

// listNames checks the names of lists of contacts. They are no templates, so that a name that is wrong is found on save.
func (c *compiler) listNames(n *node, path string) []string {
	if n == nil {
		return nil
	}
	if n.kind != listNode || len(n.items) == 0 || len(n.items) > maxTags {
		c.report(n, path, "write them in [ ]", "the names of 1 to %d lists are wanted here", maxTags)
		return nil
	}
	var names []string
	for i, item := range n.items {
		if name := c.contactList(item, path+"["+strconv.Itoa(i)+"]"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// contactList checks the name of a list of contacts and notes that the version names it.
func (c *compiler) contactList(n *node, path string) string {
	if n == nil {
		return ""
	}
	if n.kind != textNode {
		c.report(n, path, "", "a list's name is wanted here, not %s", n.kind)
		return ""
	}
	if lists := c.types.Lists(); !c.loading && !slices.Contains(lists, n.text) {
		remedy := expr.DidYouMean(n.text, lists)
		if remedy == "" {
			remedy = "make it in the settings first"
		}
		c.report(n, path, remedy, "there is no list %q", n.text)
	}
	if !slices.Contains(c.version.Lists, n.text) {
		c.version.Lists = append(c.version.Lists, n.text)
	}
	return n.text
}

func (c *compiler) tags(n *node, path string) []*expr.Template {
	if n == nil {
		return nil
	}
	if n.kind != listNode || len(n.items) == 0 || len(n.items) > maxTags {
		c.report(n, path, "write a list in [ ]", "a list of 1 to %d tags is wanted here", maxTags)
		return nil
	}
	var tags []*expr.Template
	for i, item := range n.items {
		at := path + "[" + strconv.Itoa(i) + "]"
		if item.kind != textNode || strings.TrimSpace(item.text) == "" {
			c.report(item, at, "write it in quotes", "a tag is wanted here")
			continue
		}
		tags = append(tags, c.template(item, at, words))
	}
	return tags
}

// object compiles an object with free fields; an absent one is empty.
func (c *compiler) object(n *node, path string) *Value {
	if n == nil || n.kind != mapNode {
		n = &node{kind: mapNode}
	}
	return (&valueCompiler{compiler: c}).value(n, path, anyType, schema.Field{Type: anyType})
}

// flowName checks the name of another flow. A flow may name itself, which has no draft yet when it is new.
func (c *compiler) flowName(n *node, path string) string {
	if n == nil {
		return ""
	}
	if n.kind != textNode {
		c.report(n, path, "", "a flow's name is wanted here, not %s", n.kind)
		return ""
	}
	if flows := c.types.Flows(); !c.loading && n.text != c.doc.Name && !slices.Contains(flows, n.text) {
		remedy := expr.DidYouMean(n.text, flows)
		if remedy == "" {
			remedy = "save that flow first"
		}
		c.report(n, path, remedy, "there is no flow %q", n.text)
	}
	return n.text
}

// filters names what a trigger of ours may be narrowed to, by its with.
var filters = map[string]schema.Type{
	event.ContactTagAdded: object(text("tag")), event.ContactTagRemoved: object(text("tag")), event.ContactFieldChanged: object(text("field")),
	event.ContactListAdded: object(text("list")), event.ContactListRemoved: object(text("list")),
	event.ContactConsentChanged: object(schema.Field{Name: "after", Type: schema.Type{Kind: schema.String}, OneOf: []string{string(Subscribed), string(Unsubscribed)}}),
}

// builtIn returns the type of the events of a trigger that no connector brings; ok is false if it is none of those.
func builtIn(on string) (events schema.Type, ok bool) {
	switch on {
	case Manual:
		return anyType, true
	case event.RunFailed:
		return runFailedType, true
	case event.WaitLateReply:
		return lateReplyType, true
	case event.ContactCreated:
		return object(), true
	case event.ContactTagAdded, event.ContactTagRemoved, event.ContactListAdded, event.ContactListRemoved,
		event.ContactFieldChanged, event.ContactConsentChanged, event.ContactBlocked:
		return contactEventType, true
	}
	return anyType, strings.HasPrefix(on, event.Custom)
}

// What flows read of the runs that they start, and of the events that runs cause.
var (
	startedType      = object(text("run_id"), text("status"), text("reason"))
	runFailedType    = object(text("run_id"), text("flow"), text("step"), schema.Field{Name: "failure", Type: object(text("kind"), text("message"), text("detail"))})
	contactEventType = object(text("tag"), text("list"), text("field"), schema.Field{Name: "before", Type: anyType}, schema.Field{Name: "after", Type: anyType})
	lateReplyType    = object(text("run_id"), text("flow"), text("step"), schema.Field{Name: "reply", Type: ReplyType})
)
