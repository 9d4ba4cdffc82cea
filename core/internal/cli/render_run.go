package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

func renderRuns(l api.List[api.Run]) string {
	var rows [][]string
	for _, r := range l.Items {
		rows = append(rows, []string{r.ID, r.Flow, r.Status, r.Step, stamp(r.CreatedAt), stampOf(r.EndedAt), trouble(r)})
	}
	return table([]string{"RUN", "FLOW", "STATUS", "STEP", "STARTED", "ENDED", "WHY"}, rows) + more(l)
}

// trouble says why a run failed or was cancelled.
func trouble(r api.Run) string {
	if r.Failure != nil {
		return r.Failure.Message
	}
	return r.Reason
}

// renderRun tells a run from its beginning: who it is about, what happened when, and how its waits stand.
func renderRun(d api.RunDetail) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, version %d: %s%s\n", d.ID, d.Flow, d.FlowVersion, d.Status, place(d.Run))
	if c := d.Contact; c != nil {
		fmt.Fprintf(&b, "about %s\n", clean(strings.Join(filled(c.Name, c.Phone, c.Email, c.ID), ", ")))
	}
	b.WriteString("\n")
	var rows [][]string
	for _, e := range d.Timeline {
		rows = append(rows, []string{e.At.UTC().Format("2006-01-02 15:04:05.000Z"), since(d.CreatedAt, e.At), stepName(e.Step, e.Iteration), e.Text})
		for line := range strings.Lines(e.Detail) {
			rows = append(rows, []string{"", "", "", "  " + strings.TrimRight(line, "\n")})
		}
	}
	b.WriteString(table([]string{"TIME", "SINCE", "STEP", "WHAT"}, rows))
	for _, w := range d.Waits {
		b.WriteString("\n" + renderWait(w))
	}
	return b.String()
}

func place(r api.Run) string {
	switch {
	case r.Step == "":
		return ""
	case r.WakeAt != nil:
		return fmt.Sprintf(" at %s (%s), goes on at %s", r.Step, r.Phase, stampOf(r.WakeAt))
	case r.Phase != "":
		return fmt.Sprintf(" at %s (%s)", r.Step, r.Phase)
	}
	return " at " + r.Step
}

func renderWait(w api.Wait) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of step %s: %s", w.ID, stepName(w.Step, w.Iteration), w.State)
	if w.ClaimedBy != "" {
		fmt.Fprintf(&b, ", claimed by %s", w.ClaimedBy)
	}
	if w.ClosedAt != nil {
		fmt.Fprintf(&b, " at %s", stampOf(w.ClosedAt))
	}
	fmt.Fprintf(&b, "; deadline %s", stamp(w.Deadline))
	if w.SentAt != nil {
		fmt.Fprintf(&b, ", %s after the question", w.Deadline.Sub(*w.SentAt).Round(time.Second))
	}
	b.WriteString("\n")
	for _, e := range w.Events {
		if e.Kind == "refused" || e.Kind == "lost" || e.Kind == "late_reply" {
			fmt.Fprintf(&b, "  %s was not taken: %s\n", e.MessageID, clean(e.Detail))
		}
	}
	return b.String()
}

func since(start, at time.Time) string {
	d := at.Sub(start)
	if d.Abs() < time.Minute {
		return fmt.Sprintf("+%.1fs", d.Seconds())
	}
	return "+" + d.Round(time.Second).String()
}

// filled drops what is empty.
func filled(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// stepName names a step, and which of its iterations it is.
func stepName(id, iteration string) string {
	if iteration == "" {
		return id
	}
	return id + " #" + iteration
}
