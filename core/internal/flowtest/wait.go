package flowtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// open opens a wait and looks back (R2).
func (p *player) open(ask run.Ask) error {
	w := &run.Wait{
		ID: "wait of " + run.StepKey(ask.StepID, ask.Iteration), RunID: p.state.Facts.RunID, StepID: ask.StepID, Iteration: ask.Iteration, State: run.WaitOpen, OpenedAt: p.time(), SentAt: ask.SentAt, ClockAt: ask.ClockAt,
		Within: ask.Within, Deadline: ask.Deadline, SinceSeq: p.heard, Terms: ask.Terms, Say: ask.Say,
	}
	if ask.To != "" {
		w.SinceSeq, w.AskedID, w.AskedRef = p.sent[ask.To], ask.To, messageID(ask.To)
	}
	p.wait, p.waits, p.overdue = w, append(p.waits, w), nil
	if reached := p.asked[ask.To].Reached(ask.Terms.From); w.ClockAt.IsZero() && !reached.IsZero() {
		w.ClockAt, w.Deadline = reached, reached.Add(w.Within)
	}
	for i := range p.said {
		if p.said[i].Disposition == conversation.OptedOut && p.said[i].Seq > w.SinceSeq {
			return p.cancel(conversation.OptedOutReason)
		}
		if p.said[i].Disposition == conversation.Matched || p.hasEnded(p.said[i]) {
			continue
		}
		claimed, err := p.offer(&p.said[i])
		p.trace.Heard[i].Disposition = p.said[i].Disposition
		if claimed || err != nil {
			return err
		}
	}
	p.timeout(w)
	return nil
}

// hasEnded reports whether a message was the one too many that ended a wait as invalid.
func (p *player) hasEnded(m conversation.Message) bool {
	return slices.ContainsFunc(p.waits, func(w *run.Wait) bool { return w.ReplyID == m.ID })
}

// timeout ends a wait in silence at its deadline, unless it has another one by then.
func (p *player) timeout(w *run.Wait) { p.timeoutAt(w, w.Deadline.Sub(p.Start)+p.Settle) }

func (p *player) timeoutAt(w *run.Wait, at time.Duration) {
	deadline := w.Deadline
	p.scheduleOurs(at, func() error {
		if w.State != run.WaitOpen || w.Paused() || !w.Deadline.Equal(deadline) {
			return nil
		}
		for _, s := range p.away { // held for a grace after an outage (R6)
			if opened := w.OpenedAt.Sub(p.Start); opened < s.to && p.now >= s.to && p.now < s.to+p.Grace {
				p.timeoutAt(w, s.to+p.Grace)
				return nil
			}
		}
		if w.ClockAt.IsZero() && p.asked[w.AskedID].Reached(flow.FromDelivered).IsZero() {
			return p.fail(w, protocol.FromGateway, "The provider did not say within "+w.Terms.DeliverWithin.String()+" that the message was delivered.")
		}
		w.State = run.WaitNoResponse
		ending := w.Ending()
		ending.Late = p.overdue
		return p.advance(run.Elapsed{Ending: ending})
	})
}

// takeover has a person write to the contact from outside the run: the open wait goes on, pauses or ends, as its step says
// (R20).
func (p *player) takeover() error {
	w := p.wait
	switch {
	case w == nil || !w.State.Live():
	case w.Terms.OnTakeover == flow.TakeoverCancels:
		return p.cancel(conversation.TakeoverReason)
	case w.Terms.OnTakeover == flow.TakeoverPauses && w.State == run.WaitOpen && (w.Paused() || p.time().Before(w.Deadline)):
		if !w.Paused() {
			w.PausedAt = p.time()
		}
		w.FireAt = p.time().Add(w.Terms.ResumeAfter)
		due := w.FireAt
		p.scheduleOurs(due.Sub(p.Start), func() error {
			if w.FireAt.Equal(due) {
				p.resume(w.StepID)
			}
			return nil
		})
	}
	return nil
}

// resume lets the clock of a paused wait go on; nothing happens if it is not paused.
func (p *player) resume(step string) {
	if w := p.wait; w != nil && w.State == run.WaitOpen && w.Paused() && w.StepID == step {
		*w = w.Resumed(p.time(), p.Settle)
		p.timeout(w)
	}
}

// watch notes from when to when the clock of the open wait stands still.
func (p *player) watch() {
	last := len(p.trace.Pauses) - 1
	stood := last >= 0 && p.trace.Pauses[last].To < 0
	switch stands := p.wait != nil && p.wait.State == run.WaitOpen && p.wait.Paused(); {
	case stands && !stood:
		p.trace.Pauses = append(p.trace.Pauses, Pause{Wait: p.wait.ID, From: p.now, To: -1})
	case stood && !stands:
		p.trace.Pauses[last].To = p.now
	}
}

// undeliver ends the open wait of a message that can't be delivered (R8).
func (p *player) undeliver(step string) error {
	if p.wait == nil || p.wait.State != run.WaitOpen || p.wait.AskedID != step {
		return nil
	}
	return p.fail(p.wait, protocol.FromProvider, "The message could not be delivered.")
}

func (p *player) fail(w *run.Wait, source protocol.FailureSource, message string) error {
	w.State = run.WaitUndelivered
	return p.advance(run.Undelivered{Ending: w.Ending(), Failure: &protocol.Failure{Kind: protocol.Permanent, Source: source, Message: message}})
}

