package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// hear stores what a contact said and decides what becomes of it: it claims waits, or starts runs, or is late, or
// is nothing to us. All of it is one unit under the contact's lock (R4), and ends in exactly one disposition (R10).
func (e *Engine) hear(ctx context.Context, tx Tx, ev stored, got Received, starts []start, out *sequel) error {
	m, live, contact := got.Message, got.Waits, got.Contact
	switch {
	case ev.Message.Direction != protocol.Inbound:
		return e.overhear(ctx, tx, message(ev.Event, contact), out)
	case !got.Heard:
		return nil // a duplicate has no effect (R14)
	case conversation.OptsOut(m): // which holds when a block is taken back, too
		return e.optOut(ctx, tx, m, contact, live, out)
	case contact.Blocked:
		m.Disposition, m.DecidedBy = conversation.NoMatch, string(conversation.RuleBlocked)
		return e.heard(ctx, tx, m, contact, out)
	case contact.Consent == flow.Unsubscribed && conversation.OptsIn(m):
		if err := e.consent(ctx, tx, contact, flow.Subscribed, out); err != nil {
			return err
		}
	}
	decision, err := e.match(ctx, tx, m, live)
	if err != nil {
		return err
	}
	if interrupting := ranked(starts, conversation.RuleInterrupt); decision.Rule != conversation.RuleReference && len(interrupting) > 0 {
		begun, err := e.begins(ctx, tx, ev, &m, interrupting, conversation.RuleInterrupt, out)
		if err != nil {
			return err
		}
		if begun {
			return e.heard(ctx, tx, m, contact, out)
		}
	}
	for _, refused := range decision.Refused {
		if err := tx.AddWaitEvent(ctx, WaitEvent{
			WaitID: refused.WaitID, At: tx.Now(), Kind: WaitRefused, MessageID: m.ID, Detail: refused.Reason,
		}); err != nil {
			return err
		}
	}
	claimed := false
	for _, w := range decision.Claims {
		ok, err := e.claim(ctx, tx, w, m, decision.Rule, out)
		if err != nil {
			return err
		}
		claimed = claimed || ok
	}
	if claimed {
		m.Disposition, m.DecidedBy, m.WaitID = conversation.Matched, string(decision.Rule), decision.Claims[0].ID
		return e.heard(ctx, tx, m, contact, out)
	}
	if decision.Unaccepted != nil {
		return e.unaccepted(ctx, tx, ev, m, contact, decision, starts, out)
	}
	return e.unclaimed(ctx, tx, ev, m, contact, decision.Late, starts, out)
}

// overhear stores a message to the contact that the provider tells of.
func (e *Engine) overhear(ctx context.Context, tx Tx, m conversation.Message, out *sequel) error {
	m, fresh, err := tx.InsertMessage(ctx, m)
	if err != nil {
		return fmt.Errorf("store message: %w", err)
	}
	if !fresh {
		return nil // R14
	}
	live, err := tx.LiveWaits(ctx, m.ContactID)
	if err != nil {
		return fmt.Errorf("find the waits of %s: %w", m.ContactID, err)
	}
	return e.takeover(ctx, tx, m, live, out)
}

// match is conversation.Match with the expressions that the waits' steps may have.
func (e *Engine) match(ctx context.Context, tx Tx, m conversation.Message, live []run.Wait) (conversation.Decision, error) {
	var failed error
	accepts := func(w run.Wait, m conversation.Message) string {
		if w.Terms.Accept.When == "" {
			return conversation.ByTerms(w, m)
		}
		r, err := tx.Run(ctx, w.RunID)
		if err != nil {
			failed = fmt.Errorf("run of wait %s: %w", w.ID, err)
			return ""
		}
		v, err := e.version(ctx, r.VersionID)
		if err != nil {
			failed = err
			return ""
		}
		return e.judge(r, v, w, m, tx.Now())
	}
	return conversation.Match(m, live, accepts), failed
}

