package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// table prints one line for each comparison.
type table struct {
	out io.Writer
	tab *tabwriter.Writer
}

func newTable(out io.Writer) *table {
	t := &table{out: out, tab: tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)}
	t.line("", "what", "ours", "raw parts", "ratio", "goal")
	return t
}

func (t *table) line(cells ...string) {
	for _, c := range cells {
		_, _ = fmt.Fprint(t.tab, c, "\t") // a tabwriter keeps its error for Flush
	}
	_, _ = fmt.Fprintln(t.tab)
}

func (t *table) note(text string) { _, _ = fmt.Fprintln(t.out, text) }

func (t *table) section(name string) { t.line("", name) }

// atLeast is a figure of which more is better.
func (t *table) atLeast(what string, ours, raw, goal float64, unit string) {
	t.compare(what, ours, raw, fmt.Sprintf("≥ %.2f", goal), ours/raw >= goal, unit)
}

// atMost is a figure of which less is better.
func (t *table) atMost(what string, ours, raw, goal float64, unit string) {
	t.compare(what, ours, raw, fmt.Sprintf("≤ %.2f", goal), ours/raw <= goal, unit)
}

func (t *table) compare(what string, ours, raw float64, goal string, met bool, unit string) {
	mark := "✗"
	if met {
		mark = "✓"
	}
	t.line(mark, what, fmt.Sprintf("%.4g %s", ours, unit), fmt.Sprintf("%.4g %s", raw, unit), fmt.Sprintf("%.2f", ours/raw), goal)
}

// told is a comparison without a goal.
func (t *table) told(what string, ours, raw float64, unit string) {
	t.line("", what, fmt.Sprintf("%.4g %s", ours, unit), fmt.Sprintf("%.4g %s", raw, unit), fmt.Sprintf("%.2f", ours/raw), "")
}

func (t *table) flush() error { return t.tab.Flush() }
