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
	Code      Code   // of the sentence
	Values    Values // in it
	Text      string // the sentence in English, for a person
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
		e := say("event", "event.started", Values{"type": started.Type})
		e.At, e.Detail, e.rank = d.Run.CreatedAt, startedDetail(started), rankEvent
		t = append(t, e)
	}
	for _, s := range d.Steps {
		t = append(t, stepEntries(s, tried(d, s), heldOn(d.Run, s))...)
	}
	for _, a := range d.Attempts {
		t = append(t, attemptEntry(a, asksAgain(d, a)))
	}
	for _, m := range d.Messages {
		t = append(t, messageEntry(m))
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
	code, values := Code("call."), Values{"n": a.Attempt}
	if asks {
		code, values = "asks.", Values{"n": a.Number}
	}
	switch {
	case a.Failure != nil:
		code += "because"
		values["why"] = a.Failure.Message
	case a.Outcome != run.AttemptSucceeded:
		code += "failed"
	default:
		code += "well"
	}
	if !a.StartedAt.IsZero() {
		code += "_span"
		values["exactly"] = a.EndedAt.Sub(a.StartedAt)
	}
	e := say("call", code, values)
	e.At, e.StepID, e.Iteration, e.rank = a.EndedAt, a.StepID, a.Iteration, rankCall
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

func stepEntries(s run.StepRun, tried bool, heldOn string) (t []Entry) {
	add := func(at time.Time, rank int, detail string, code Code, values Values) {
		e := say("step", code, values)
		e.At, e.StepID, e.Iteration, e.Detail, e.rank = at, s.StepID, s.Iteration, detail, rank
		t = append(t, e)
	}
	values := Values{"n": s.Attempt, "why": failureText(s.Failure), "exit": s.Exit}
	several := Code("")
	if s.Attempt > 1 {
		several = "_tries"
	}
	if !s.StartedAt.IsZero() && s.EndedAt.Sub(s.StartedAt) != 0 {
		add(s.StartedAt, rankStart, "", "step.began", Values{"kind": s.Kind})
	}
	switch s.Status {
	case run.StepActive:
		switch {
		case s.Failure == nil:
		case heldOn != "":
			add(s.StartedAt, rankEnd, s.Failure.Detail, "step.held", Values{"connection": heldOn, "why": s.Failure.Message})
		case !tried:
			add(s.StartedAt, rankStart, s.Failure.Detail, "step.again", values)
		}
	case run.StepFailed:
		on := Code("")
		if s.Exit == "on_error" { // its failure was not the run's
			on = "_on"
		}
		add(s.EndedAt, rankEnd, failureDetail(s.Failure), "step.failed"+several+on, values)
	case run.StepCancelled:
		add(s.EndedAt, rankEnd, "", "step.cancelled", nil)
	case run.StepSucceeded:
		code := Code("step.done")
		if s.Exit != "" {
			code = "step.path"
		}
		add(s.EndedAt, rankEnd, afterFailure(s.Failure), code+several, values)
	}
	return t
}

// afterFailure tells why an earlier attempt of a step that got there in the end had failed.
func afterFailure(f *protocol.Failure) string {
	if f == nil {
		return ""
	}
	return "An earlier attempt failed: " + f.Message
}

func messageEntry(m conversation.Message) Entry {
	values, text := Values{}, Code("")
	if m.Text != "" {
		values["text"], text = quote(m.Text), "_text"
	}
	if m.Direction == protocol.Inbound {
		code := Code("message.wrote")
		switch {
		case m.DecidedBy == string(conversation.RuleAPI):
			code = "message.answered"
		case m.Kind != "text":
			code = "message.kind"
			values["kind"] = m.Kind
		}
		e := say("message", code+text, values)
		e.At, e.Detail, e.rank = m.ReceivedAt, "It counts as said at "+clock(m.EffectiveAt)+".", rankHeard
		return e
	}
	code, at, detail := Code("message.sent"), m.EffectiveAt, m.ProviderID
	switch m.Status {
	case conversation.Sending:
		code, at, detail = "message.sending", m.ReceivedAt, ""
	case conversation.SendFailed:
		code, at, detail = "message.undelivered", m.ReceivedAt, failureDetail(m.Failure)
		values["why"] = failureText(m.Failure)
	default:
		values["state"] = string(m.Status)
	}
	e := say("message", code+text, values)
	e.At, e.StepID, e.Iteration, e.Detail, e.rank = at, m.StepID, run.IterationOf(m.CallKey), detail, rankSent
	return e
}

func waitEntry(e engine.WaitEvent, w run.Wait, messages []conversation.Message) Entry {
	code, values := Code("wait."+e.Kind), Values{}
	switch e.Kind {
	case engine.WaitOpened:
		values["at"] = w.Deadline
		if w.Terms.From.ByStatus() {
			code, values = "wait.opened_status", Values{"state": string(w.Terms.From)}
		}
	case engine.WaitReplied:
		if said := w.SentAt; !said.IsZero() {
			at := e.At
			if i := slices.IndexFunc(messages, func(m conversation.Message) bool { return m.ID == e.MessageID }); i >= 0 {
				at = messages[i].EffectiveAt
			}
			code, values = "wait.replied_span", Values{"span": at.Sub(said)}
		}
	case engine.WaitFired:
		values = Values{"at": w.Deadline, "span": e.At.Sub(w.Deadline)}
	}
	entry := say("wait", code, values)
	entry.At, entry.StepID, entry.Iteration, entry.Detail, entry.rank = e.At, w.StepID, w.Iteration, e.Detail, rankWait
	return entry
}

// repairEntry tells what somebody had done to a run; ok is false for what other lines tell.
func repairEntry(r engine.Repaired, d RunDetail) (e Entry, ok bool) {
	detail, rank := r.Detail, rankHeard
	var code Code
	values := Values{}
	as, settled := r.Action.Settles()
	switch {
	case r.NewRunID == d.Run.ID:
		code, rank = "repair.replay_of", rankEvent
		values["run"] = r.RunID
	case r.Action == engine.RepairReplay:
		code, rank = "repair.replayed", rankRun
		values["run"] = r.NewRunID
	case r.Action == engine.RepairSettle:
		code, detail = Code("repair."+r.Detail), "" // done, resend or failed
	case settled && r.Outcome == engine.RunRepaired:
		code = Code("repair." + as)
	case r.Action == engine.RepairRetry, r.Action == engine.RepairMove, r.Action == engine.RepairRetime:
		code = Code("repair." + r.Action)
	default:
		return e, false // the wait and the end tell it
	}
	e = say("run", code, values)
	e.At, e.Detail, e.rank = r.At, detail, rank
	return e, true
}

func endEntry(r run.Run) Entry {
	code, detail := Code("run.succeeded"), ""
	values := Values{"span": r.EndedAt.Sub(r.CreatedAt)}
	switch r.State.Status {
	case run.Failed:
		code, detail = "run.failed", failureDetail(r.State.Failure)
		values["why"] = failureText(r.State.Failure)
	case run.Cancelled:
		code, detail = "run.cancelled", r.State.Reason
	}
	e := say("run", code, values)
	e.At, e.Detail, e.rank = r.EndedAt, detail, rankRun
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