// unaccepted decides about a message that a wait could have taken and whose accept does not: if it starts no run, it
// was an answer that does not count.
func (e *Engine) unaccepted(ctx context.Context, tx Tx, ev stored, m conversation.Message, contact conversation.Contact, d conversation.Decision, starts []start, out *sequel) error {
	begun, err := e.begins(ctx, tx, ev, &m, ranked(starts, conversation.RuleTrigger), conversation.RuleTrigger, out)
	if err != nil {
		return err
	}
	if begun {
		return e.heard(ctx, tx, m, contact, out)
	}
	w := *d.Unaccepted
	o, err := e.refuse(ctx, tx, &w, m, d.Why, out)
	if err != nil {
		return err
	}
	m.Disposition, m.DecidedBy, m.WaitID = conversation.Refused, string(d.Rule), w.ID
	if err := e.heard(ctx, tx, m, contact, out); err != nil {
		return err
	}
	if o != nil {
		return e.resume(ctx, tx, *o, out)
	}
	out.alarms = append(out.alarms, alarm(w))
	return nil
}

// refuse counts an answer that does not count. If it was one too many, the wait is over; else nil is returned, and the contact
// is asked for another one, where the step says how.
func (e *Engine) refuse(ctx context.Context, tx Tx, w *run.Wait, m conversation.Message, why string, out *sequel) (*over, error) {
	w.Attempts++
	if w.Terms.EndsInvalid && w.Attempts > w.Terms.Retries {
		r, closed, err := e.close(ctx, tx, *w, run.WaitInvalid, "reply", m.ID, WaitClosed, why+" No more tries are allowed.")
		if err != nil || !closed {
			return nil, err
		}
		return &over{r, run.Invalid{Ending: w.Ending()}}, nil
	}
	saved, err := tx.SaveWait(ctx, *w, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitRefused, MessageID: m.ID, Detail: why})
	if err != nil || !saved {
		return nil, err
	}
	w.Revision++
	if w.Say == nil || w.Attempts > w.Terms.Retries || w.Overdue(tx.Now()) { // the next answer could not count (R5)
		return nil, nil
	}
	return nil, e.say(ctx, tx, *w, out)
}

// optOut ends the contact's waits on this connection, and with them their runs (R9, rank 1). Nothing is sent to the
// contact from now on.
func (e *Engine) optOut(ctx context.Context, tx Tx, m conversation.Message, contact conversation.Contact, live []run.Wait, out *sequel) error {
	for _, w := range live {
		if w.ConnectionID != m.ConnectionID {
			continue
		}
		if err := e.cancelWait(ctx, tx, w, "opt_out", m.ID, conversation.OptedOutReason, out); err != nil {
			return err
		}
	}
	if err := e.consent(ctx, tx, contact, flow.Unsubscribed, out); err != nil {
		return err
	}
	m.Disposition, m.DecidedBy = conversation.OptedOut, string(conversation.RuleOptOut)
	return e.heard(ctx, tx, m, contact, out)
}