// reach moves the message of a step on, and starts the clock of a wait that waits for it (R8).
func (p *player) reach(step string, status conversation.MessageStatus) error {
	m := p.asked[step]
	if status == conversation.Read {
		m.ReadAt = p.time()
	} else {
		m.DeliveredAt = p.time()
	}
	p.asked[step] = m
	w := p.wait
	if w == nil || w.State != run.WaitOpen || w.AskedID != step || !w.ClockAt.IsZero() {
		return nil
	}
	if reached := m.Reached(w.Terms.From); !reached.IsZero() {
		w.ClockAt, w.Deadline = reached, reached.Add(w.Within)
		p.timeout(w)
	}
	return nil
}

// offer lets a message claim the wait if it can.
func (p *player) offer(m *conversation.Message) (claimed bool, err error) {
	w := p.wait
	if w == nil {
		return false, nil
	}
	quoted := p.quoted(m)
	if !w.State.Live() {
		if quoted == nil && w.State == run.WaitNoResponse && m.Seq > w.SinceSeq {
			quoted = w
		}
		p.late(quoted, m)
		return false, nil
	}
	var broken error
	d := conversation.Match(*m, []run.Wait{*w}, func(w run.Wait, m conversation.Message) string {
		if why := conversation.ByTerms(w, m); why != "" {
			return why
		}
		ok, err := run.Accepts(p.version, p.state, w.StepID, said(m), p.time())
		if broken = err; err != nil || ok {
			return ""
		}
		return "The condition does not hold for it."
	})
	switch {
	case broken != nil:
		return false, fmt.Errorf("at %s: accept of %s: %w", p.now, w.StepID, broken)
	case d.Unaccepted != nil && conversation.MayBeRefusedLater(*m):
		return p.refuse(w, m)
	case len(d.Claims) > 0:
		m.Disposition, m.DecidedBy = conversation.Matched, string(d.Rule)
		return true, p.accept(w, *m)
	case quoted != nil && !quoted.State.Live():
		p.late(quoted, m)
	case d.Late != nil:
		p.late(w, m)
	}
	return false, nil
}

// quoted is the wait whose question a message quotes; nil if there is none.
func (p *player) quoted(m *conversation.Message) *run.Wait {
	for _, w := range slices.Backward(p.waits) {
		if m.InReplyTo != "" && w.AskedRef == m.InReplyTo {
			return w
		}
	}
	return nil
}

// accept takes a message as the answer, or as a part of it that others may follow.
func (p *player) accept(w *run.Wait, m conversation.Message) error {
	p.answer = append(p.answer, m)
	collect := w.Terms.Collect
	if collect.Quiet == 0 {
		return p.replied(w)
	}
	if w.State == run.WaitOpen {
		w.State, p.answer = run.WaitCollecting, p.answer[len(p.answer)-1:]
	}
	w.FireAt = p.time().Add(collect.Quiet)
	if end := p.answer[0].ReceivedAt.Add(collect.Max); w.FireAt.After(end) {
		w.FireAt = end
	}
	due := w.FireAt
	p.scheduleOurs(due.Sub(p.Start), func() error {
		if w.State != run.WaitCollecting || !w.FireAt.Equal(due) {
			return nil
		}
		return p.replied(w)
	})
	return nil
}

func (p *player) replied(w *run.Wait) error {
	w.State = run.WaitReplied
	r := run.Reply{MatchedBy: p.answer[0].DecidedBy}
	for _, m := range p.answer {
		r.Messages = append(r.Messages, said(m))
	}
	r.Choice, _ = conversation.Judge(w.Terms.Accept, p.answer[0])
	p.answer = nil
	return p.advance(run.Replied{Ending: w.Ending(), Reply: r})
}

// refuse counts an answer that does not count, and asks for another one where the step says how.
func (p *player) refuse(w *run.Wait, m *conversation.Message) (over bool, err error) {
	m.Disposition = conversation.Refused
	w.Attempts++
	if w.Terms.EndsInvalid && w.Attempts > w.Terms.Retries {
		w.State, w.ReplyID = run.WaitInvalid, m.ID
		return true, p.advance(run.Invalid{Ending: w.Ending()})
	}
	if w.Say != nil && w.Attempts <= w.Terms.Retries && !w.Overdue(p.time()) {
		p.trace.Calls = append(p.trace.Calls, Call{
			Step: w.StepID, At: p.now, Key: fmt.Sprintf("%s:say:%d", run.CallKey(w.RunID, w.StepID, w.Iteration), w.Attempts), Input: w.Say.Input,
		})
	}
	return false, nil
}

// late records a message that came too late for a wait, if it did for any (R13).
func (p *player) late(w *run.Wait, m *conversation.Message) {
	if w == nil || w.Terms.Late == flow.LateIgnore {
		return
	}
	m.Disposition = conversation.Late
	if w.State.Live() {
		late := said(*m)
		p.overdue = &late
	}
	if output, ok := run.WithLateReply(p.state, *w, said(*m)); ok {
		sr := p.state.Steps[w.StepID]
		sr.Output = output
		p.state = p.state.With(sr)
	}
}

func said(m conversation.Message) run.Said {
	return run.Said{MessageID: m.ID, EffectiveAt: m.EffectiveAt, Message: protocol.Message{
		ID: m.ID, Direction: protocol.Inbound, Kind: m.Kind, Text: m.Text, Payload: m.Payload,
	}}
}
