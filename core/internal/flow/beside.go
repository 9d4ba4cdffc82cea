package flow

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Node is a value of a document that stands beside a flow, such as its tests. It is read as flows are: with the place of
// each value, within the same limits, without anchors and tags. The zero Node is a value that is not there.
type Node struct{ n *node }

// ReadNode reads such a document. The node is zero when it can't be read at all.
func ReadNode(src []byte) (Node, Problems) {
	n, problems := readYAML(src)
	return Node{n}, problems
}

// There reports whether the value is there.
func (n Node) There() bool { return n.n != nil }

// Is describes the value: "text", "a number", "a list".
func (n Node) Is() string {
	if n.n == nil {
		return nullNode.String()
	}
	return n.n.kind.String()
}

// Reported says that something is wrong with the value that was reported when it was read.
func (n Node) Reported() bool { return n.n != nil && n.n.kind == badNode }

// Get returns a member of an object.
func (n Node) Get(key string) Node { return Node{n.n.get(key)} }

// Members returns whether the value is an object, and its keys, each with its own place, in their order.
func (n Node) Members() (iter.Seq2[string, Node], bool) {
	return func(yield func(string, Node) bool) {
		for _, m := range n.n.members {
			if !yield(m.key, Node{m.name}) {
				return
			}
		}
	}, n.n != nil && n.n.kind == mapNode
}

// Items returns whether the value is a list, and what it holds.
func (n Node) Items() ([]Node, bool) {
	if n.n == nil || n.n.kind != listNode {
		return nil, false
	}
	items := make([]Node, len(n.n.items))
	for i, item := range n.n.items {
		items[i] = Node{item}
	}
	return items, true
}

// Text returns whether the value is a text, and the text.
func (n Node) Text() (string, bool) { return textOf(n.n), n.n != nil && n.n.kind == textNode }

// JSON writes the value as JSON; nil if it is not there.
func (n Node) JSON() json.RawMessage {
	if n.n == nil {
		return nil
	}
	var b bytes.Buffer
	n.n.writeJSON(&b)
	return b.Bytes()
}

// Place returns the line and column, from 1.
func (n Node) Place() (line, column int) {
	if n.n == nil {
		return 0, 0
	}
	return n.n.line, n.n.column
}

// Report adds a problem at a value. The remedy may be empty.
func (ps *Problems) Report(n Node, path, remedy, format string, args ...any) {
	ps.report(n.n, path, remedy, format, args...)
}

// Sort puts the problems in the order of the document.
func (ps Problems) Sort() { ps.sort() }