// takeover is a message to the contact that no run sent: a person writes, and the contact's waits on this connection do
// what their steps say (R20). While a message of ours is on its way, its echo looks the same, and nothing is done.
func (e *Engine) takeover(ctx context.Context, tx Tx, m conversation.Message, live []run.Wait, out *sequel) error {
	ours, err := tx.IsSending(ctx, m.ContactID, m.ConnectionID)
	if err != nil || ours {
		return err
	}
	for _, w := range live {
		if w.ConnectionID != m.ConnectionID {
			continue
		}
		switch {
		case w.Terms.OnTakeover == flow.TakeoverCancels:
			err = e.cancelWait(ctx, tx, w, "takeover", m.ID, conversation.TakeoverReason, out)
		case w.Terms.OnTakeover == flow.TakeoverPauses && w.State == run.WaitOpen && (w.Paused() || tx.Now().Before(w.Deadline)):
			err = e.pause(ctx, tx, w, m, out)
		default:
			err = tx.AddWaitEvent(ctx, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitTakeover, MessageID: m.ID, Detail: "The wait goes on."})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cancelWait ends a wait and its run.
func (e *Engine) cancelWait(ctx context.Context, tx Tx, w run.Wait, by, messageID, reason string, out *sequel) error {
	r, closed, err := e.close(ctx, tx, w, run.WaitCancelled, by, messageID, WaitClosed, reason)
	if err != nil || !closed {
		return err
	}
	return e.resume(ctx, tx, over{r, run.Cancel{Reason: reason}}, out)
}

// says is what a contact says with an event; nil if that is nothing.
func says(ev event.Event, contact conversation.Contact) *conversation.Message {
	if contact.ID == "" || ev.Message == nil || ev.Message.Direction != protocol.Inbound {
		return nil
	}
	m := message(ev, contact)
	return &m
}

// message makes the row of what an event says.
func message(ev event.Event, contact conversation.Contact) conversation.Message {
	said := ev.Message
	m := conversation.Message{
		ID: id.New("msg"), WorkspaceID: ev.WorkspaceID, ContactID: contact.ID, ConnectionID: ev.ConnectionID, EventID: ev.ID,
		Direction: said.Direction, ProviderID: said.ID, Kind: said.Kind, Text: said.Text, Payload: said.Payload,
		InReplyTo: said.InReplyTo, NotReply: said.NotReply, EffectiveAt: ev.EffectiveAt(), ReceivedAt: ev.ReceivedAt,
		Status: conversation.Received,
	}
	if said.Direction == protocol.Outbound {
		m.Status = conversation.Sent
	}
	if said.Media != nil {
		m.Media, _ = json.Marshal(said.Media)
	}
	return m
}

// claim lets a message claim a live wait and moves the run on. It is false when another claim came first (R3).
func (e *Engine) claim(ctx context.Context, tx Tx, w run.Wait, m conversation.Message, rule conversation.Rule, out *sequel) (bool, error) {
	taken, o, err := e.accept(ctx, tx, &w, m, rule, "By the rule "+string(rule)+".")
	if err != nil || !taken {
		return false, err
	}
	if o == nil {
		out.alarms = append(out.alarms, alarm(w))
		return true, nil
	}
	return true, e.resume(ctx, tx, *o, out)
}

// said is a message as the pure core reads it.
func said(m conversation.Message) run.Said {
	s := run.Said{MessageID: m.ID, EffectiveAt: m.EffectiveAt, Message: protocol.Message{
		ID: m.ProviderID, Direction: m.Direction, Kind: m.Kind, Text: m.Text, Payload: m.Payload, InReplyTo: m.InReplyTo,
	}}
	if m.Media != nil {
		s.Message.Media = new(protocol.Media)
		_ = json.Unmarshal(m.Media, s.Message.Media)
	}
	return s
}

// reply is what a wait's messages, oldest first, tell its run.
func reply(w run.Wait, rule string, messages ...conversation.Message) run.Reply {
	r := run.Reply{MatchedBy: rule}
	for _, m := range messages {
		r.Messages = append(r.Messages, said(m))
	}
	r.Choice, _ = conversation.Judge(w.Terms.Accept, messages[0])
	return r
}

// unclaimed decides about a message that no wait took: it may be late for one (R13), it may start runs.
func (e *Engine) unclaimed(ctx context.Context, tx Tx, ev stored, m conversation.Message, contact conversation.Contact, late *run.Wait, starts []start, out *sequel) error {
	m.Disposition, m.DecidedBy = conversation.NoMatch, string(conversation.RuleNone)
	if late == nil {
		var err error
		if late, err = e.closedBefore(ctx, tx, m); err != nil {
			return err
		}
	}
	if late != nil && late.Terms.Late != flow.LateIgnore {
		if err := e.attach(ctx, tx, *late, m, out); err != nil {
			return err
		}
		m.Disposition, m.WaitID = conversation.Late, late.ID
	}
	for _, rank := range []conversation.Rule{conversation.RuleTrigger, conversation.RuleFallback} {
		if rank == conversation.RuleFallback && m.Disposition == conversation.Late {
			break // it was for a question, although it came too late
		}
		begun, err := e.begins(ctx, tx, ev, &m, ranked(starts, rank), rank, out)
		if err != nil {
			return err
		}
		if begun {
			break
		}
	}
	return e.heard(ctx, tx, m, contact, out)
}

// begins starts the flows of one rank with a message, and notes on it what it started; begun is false if that is nothing.
func (e *Engine) begins(ctx context.Context, tx Tx, ev stored, m *conversation.Message, starts []start, rank conversation.Rule, out *sequel) (begun bool, err error) {
	runID, err := e.beginRuns(ctx, tx, ev, starts, out)
	if err != nil || runID == "" {
		return false, err
	}
	m.Disposition, m.DecidedBy, m.StartedRunID = conversation.Started, string(rank), runID
	return true, nil
}

// attach records a message with the wait that it came too late for, where later steps of the run read it. It moves
// nothing (R13).
func (e *Engine) attach(ctx context.Context, tx Tx, w run.Wait, m conversation.Message, out *sequel) error {
	if err := tx.SetLate(ctx, w.ID, m.ID); err != nil {
		return err
	}
	if err := tx.AddWaitEvent(ctx, WaitEvent{
		WaitID: w.ID, At: tx.Now(), Kind: WaitLateReply, MessageID: m.ID, Detail: "It came too late and changes nothing.",
	}); err != nil {
		return err
	}
	r, err := tx.Run(ctx, w.RunID)
	if err != nil {
		return fmt.Errorf("run of wait %s: %w", w.ID, err)
	}
	if output, ok := run.WithLateReply(r.State, w, said(m)); ok {
		if err := tx.SaveStepOutput(ctx, r.ID, w.StepID, w.Iteration, output); err != nil {
			return err
		}
	}
	return e.tellLate(ctx, tx, r, w, m, out)
}

// closedBefore finds the wait that a message would have answered had it come in time; nil if there is none.
func (e *Engine) closedBefore(ctx context.Context, tx Tx, m conversation.Message) (*run.Wait, error) {
	w, err := tx.LastUnanswered(ctx, m.ContactID, m.ConnectionID)
	if errors.Is(err, ErrNotFound) || err == nil && (!conversation.IsReply(m) || m.Seq <= w.SinceSeq) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &w, nil
}

// follow moves a message of ours on by a status of the provider. A failure ends the wait for its answer at once
// (R8), and a status that names our key tells the outcome of a call that was lost. asked is the contact whose lock is
// held for it.
func (e *Engine) follow(ctx context.Context, tx Tx, ev event.Event, asked string, out *sequel) error {
	m, err := tx.SentMessage(ctx, ev.ConnectionID, ev.Status.MessageID, ev.Status.IdempotencyKey)
	if errors.Is(err, ErrNotFound) {
		return nil // sent by somebody else
	}
	if err != nil {
		return err
	}
	if m.ContactID != asked {
		return errElsewhere
	}
	next := conversation.MessageStatus(ev.Status.State)
	if !conversation.Newer(m.Status, next) {
		return nil
	}
	m.Status, m.Failure = next, ev.Status.Failure
	switch next {
	case conversation.Delivered:
		m.DeliveredAt = ev.EffectiveAt()
	case conversation.Read:
		m.ReadAt = ev.EffectiveAt()
	}
	if m.ProviderID == "" {
		m.ProviderID = ev.Status.MessageID
	}
	if err := tx.UpdateMessage(ctx, m); err != nil {
		return err
	}
	if err := e.announce(ctx, tx, messageEvent(m, "message."+string(next), nil, tx.Now()), out); err != nil {
		return err
	}
	if err := e.moved(ctx, tx, m, out); err != nil {
		return err
	}
	return e.settleLost(ctx, tx, m, out)
}

// moved tells the open wait of a question how far the question got (R8).
func (e *Engine) moved(ctx context.Context, tx Tx, m conversation.Message, out *sequel) error {
	w, err := tx.WaitAskedWith(ctx, m.ID)
	if errors.Is(err, ErrNotFound) || err == nil && w.State != run.WaitOpen {
		return nil
	}
	if err != nil {
		return err
	}
	if m.Status != conversation.SendFailed {
		return e.startClock(ctx, tx, w, m, out)
	}
	r, closed, err := e.close(ctx, tx, w, run.WaitUndelivered, "status", "", WaitClosed, "The question could not be delivered.")
	if err != nil || !closed {
		return err
	}
	return e.resume(ctx, tx, over{r, run.Undelivered{Ending: w.Ending(), Failure: notDelivered(m)}}, out)
}

func notDelivered(m conversation.Message) *protocol.Failure {
	if m.Failure != nil {
		return m.Failure
	}
	return &protocol.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "The provider could not deliver the message."}
}

// settleLost goes on with a run whose send had an unknown outcome, now that the provider says it was sent.
func (e *Engine) settleLost(ctx context.Context, tx Tx, m conversation.Message, out *sequel) error {
	if m.RunID == "" {
		return nil
	}
	r, err := tx.Run(ctx, m.RunID)
	if err != nil {
		return err
	}
	if r.State.Phase != run.PhaseSettling || run.CallKey(r.ID, r.State.Cursor, r.State.Steps[r.State.Cursor].Iteration) != m.CallKey {
		return nil
	}
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return err
	}
	return e.advance(ctx, tx, r, v, answerOf(m), out)
}

// answerOf is the answer of a call that was lost, as the provider's status tells it.
func answerOf(m conversation.Message) run.Called {
	return run.Called{Result: protocol.Result{Output: sentOutput(m.ProviderID), Sent: &protocol.SentMessage{ID: m.ProviderID}}}
}
