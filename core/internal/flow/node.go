package flow

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	yaml "github.com/goccy/go-yaml"
)

// What a document may weigh.
const (
	MaxDocument = 2 << 20 // bytes
	MaxSteps    = 500
	maxDepth    = 100    // of lists and objects within each other
	maxNodes    = 10_000 // values
	maxLines    = 10_000 // the YAML parser's time grows with the square of an object's lines
)

type nodeKind int

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	textNode
	listNode
	mapNode
	badNode // reported when it was read; other checks pass over it
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "true or false", "a number", "text", "a list", "an object", "a mistake"}[k]
}

// node is a value of a document with the place where it stands.
type node struct {
	kind         nodeKind
	line, column int
	text         string // of a text; of a number or a boolean, as JSON writes it
	at           int    // columns from the node's place to its text, such as 1 after a quote; -1 when they don't correspond
	block        bool   // a text that begins on the line below
	items        []*node
	members      []member
}

type member struct {
	key   string
	name  *node // the place of the key
	value *node
}

// get returns a member of an object, or nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// find follows keys downwards; the result is nil where one is missing.
func (n *node) find(keys ...string) *node {
	for _, key := range keys {
		n = n.get(key)
	}
	return n
}

// within returns the place of a byte of a text, as near as it can be told.
func (n *node) within(offset int) *node {
	place := *n
	before := n.text[:min(offset, len(n.text))]
	switch {
	case n.block:
		place.line += 1 + strings.Count(before, "\n")
		place.column = 1
	case n.at >= 0:
		place.column += n.at + len([]rune(before))
	}
	return &place
}

// readYAML parses YAML, of which JSON is a part. It returns nil when the text can't be read at all.
func readYAML(src []byte) (*node, Problems) {
	var problems Problems
	if len(src) > MaxDocument {
		problems.report(nil, "", fmt.Sprintf("keep it under %d", MaxDocument), "the document has %d bytes", len(src))
		return nil, problems
	}
	if lines := bytes.Count(src, []byte("\n")); lines > maxLines {
		problems.report(&node{line: maxLines, column: 1}, "", "move a part into a flow of its own", "the document has %d lines, and at most %d are read", lines, maxLines)
		return nil, problems
	}
	if line, ok := tooDeep(src); ok {
		problems.report(&node{line: line, column: 1}, "", "", "lists and objects are nested more than %d deep", maxDepth)
		return nil, problems
	}
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		place := &node{line: 1, column: 1}
		message := "this is not YAML"
		if errors.As(err, &syntax) {
			message += ": " + syntax.GetMessage()
			if t := syntax.GetToken(); t != nil && t.Position != nil {
				place = &node{line: t.Position.Line, column: t.Position.Column}
			}
		}
		problems.report(place, "", "", "%s", message)
		return nil, problems
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		problems.report(&node{line: 1, column: 1}, "", "", "the document is empty")
		return nil, problems
	}
	if len(file.Docs) > 1 {
		problems.report(place(file.Docs[1].Body), "", "write each flow to its own file", "there is more than one document")
	}
	r := reader{problems: &problems}
	return r.read(file.Docs[0].Body, "", 0), problems
}

func place(n ast.Node) *node {
	if n == nil || n.GetToken() == nil {
		return nil
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return place(m.Values[0].Key)
	}
	p := n.GetToken().Position
	return &node{line: p.Line, column: p.Column}
}

type reader struct {
	problems *Problems
	nodes    int
}

func (r *reader) read(y ast.Node, path string, depth int) *node {
	n := place(y)
	if n == nil {
		return &node{}
	}
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.problems.report(n, path, "move a part into a flow of its own", "a flow has at most %d values", maxNodes)
		}
		n.kind = badNode
		return n
	}
	if depth > maxDepth {
		r.problems.report(n, path, "", "lists and objects are nested more than %d deep", maxDepth)
		n.kind = badNode
		return n
	}
	switch y := y.(type) {
	case *ast.NullNode:
	case *ast.InfinityNode, *ast.NanNode:
		r.problems.report(n, path, "", "JSON has no such number")
		n.kind = badNode
	case *ast.BoolNode:
		n.kind, n.text = boolNode, strconv.FormatBool(y.Value)
	case *ast.IntegerNode:
		n.kind, n.text = numberNode, fmt.Sprint(y.Value)
	case *ast.FloatNode:
		n.readFloat(y)
	case *ast.StringNode:
		n.readText(y)
	case *ast.LiteralNode:
		n.kind, n.text, n.block, n.at = textNode, y.Value.Value, y.Start.Type == token.LiteralType, -1
	case *ast.SequenceNode:
		n.kind = listNode
		for i, item := range y.Values {
			n.items = append(n.items, r.read(item, fmt.Sprintf("%s[%d]", path, i), depth+1))
		}
	case *ast.MappingNode:
		n.kind = mapNode
		for _, v := range y.Values {
			r.readMember(n, v, path, depth)
		}
	case *ast.MappingValueNode:
		n.kind = mapNode
		r.readMember(n, y, path, depth)
	default:
		r.problems.report(n, path, "write the value itself", "anchors, aliases and tags have no place in a flow")
		n.kind = badNode
	}
	return n
}

func (r *reader) readMember(n *node, v *ast.MappingValueNode, path string, depth int) {
	name := place(v.Key)
	var key string
	switch k := v.Key.(type) {
	case *ast.StringNode:
		key = k.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		key = k.GetToken().Value
	default:
		r.problems.report(name, path, "write the value itself", "anchors, aliases and merge keys have no place in a flow")
		return
	}
	inner := join(path, key)
	if n.get(key) != nil {
		r.problems.report(name, inner, "keep one of them", "%q is there twice", key)
		return
	}
	n.members = append(n.members, member{key: key, name: name, value: r.read(v.Value, inner, depth+1)})
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// readFloat keeps a number as it was written: 1.50 stays 1.50.
func (n *node) readFloat(y *ast.FloatNode) {
	n.kind, n.text = numberNode, y.Token.Value
	if !jsonNumber.MatchString(n.text) {
		n.text = strconv.FormatFloat(y.Value, 'f', -1, 64)
	}
}

func (n *node) readText(y *ast.StringNode) {
	n.kind, n.text = textNode, y.Value
	switch y.Token.Type {
	case token.DoubleQuoteType, token.SingleQuoteType:
		n.at = 1
	default:
		// The YAML library leaves numbers with an exponent, and those over 64 bits, as text.
		if jsonNumber.MatchString(y.Value) {
			n.kind = numberNode
		}
	}
	if strings.Contains(y.Token.Origin, "\\") || strings.Contains(strings.TrimSpace(y.Token.Origin), "\n") {
		n.at = -1
	}
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

var dashes = regexp.MustCompile(`^\s*([-?]\s+){21,}`)

// tooDeep finds nesting that would exhaust the parser's stack, before it runs, and returns the line. It is generous:
// what it lets pass is judged again on the tree.
func tooDeep(src []byte) (line int, found bool) {
	depth := 0
	line = 1
	for text := range strings.Lines(string(src)) {
		for _, c := range []byte(text) {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
		}
		if depth > 10*maxDepth || dashes.MatchString(text) {
			return line, true
		}
		line++
	}
	return 0, false
}
