package flow

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Format writes a document as canonical YAML: keys in the order of the manual, blocks instead of braces, quotes only
// where they are needed. Formatting what Format wrote changes nothing, so an export can be applied and exported again
// without a difference. Comments do not survive; what stands inside with and set keeps its order.
func Format(d *Document) []byte {
	var w yamlWriter
	w.block(canonical(d.root, documentFields), 0)
	return w.Bytes()
}

// MarshalJSON writes the document as JSON in the order of Format, for the console.
func (d *Document) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	canonical(d.root, documentFields).writeJSON(&b)
	return b.Bytes(), nil
}

// canonical returns a copy of an object whose members are in the order of its table, the unknown ones last.
func canonical(n *node, fields []field) *node {
	if n.kind != mapNode {
		return n
	}
	out := *n
	out.members = nil
	for _, f := range fields {
		if value := n.get(f.name); value != nil {
			out.members = append(out.members, member{key: f.name, value: canonicalField(value, f)})
		}
	}
	for _, m := range n.members {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == m.key }) {
			out.members = append(out.members, m)
		}
	}
	return &out
}

func canonicalField(n *node, f field) *node {
	switch f.shape {
	case objectShape:
		return canonical(n, f.fields)
	case stepsShape, casesShape:
		out := *n
		out.items = make([]*node, len(n.items))
		for i, item := range n.items {
			fields := f.fields
			if f.shape == stepsShape {
				fields = fieldsOfStep(item)
			}
			out.items[i] = canonical(item, fields)
		}
		return &out
	default:
		return n
	}
}

func fieldsOfStep(n *node) []field {
	for _, k := range kinds {
		if n.get(string(k)) != nil {
			return append([]field{idField}, stepFields[k]...)
		}
	}
	return []field{idField}
}

type yamlWriter struct{ bytes.Buffer }

func (w *yamlWriter) indent(depth int) { w.WriteString(strings.Repeat("  ", depth)) }

// block writes an object or a list, each entry on a line of its own.
func (w *yamlWriter) block(n *node, depth int) {
	for _, m := range n.members {
		w.indent(depth)
		w.member(m, depth)
	}
	for _, item := range n.items {
		w.indent(depth)
		w.WriteByte('-')
		if len(item.members) == 0 {
			w.value(item, depth)
			continue
		}
		for i, m := range item.members {
			if i == 0 {
				w.WriteByte(' ')
			} else {
				w.indent(depth + 1)
			}
			w.member(m, depth+1)
		}
	}
}

func (w *yamlWriter) member(m member, depth int) {
	key := m.key
	if !plainKey.MatchString(key) {
		key = quoted(key)
	}
	w.WriteString(key + ":")
	w.value(m.value, depth)
}

// value writes what follows a key or a dash.
func (w *yamlWriter) value(n *node, depth int) {
	switch {
	case n.kind == mapNode && len(n.members) > 0, n.kind == listNode && len(n.items) > 0:
		w.WriteByte('\n')
		w.block(n, depth+1)
	case n.kind == mapNode:
		w.WriteString(" {}\n")
	case n.kind == listNode:
		w.WriteString(" []\n")
	case n.kind == textNode && isParagraph(n.text):
		w.paragraph(n.text, depth+1)
	case n.kind == textNode:
		w.WriteString(" " + scalar(n.text) + "\n")
	case n.kind == nullNode, n.kind == badNode:
		w.WriteString(" null\n")
	default:
		w.WriteString(" " + n.text + "\n")
	}
}

// isParagraph says whether a text reads well, and survives, as lines below a bar.
func isParagraph(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	lines := strings.Split(body, "\n")
	if !strings.Contains(s, "\n") || body == "" || strings.HasSuffix(body, "\n") {
		return false
	}
	return !slices.ContainsFunc(lines, func(line string) bool {
		return !isPrintable(line) || strings.TrimSpace(line) != line || line == ""
	})
}

func (w *yamlWriter) paragraph(s string, depth int) {
	body, ended := strings.CutSuffix(s, "\n")
	if ended {
		w.WriteString(" |\n")
	} else {
		w.WriteString(" |-\n")
	}
	for line := range strings.SplitSeq(body, "\n") {
		w.indent(depth)
		w.WriteString(line + "\n")
	}
}

// words that YAML readers take for something else than text.
var reserved = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

var (
	plainKey      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	plainDuration = regexp.MustCompile(`^([0-9]+(d|h|m|s|ms))+$`)
)

// scalar writes text on one line, in quotes unless every reader of YAML takes it for the same text without them.
func scalar(s string) string {
	if plainDuration.MatchString(s) {
		return s
	}
	first := strings.IndexFunc(s, unicode.IsLetter)
	plain := first == 0 && isPrintable(s) && strings.TrimSpace(s) == s && !slices.Contains(reserved, strings.ToLower(s)) &&
		!strings.Contains(s, ": ") && !strings.Contains(s, " #") && !strings.HasSuffix(s, ":")
	if plain {
		return s
	}
	return quoted(s)
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// quoted writes text as JSON does, which is YAML too.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // text always has a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (n *node) writeJSON(b *bytes.Buffer) {
	switch n.kind {
	case mapNode:
		b.WriteByte('{')
		for i, m := range n.members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoted(m.key) + ":")
			m.value.writeJSON(b)
		}
		b.WriteByte('}')
	case listNode:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.writeJSON(b)
		}
		b.WriteByte(']')
	case textNode:
		b.WriteString(quoted(n.text))
	case boolNode, numberNode:
		b.WriteString(n.text)
	default:
		b.WriteString("null")
	}
}
