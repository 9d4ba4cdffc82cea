package flow

import (
	"maps"
	"slices"
	"strconv"

	"github.com/cordboard/cordboard/sdk/schema"
)

// LoopType is what later steps read of a loop.
var LoopType = object(
	of("count", schema.Integer), // of the iterations that were made
	of("met", schema.Boolean),   // whether a condition ended it
	schema.Field{Name: "results", Type: schema.Type{Kind: schema.List, Elem: &anyType}},
)

var iterationType = object(of("index", schema.Integer), of("number", schema.Integer))

// keywords are words that no expression can read as a name.
var keywords = []string{
	"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace", "null", "package", "return",
	"true", "var", "void", "while",
}

// iterating fills in what a loop goes through and returns the names that are in scope within it.
func (c *compiler) iterating(n *stepNode, l *Loop) []schema.Field {
	names := slices.DeleteFunc(slices.Clone(c.names), func(f schema.Field) bool { return f.Name == IterationName })
	names = append(names, schema.Field{Name: IterationName, Type: iterationType})
	if n.kind != KindForEach {
		return names
	}
	settings, path := n.node.get(string(n.kind)), join(n.path, string(n.kind))
	item := anyType
	if l.In = c.expression(settings.get("in"), join(path, "in"), schema.Type{Kind: schema.List}); l.In != nil {
		item = elemOf(l.In.Type())
	}
	if l.As = c.itemName(settings.get("as"), join(path, "as")); l.As != "" {
		names = append(names, schema.Field{Name: l.As, Type: item})
	}
	return names
}

// loop compiles a for_each or a repeat.
func (c *compiler) loop(s *Step, n *stepNode, before trail) trail {
	settings, path := n.node.get(string(n.kind)), join(n.path, string(n.kind))
	l := &Loop{Max: c.iterations(settings.get("max"), join(path, "max"))}
	s.Loop = l
	names := c.iterating(n, l)
	if n.kind == KindRepeat && settings.kind == mapNode && settings.get("while") == nil && settings.get("until") == nil {
		c.report(settings, path, "write until: or while:, with an expression", "nothing ends the loop but max")
	}
	if body := n.node.get("steps"); body != nil && body.kind == listNode && len(body.items) == 0 {
		c.report(body, join(n.path, "steps"), "add a step, or remove the loop", "there is nothing to do in an iteration")
	}
	outer, env, loops := c.names, c.env, c.loops
	if err := c.inScope(names); err != nil {
		c.report(settings, path, "", "%v", err)
	}
	c.loops = append(slices.Clone(loops), n.id)
	inside := before
	if c.sends(n.lists["steps"]) {
		// Which message is the latest depends on the iteration.
		inside.asked, inside.split = "", true
	}
	first, body := c.list(n.lists["steps"], n.id, inside)
	l.First = first
	c.step, c.before = n, body
	if body.ended { // it is judged at the end of an iteration that does not come
		c.before = inside
	}
	l.Until = c.expression(settings.get("until"), join(path, "until"), boolean)
	l.Results = c.expression(settings.get("results"), join(path, "results"), anyType)
	l.While = c.expression(settings.get("while"), join(path, "while"), boolean)
	c.names, c.env, c.loops = outer, env, loops
	if n.kind == KindForEach || settings.get("while") != nil {
		body = merge([]trail{before, body}) // there may be no iteration
	}
	if body.ended {
		return body
	}
	return body.with(n.id)
}

// iterations compiles the most that a loop may make.
func (c *compiler) iterations(n *node, path string) int {
	if n == nil || n.kind != numberNode {
		return 0 // reported with the document's form
	}
	most, err := strconv.Atoi(n.text)
	if err != nil || most < 1 || most > MaxIterations {
		c.report(n, path, "", "must be a whole number from 1 to %d", MaxIterations)
	}
	return most
}

// itemName compiles the name of a loop's item.
func (c *compiler) itemName(n *node, path string) string {
	if n == nil || n.kind != textNode || !idText.MatchString(n.text) {
		return "" // reported with the document's form
	}
	if slices.Contains(keywords, n.text) || slices.ContainsFunc(c.names, func(f schema.Field) bool { return f.Name == n.text }) || n.text == IterationName {
		c.report(n, path, "choose another, such as item", "%q means something else in expressions", n.text)
		return ""
	}
	return n.text
}

// sends reports whether one of the steps, or of those in their branches, sends a message.
func (c *compiler) sends(steps []*stepNode) bool {
	return slices.ContainsFunc(steps, func(s *stepNode) bool {
		if c.actions[s.id].Sends {
			return true
		}
		for branch := range maps.Values(s.lists) {
			if c.sends(branch) {
				return true
			}
		}
		return false
	})
}
