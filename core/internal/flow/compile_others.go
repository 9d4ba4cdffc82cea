package flow

import (
	"slices"
	"strconv"
	"strings"

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

// builtIn returns the type of the events of a trigger that no connector brings; ok is false if it is none of those.
func builtIn(on string) (events schema.Type, ok bool) {
	switch on {
	case Manual:
		return anyType, true
	case event.RunFailed:
		return runFailedType, true
	case event.WaitLateReply:
		return lateReplyType, true
	}
	return anyType, strings.HasPrefix(on, event.Custom)
}

// What flows read of the runs that they start, and of the events that runs cause.
var (
	startedType   = object(text("run_id"), text("status"), text("reason"))
	runFailedType = object(text("run_id"), text("flow"), text("step"), schema.Field{Name: "failure", Type: object(text("kind"), text("message"), text("detail"))})
	lateReplyType = object(text("run_id"), text("flow"), text("step"), schema.Field{Name: "reply", Type: ReplyType})
)
