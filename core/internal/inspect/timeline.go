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
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Entry is one line of a run's timeline.
type Entry struct {
	At        time.Time
	StepID    string // empty when it is about the run as a whole
	Iteration string // of the step
	Kind      string // event, step, call, message, wait, run
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
	rankCall
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
		t = append(t, stepEntries(s, tried(d, s), heldOn(d.Run, s))...)
	}
	for _, a := range d.Attempts {
		t = append(t, attemptEntry(a, asksAgain(d, a)))
	}
	for _, m := range d.Messages {
		t = append(t, messageEntries(m)...)
	}
	for _, e := range d.WaitEvents {
		if i := slices.IndexFunc(d.Waits, func(w run.Wait) bool { return w.ID == e.WaitID }); i >= 0 {
			t = append(t, waitEntry(e, d.Waits[i], d.Messages))
		}
	}
	for _, r := range d.Repairs {
		if e, ok := repairEntry(r, d); ok {
			t = append(t, e)
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

// tried reports whether the tries of a step's call are told one by one.
func tried(d RunDetail, s run.StepRun) bool {
	return slices.ContainsFunc(d.Attempts, func(a run.Attempt) bool { return a.StepID == s.StepID && a.Iteration == s.Iteration })
}

// heldOn is the connection that a step waits for; empty if it does not.
func heldOn(r run.Run, s run.StepRun) string {
	if r.State.Cursor != s.StepID || r.State.Steps[s.StepID].Iteration != s.Iteration {
		return ""
	}
	return r.State.HeldOn
}

// asksAgain reports whether an attempt is a question's own call, which asks for another answer.
func asksAgain(d RunDetail, a run.Attempt) bool {
	return slices.ContainsFunc(d.Steps, func(s run.StepRun) bool { return s.StepID == a.StepID && s.Kind == string(flow.KindCustomerResponse) })
}

// attemptEntry tells of one try with what it exchanged.
func attemptEntry(a run.Attempt, asks bool) Entry {
	what := fmt.Sprintf("Attempt %d", a.Attempt)
	if asks {
		what = fmt.Sprintf("The call that asks again (%d)", a.Number)
	}
	e := Entry{At: a.EndedAt, StepID: a.StepID, Iteration: a.Iteration, Kind: "call", Text: what + " went well", rank: rankCall}
	if a.Failure != nil || a.Outcome != run.AttemptSucceeded {
		e.Text = what + " failed"
	}
	if !a.StartedAt.IsZero() {
		e.Text += " after " + a.EndedAt.Sub(a.StartedAt).Round(time.Millisecond).String()
	}
	if a.Failure != nil {
		e.Text += ": " + a.Failure.Message
	} else {
		e.Text += "."
	}
	lines := make([]string, 0, len(a.Exchanges))
	for _, x := range a.Exchanges {
		lines = append(lines, exchangeText(x))
	}
	e.Detail = strings.Join(lines, "\n")
	return e
}

func exchangeText(x run.Exchange) string {
	answer := "no answer"
	if x.Status != 0 {
		answer = fmt.Sprintf("%d, %d bytes", x.Status, x.Received)
	}
	text := fmt.Sprintf("%s %s%s (%d bytes): %s, %s", x.Method, x.Host, x.Path, x.Sent, answer, x.Duration.Round(time.Millisecond))
	if x.Error != "" {
		text += ": " + x.Error
	}
	return text
}

func stepEntries(s run.StepRun, tried bool, heldOn string) []Entry {
	var t []Entry
	if !s.StartedAt.IsZero() && s.EndedAt.Sub(s.StartedAt) != 0 {
		t = append(t, Entry{At: s.StartedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: "Began (" + s.Kind + ").", rank: rankStart})
	}
	switch s.Status {
	case run.StepActive:
		switch {
		case s.Failure == nil:
		case heldOn != "":
			t = append(t, Entry{At: s.StartedAt, StepID: s.StepID, Iteration: s.Iteration, Kind: "step", Text: fmt.Sprintf("Held until the connection %s is renewed: %s", heldOn, s.Failure.Message), Detail: s.Failure.Detail, rank: rankEnd})
		case !tried:
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
	engine.WaitPaused:    "The time for the answer stands still.",
	engine.WaitResumed:   "The time for the answer goes on.",
	engine.WaitReplied:   "Answered",
	engine.WaitRefused:   "A message was not taken as the answer.",
	engine.WaitHeld:      "The deadline has passed, but the timeout was held.",
	engine.WaitFired:     "No answer",
	engine.WaitLost:      "A claim came after another had won.",
	engine.WaitLateReply: "An answer came too late.",
	engine.WaitClosed:    "The wait was closed.",
	engine.WaitRetimed:   "The time for the answer was changed.",
	engine.WaitMoved:     "The question goes by another version of the flow.",
}

// repairEntry tells what somebody had done to a run; ok is false for what other lines tell.
func repairEntry(r engine.Repaired, d RunDetail) (e Entry, ok bool) {
	e = Entry{At: r.At, Kind: "run", Detail: r.Detail, rank: rankHeard}
	as, settled := r.Action.Settles()
	switch {
	case r.NewRunID == d.Run.ID:
		e.Text, e.rank = "Begun as a replay of "+r.RunID+".", rankEvent
	case r.Action == engine.RepairReplay:
		e.Text, e.rank = "Begun anew as "+r.NewRunID+".", rankRun
	case r.Action == engine.RepairRetry:
		e.Text = "Somebody had the step that failed done again."
	case r.Action == engine.RepairSettle:
		e.Text, e.Detail = settledTexts[run.Settled(r.Detail)], ""
	case settled && r.Outcome == engine.RunRepaired:
		e.Text = settledTexts[as]
	case r.Action == engine.RepairMove:
		e.Text = "Moved to another version of the flow."
	case r.Action == engine.RepairRetime:
		e.Text = "The time it waits was changed."
	default:
		return e, false // the wait and the end tell it
	}
	return e, true
}

var settledTexts = map[run.Settled]string{
	run.SettledDone:   "Somebody found that the call was carried out.",
	run.SettledResend: "Somebody had the call made again, whose outcome was not known.",
	run.SettledFailed: "Somebody found that the call was not carried out.",
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
