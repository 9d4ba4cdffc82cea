package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Entry is one line of a run's timeline.
type Entry struct {
	At        time.Time
	StepID    string // empty when it is about the run as a whole
	Iteration string // of the step
	Kind      string // event, step, message, wait, run
	Text      string // one sentence for a person
	Detail    string // more of it: a failure's own words, what was said; may be empty

	number, rank int // order what happened at the same instant: by the step's place in the run, then by rank
}

// Ranks of what happens in one transition to one step, in the order of cause and effect.
const (
	rankEvent = iota
	rankStart
	rankHeard
	rankWait
	rankSent
	rankEnd
	rankRun
)

// Timeline tells a run's history in the order in which it happened. started is the event that started it; its zero
// value leaves that line out.
func Timeline(d RunDetail, started event.Event) []Entry {
	var t []Entry
	if started.ID != "" {
		t = append(t, Entry{At: d.Run.CreatedAt, Kind: "event", Text: "Started by " + started.Type + ".", Detail: startedDetail(started), rank: rankEvent})
	}
	for _, s := range d.Steps {
		t = append(t, stepEntries(s)...)
	}
	for _, m := range d.Messages {
		t = append(t, messageEntries(m)...)
	}
	for _, e := range d.WaitEvents {
		if i := slices.IndexFunc(d.Waits, func(w run.Wait) bool { return w.ID == e.WaitID }); i >= 0 {
			t = append(t, waitEntry(e, d.Waits[i], d.Messages))
		}
	}
	if d.Run.State.Status.Ended() {
		t = append(t, endEntry(d.Run))
	}
	for i, e := range t {
		t[i].number = number(d.Steps, e)
	}
	slices.SortStableFunc(t, func(a, b Entry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.number, b.number), cmp.Compare(a.rank, b.rank))
	})
	return t
}

// number is the place of an entry's step. What came from outside stands before the steps that it moved, the run's end
// behind them.
func number(steps []run.StepRun, e Entry) int {
	if e.rank == rankRun {
		return len(steps) + 1
	}
	return slices.IndexFunc(steps, func(s run.StepRun) bool { return s.StepID == e.StepID && s.Iteration == e.Iteration })
}

func startedDetail(e event.Event) string {
	detail := e.ID
	if !e.OccurredAt.IsZero() {
		detail += ", which happened at " + clock(e.OccurredAt)
	}
	return detail
}

// wentOn says that a failed step did not fail its run.
func wentOn(s run.StepRun) string {
	if s.Exit != "on_error" {
		return ""
	}
	return " The run went on in on_error."
}

func stepEntries(s run.StepRun) []Entry {
	var t []Entry
	if !s.StartedAt.IsZero() && s.EndedAt.Sub(s.StartedAt) != 0 {
		t = append(t, Entry{At: s.StartedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: "Began (" + s.Kind + ").", rank: rankStart})
	}
	switch s.Status {
	case run.StepActive:
		if s.Failure != nil {
			t = append(t, Entry{At: s.StartedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: fmt.Sprintf("Attempt %d failed; trying again: %s", s.Attempt, s.Failure.Message), Detail: s.Failure.Detail, rank: rankStart})
		}
	case run.StepFailed:
		t = append(t, Entry{At: s.EndedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: "Failed" + attempts(s.Attempt) + ": " + failureText(s.Failure) + wentOn(s), Detail: failureDetail(s.Failure), rank: rankEnd})
	case run.StepCancelled:
		t = append(t, Entry{At: s.EndedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: "Cancelled.", rank: rankEnd})
	case run.StepSucceeded:
		text := "Done"
		if s.Exit != "" {
			text = "Took the path " + s.Exit
		}
		t = append(t, Entry{At: s.EndedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: text + attempts(s.Attempt) + ".", Detail: afterFailure(s.Failure), rank: rankEnd})
	}
	return t
}

func attempts(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" after %d attempts", n)
}

// afterFailure tells why an earlier attempt of a step that got there in the end had failed.
func afterFailure(f *protocol.Failure) string {
	if f == nil {
		return ""
	}
	return "An earlier attempt failed: " + f.Message
}

