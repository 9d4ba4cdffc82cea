package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// table lines columns up. Cells are cleaned: what strangers wrote must not command the terminal.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			row[i] = clean(cell)
		}
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t")) // a builder never fails
	}
	_ = w.Flush()
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// clean makes one harmless line of a text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return '·'
		}
		return r
	}, s)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}

// more ends a list that goes on.
func more[T any](l api.List[T]) string {
	if l.Next == "" {
		return ""
	}
	return "There are more: --after=" + l.Next + "\n"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func renderFlows(l api.List[api.Flow]) string {
	var rows [][]string
	for _, f := range l.Items {
		rows = append(rows, []string{f.Name, f.Title, yes(f.LiveVersionID != ""), yes(f.Enabled), stamp(f.UpdatedAt)})
	}
	return table([]string{"NAME", "TITLE", "LIVE", "ENABLED", "CHANGED"}, rows) + more(l)
}

func renderConnections(l api.List[api.Connection]) string {
	var rows [][]string
	for _, c := range l.Items {
		health := c.Health
		if c.Token != nil && !c.Token.Connected {
			health = "not connected"
		}
		if c.Failure != nil {
			health += ": " + c.Failure.Message
		}
		if c.HeldRuns > 0 {
			health += fmt.Sprintf(" (%d runs held)", c.HeldRuns)
		}
		rows = append(rows, []string{c.Name, c.Connector, c.Account, health, c.ID})
	}
	return table([]string{"NAME", "CONNECTOR", "ACCOUNT", "HEALTH", "ID"}, rows) + more(l)
}

func renderConnectors(l api.List[api.Connector]) string {
	var rows [][]string
	for _, c := range l.Items {
		var actions, triggers []string
		for _, a := range c.Manifest.Actions {
			actions = append(actions, a.Name)
		}
		for _, t := range c.Manifest.Triggers {
			triggers = append(triggers, t.Name)
		}
		rows = append(rows, []string{c.Name, c.Version, c.Health, dials(c), strings.Join(actions, ", "), strings.Join(triggers, ", ")})
	}
	return table([]string{"NAME", "VERSION", "HEALTH", "DIALS", "ACTIONS", "TRIGGERS"}, rows)
}

// dials says whether a connector's requests leave past the gateway.
func dials(c api.Connector) string {
	switch {
	case c.Direct:
		return "by itself"
	case c.Manifest.Direct != "":
		return "asks to"
	}
	return ""
}

func renderConnection(c api.Connection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Connection %s (%s) to %s is open", c.Name, c.ID, c.Connector)
	if c.Account != "" {
		b.WriteString(" for " + clean(c.Account))
	}
	b.WriteString(".\n")
	if c.Token != nil && !c.Token.Connected {
		fmt.Fprintf(&b, "It has no token yet: cordboard connection connect %s\n", c.Name)
	}
	if c.WebhookURL != "" {
		fmt.Fprintf(&b, "Its webhooks come to %s\n", c.WebhookURL)
	}
	for _, s := range c.Subscriptions {
		fmt.Fprintf(&b, "  %s: %s", s.Trigger, s.State)
		if s.Failure != nil {
			b.WriteString(": " + clean(s.Failure.Message))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func renderCheck(name string, c api.ConnectionCheck) string {
	switch {
	case c.OK && c.Account != "":
		return fmt.Sprintf("%s works, for %s.\n", name, clean(c.Account))
	case c.OK:
		return name + " works.\n"
	case c.Failure != nil:
		return fmt.Sprintf("%s: %s\n", c.Failure.Kind, clean(strings.TrimSpace(c.Failure.Message+" "+c.Failure.Detail)))
	}
	return ""
}

func renderApplied(file string, a api.Applied) string {
	switch {
	case a.DryRun:
		return fmt.Sprintf("%s: %s is sound.\n", file, a.Name)
	case a.Changed:
		return fmt.Sprintf("%s: %s is live as version %d.\n", file, a.Name, a.Version)
	}
	return fmt.Sprintf("%s: %s is live already, as version %d.\n", file, a.Name, a.Version)
}

// renderDocumentProblems prints problems as compilers do, so that editors can jump to them.
func renderDocumentProblems(file string, p *api.Problem) string {
	if len(p.Errors) == 0 {
		return file + ": " + p.Error() + "\n"
	}
	var b strings.Builder
	for _, d := range p.Errors {
		b.WriteString(flow.Describe(file, flow.Problem{Line: d.Line, Column: d.Column, Path: d.Path, Message: d.Message, Remedy: d.Remedy}) + "\n")
	}
	return b.String()
}

// renderWarning prints what may go wrong in a document that is sound.
func renderWarning(file string, d api.Detail) string {
	return flow.Describe(file, flow.Problem{Line: d.Line, Column: d.Column, Path: d.Path, Message: "warning: " + d.Message, Remedy: d.Remedy}) + "\n"
}

func renderProblem(p *api.Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "cordboard: %s\n", clean(p.Error()))
	for _, d := range p.Errors {
		fmt.Fprintf(&b, "  %s\n", clean(flow.Describe("", flow.Problem{Line: d.Line, Column: d.Column, Path: d.Path, Message: d.Message, Remedy: d.Remedy})))
	}
	return b.String()
}
