package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a document: where it stands, what is wrong and what to do about it.
type Problem struct {
	Line    int    `json:"line"` // from 1; 0 when the problem has no place
	Column  int    `json:"column"`
	Path    string `json:"path"` // such as "steps[0].then[1].with.to"; empty for the document itself
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// Describe writes a problem as compilers do, so that editors can jump to it:
// verify.yaml:12:7: steps[0].with.templat: there is no such field; did you mean "template"?
func Describe(file string, p Problem) string {
	var b strings.Builder
	if file != "" {
		b.WriteString(file + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteString(" ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Remedy != "" {
		b.WriteString("; " + p.Remedy)
	}
	return b.String()
}

// Problems is everything that was found, in the order of the document. It is an error when it is not empty.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = Describe("", p)
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, or nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// maxProblems bounds the list: nobody reads on, and a hostile document can have very many.
const maxProblems = 200

// report adds a problem at a node. The remedy may be empty.
func (ps *Problems) report(n *node, path, remedy, format string, args ...any) {
	if len(*ps) == maxProblems {
		return
	}
	p := Problem{Path: path, Message: fmt.Sprintf(format, args...), Remedy: remedy}
	if n != nil {
		p.Line, p.Column = n.line, n.column
	}
	*ps = append(*ps, p)
}