func messageEntries(m conversation.Message) []Entry {
	if m.Direction == protocol.Inbound {
		text := "The contact wrote"
		switch {
		case m.DecidedBy == string(conversation.RuleAPI):
			text = "Somebody answered for the contact"
		case m.Kind != "text":
			text = "The contact sent a message of kind " + m.Kind
		}
		if m.Text != "" {
			text += ": " + quote(m.Text)
		}
		return []Entry{{At: m.ReceivedAt, Kind: "message", Text: text, Detail: "It counts as said at " + clock(m.EffectiveAt) + ".", rank: rankHeard}}
	}
	what := "message"
	if m.Text != "" {
		what = "message " + quote(m.Text)
	}
	t := []Entry{}
	iteration := run.IterationOf(m.CallKey)
	switch m.Status {
	case conversation.Sending:
		t = append(t, Entry{At: m.ReceivedAt, StepID: m.StepID, Iteration: iteration, Kind: "message", Text: "Sending the " + what + "; not answered yet.", rank: rankSent})
	case conversation.SendFailed:
		t = append(t, Entry{At: m.ReceivedAt, StepID: m.StepID, Iteration: iteration, Kind: "message", Text: "The " + what + " was not delivered: " + failureText(m.Failure), Detail: failureDetail(m.Failure), rank: rankSent})
	default:
		t = append(t, Entry{At: m.EffectiveAt, StepID: m.StepID, Iteration: iteration, Kind: "message", Text: "Sent the " + what + "; it is " + string(m.Status) + ".", Detail: m.ProviderID, rank: rankSent})
	}
	return t
}

func waitEntry(e engine.WaitEvent, w run.Wait, messages []conversation.Message) Entry {
	entry := Entry{At: e.At, StepID: w.StepID, Iteration: w.Iteration, Kind: "wait", Detail: e.Detail, rank: rankWait}
	entry.Text = waitTexts[e.Kind]
	switch e.Kind {
	case engine.WaitOpened:
		if w.Terms.From.ByStatus() {
			entry.Text += "; the time for it begins once the question is " + string(w.Terms.From) + "."
			break
		}
		entry.Text += " until " + clock(w.Deadline) + "."
	case engine.WaitReplied:
		if said := w.SentAt; !said.IsZero() {
			at := e.At
			if i := slices.IndexFunc(messages, func(m conversation.Message) bool { return m.ID == e.MessageID }); i >= 0 {
				at = messages[i].EffectiveAt
			}
			entry.Text += ", " + span(at.Sub(said)) + " after the question."
		} else {
			entry.Text += "."
		}
	case engine.WaitFired:
		entry.Text += fmt.Sprintf("; the deadline was %s, %s before.", clock(w.Deadline), span(e.At.Sub(w.Deadline)))
	}
	return entry
}

// waitTexts say what a line of a wait's timeline means.
var waitTexts = map[engine.WaitEventKind]string{
	engine.WaitOpened:    "Waiting for an answer",
	engine.WaitClock:     "The time for the answer began.",
	engine.WaitCollected: "A message of the answer came; more may follow.",
	engine.WaitSaid:      "Another answer was asked for.",
	engine.WaitTakeover:  "A person wrote to the contact.",
	engine.WaitReplied:   "Answered",
	engine.WaitRefused:   "A message was not taken as the answer.",
	engine.WaitHeld:      "The deadline has passed, but the timeout was held.",
	engine.WaitFired:     "No answer",
	engine.WaitLost:      "A claim came after another had won.",
	engine.WaitLateReply: "An answer came too late.",
	engine.WaitClosed:    "The wait was closed.",
}

func endEntry(r run.Run) Entry {
	e := Entry{At: r.EndedAt, Kind: "run", rank: rankRun}
	took := span(r.EndedAt.Sub(r.CreatedAt))
	switch r.State.Status {
	case run.Failed:
		e.Text, e.Detail = "The run failed after "+took+": "+failureText(r.State.Failure), failureDetail(r.State.Failure)
	case run.Cancelled:
		e.Text, e.Detail = "The run was cancelled after "+took+".", r.State.Reason
	default:
		e.Text = "The run succeeded after " + took + "."
	}
	return e
}

func failureText(f *protocol.Failure) string {
	if f == nil {
		return "no reason is known."
	}
	return f.Message
}

func failureDetail(f *protocol.Failure) string {
	if f == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s, from the %s. %s", f.Kind, f.Source, f.Detail))
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// span writes a duration as a person would, to the tenth of a second below a minute.
func span(d time.Duration) string {
	if d.Abs() < time.Minute {
		return d.Round(100 * time.Millisecond).String()
	}
	s := d.Round(time.Second).String()
	if cut, ok := strings.CutSuffix(s, "m0s"); ok {
		s = cut + "m"
	}
	if cut, ok := strings.CutSuffix(s, "h0m"); ok {
		s = cut + "h"
	}
	return s
}

// maxQuote bounds what of a message a timeline repeats.
const maxQuote = 120

func quote(text string) string {
	if r := []rune(text); len(r) > maxQuote {
		text = string(r[:maxQuote]) + "…"
	}
	return "“" + strings.Join(strings.Fields(text), " ") + "”"
}
