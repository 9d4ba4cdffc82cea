// Package flow is what a person draws: the document of a flow, and the version compiled from it that runs follow.
//
// Parse reads a document and Format writes it; Compile checks it against the connectors at hand and yields a Version,
// which never changes. All problems of a document are found together, each with its line, its path and a remedy. The
// package never runs anything: package run decides what a run does next, from a Version.
package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/core/internal/expr"
)

// Document is a flow as it was written. It may have problems; a draft is saved all the same.
type Document struct {
	Name     string
	Title    string
	root     *node
	steps    []*stepNode
	byID     map[string]*stepNode
	problems Problems
}

// stepNode is a step in the document.
type stepNode struct {
	id    string
	kind  Kind
	node  *node
	path  string
	order int                    // place in the document
	lists map[string][]*stepNode // the branches by key; those of a switch's cases by "cases[0].then"
}

// Parse reads a document from YAML or JSON. The document is nil when it can't be read at all; otherwise it is there
// even if it has problems, so that it can be edited. It reports what is wrong with its form; Compile finds the rest.
func Parse(src []byte) (*Document, Problems) {
	root, problems := readYAML(src)
	if root == nil {
		return nil, problems
	}
	d := &Document{root: root, byID: map[string]*stepNode{}, problems: problems}
	if root.kind != mapNode {
		d.problems.report(root, "", "begin with name:", "a flow is an object, not %s", root.kind)
		return nil, d.problems
	}
	d.checkFields(root, documentFields, "")
	d.Name, d.Title = textOf(root.get("name")), textOf(root.get("title"))
	d.steps = d.readSteps(root.get("steps"), "steps")
	d.problems.sort()
	return d, slices.Clone(d.problems)
}

// Connections are the names of the connections that the trigger and the steps go through, in order, each once.
func (d *Document) Connections() []string {
	var names []string
	take := func(n *node) {
		if name := textOf(n.get("connection")); name != "" {
			names = append(names, name)
		}
	}
	take(d.root.get("trigger"))
	for _, s := range d.byID {
		take(s.node)
		if s.kind == KindCustomerResponse {
			take(s.node.get(string(KindCustomerResponse)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func textOf(n *node) string {
	if n == nil || n.kind != textNode {
		return ""
	}
	return n.text
}

func (d *Document) readSteps(list *node, path string) []*stepNode {
	if list == nil || list.kind != listNode {
		return nil
	}
	var steps []*stepNode
	for i, n := range list.items {
		if s := d.readStep(n, fmt.Sprintf("%s[%d]", path, i)); s != nil {
			steps = append(steps, s)
		}
	}
	return steps
}

// readStep returns nil for what is no step of a known kind; the problem is reported.
func (d *Document) readStep(n *node, path string) *stepNode {
	if n.kind == badNode {
		return nil
	}
	if n.kind != mapNode {
		d.problems.report(n, path, "write an object with id and the kind of the step", "a step is an object, not %s", n.kind)
		return nil
	}
	kind, ok := d.kindOf(n, path)
	if !ok {
		return nil
	}
	d.checkFields(n, append([]field{idField}, stepFields[kind]...), path)
	s := &stepNode{id: textOf(n.get("id")), kind: kind, node: n, path: path, order: len(d.byID), lists: map[string][]*stepNode{}}
	d.register(s)
	for _, f := range stepFields[kind] {
		value := n.get(f.name)
		switch {
		case value == nil:
		case f.shape == stepsShape:
			s.lists[f.name] = d.readSteps(value, join(path, f.name))
		case f.shape == casesShape:
			d.readCases(s, value, f)
		}
	}
	return s
}

func (d *Document) readCases(s *stepNode, list *node, f field) {
	for i, c := range list.items {
		name := fmt.Sprintf("%s[%d]", f.name, i)
		path := join(s.path, name)
		if c.kind != mapNode {
			d.problems.report(c, path, "write an object with when and then", "a case is an object, not %s", c.kind)
			continue
		}
		d.checkFields(c, f.fields, path)
		s.lists[name+".then"] = d.readSteps(c.get("then"), path+".then")
	}
}

// register files a step under its id and refuses an id that is taken, and a step too many.
func (d *Document) register(s *stepNode) {
	if s.id == "" {
		s.id = s.path // a name for the other checks; no id can look like it
	}
	if other, taken := d.byID[s.id]; taken {
		d.problems.report(s.node.get("id"), join(s.path, "id"), "choose another", "the id %q is taken by %s", s.id, other.path)
		s.id = s.path
	}
	d.byID[s.id] = s
	if len(d.byID) == MaxSteps+1 {
		d.problems.report(s.node, s.path, "move a part into a flow of its own", "a flow has at most %d steps", MaxSteps)
	}
}

// kindOf finds the key that names the kind of a step.
func (d *Document) kindOf(n *node, path string) (Kind, bool) {
	var found []string
	for _, k := range kinds {
		if n.get(string(k)) != nil {
			found = append(found, string(k))
		}
	}
	switch len(found) {
	case 1:
		return Kind(found[0]), true
	case 0:
		place, remedy := n, ""
		for _, m := range n.members {
			if remedy == "" && m.key != idField.name {
				if remedy = expr.DidYouMean(m.key, kindNames()); remedy != "" {
					place = m.name
				}
			}
		}
		if remedy == "" {
			remedy = "the kinds are " + strings.Join(kindNames(), ", ")
		}
		d.problems.report(place, path, remedy, "no key names the kind of this step")
	default:
		d.problems.report(n, path, "make two steps of it", "a step is of one kind, not %s", strings.Join(found, " and "))
	}
	return "", false
}
