package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// open opens a wait and looks back for a reply that has come since the question's intent was committed (R1, R2).
// If the wait is over at once it returns what the run is to be told, else nil.
func (e *Engine) open(ctx context.Context, tx Tx, r run.Run, v *version, ask run.Ask, out *sequel) (run.Input, error) {
	if r.ContactID == "" {
		return run.Undelivered{Failure: &protocol.Failure{
			Kind: protocol.Invalid, Source: protocol.FromGateway,
			Message: "There is nobody to wait for: the flow's contact has neither phone nor e-mail in this event.",
		}}, nil
	}
	connectionID, err := e.connectionID(ctx, r.WorkspaceID, ask.Connection)
	if err != nil {
		return nil, err
	}
	asked, err := question(ctx, tx, r, connectionID, ask)
	if err != nil {
		return nil, fmt.Errorf("message of step %s: %w", ask.To, err)
	}
	w := run.Wait{
		ID: id.New("wait"), WorkspaceID: r.WorkspaceID, RunID: r.ID, StepID: ask.StepID, Iteration: ask.Iteration, ContactID: r.ContactID,
		ConnectionID: connectionID, State: run.WaitOpen, Revision: 1, OpenedAt: tx.Now(), SentAt: ask.SentAt, ClockAt: ask.ClockAt,
		Within: ask.Within, Deadline: ask.Deadline, SinceSeq: asked.Seq, AskedID: asked.ID, AskedRef: asked.ProviderID,
		Terms: ask.Terms, Say: ask.Say,
	}
	if reached := asked.Reached(ask.Terms.From); w.ClockAt.IsZero() && !reached.IsZero() {
		w.ClockAt, w.Deadline = reached, reached.Add(w.Within)
	}
	w.FireAt = w.Deadline.Add(e.Settle)
	if err := tx.InsertWait(ctx, w, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitOpened, MessageID: asked.ID}); err != nil {
		return nil, err
	}
	if asked.Status == conversation.SendFailed {
		_, _, err := e.close(ctx, tx, w, run.WaitUndelivered, "status", "", WaitClosed, "The question could not be delivered.")
		return run.Undelivered{Ending: w.Ending(), Failure: notDelivered(asked)}, err
	}
	claim, err := e.lookBack(ctx, tx, r, v, &w, out)
	if claim == nil && err == nil {
		out.alarms = append(out.alarms, alarm(w))
	}
	return claim, err
}

// question loads the message that asks. For one that somebody else sends there is only what the contact had said when the
// wait was opened, or when they asked: what comes after that may answer it.
func question(ctx context.Context, tx Tx, r run.Run, connectionID string, ask run.Ask) (m conversation.Message, err error) {
	if ask.To == "" {
		if at := askedAt(r); !at.IsZero() {
			m.Seq, err = tx.InboundSeqAt(ctx, r.ContactID, at)
		} else {
			m.Seq, err = tx.InboundSeq(ctx, r.ContactID)
		}
		return m, err
	}
	return tx.SentMessage(ctx, connectionID, "", ask.ToKey)
}

// lookBack offers a wait that has just been opened what the contact said since the question, oldest first.
func (e *Engine) lookBack(ctx context.Context, tx Tx, r run.Run, v *version, w *run.Wait, out *sequel) (run.Input, error) {
	connectionID := w.ConnectionID
	if w.Terms.AnyChannel {
		connectionID = ""
	}
	said, err := tx.UnclaimedInbound(ctx, w.ContactID, connectionID, w.SinceSeq)
	if err != nil {
		return nil, err
	}
	accepts := func(w run.Wait, m conversation.Message) string { return e.judge(r, v, w, m, tx.Now()) }
	for _, m := range said {
		switch {
		case m.Disposition == conversation.OptedOut && m.ConnectionID == w.ConnectionID:
			_, _, err := e.close(ctx, tx, *w, run.WaitCancelled, "opt_out", m.ID, WaitClosed, conversation.OptedOutReason)
			return run.Cancel{Reason: conversation.OptedOutReason}, err
		case !conversation.MayAnswerLater(m):
			continue
		}
		d, before := conversation.Match(m, []run.Wait{*w}, accepts), m
		for _, refused := range d.Refused {
			if err := tx.AddWaitEvent(ctx, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitRefused, MessageID: m.ID, Detail: refused.Reason}); err != nil {
				return nil, err
			}
		}
		var o *over
		switch {
		case d.Unaccepted != nil && !conversation.MayBeRefusedLater(m):
			if err := tx.AddWaitEvent(ctx, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitRefused, MessageID: m.ID, Detail: d.Why}); err != nil {
				return nil, err
			}
			continue
		case d.Unaccepted != nil:
			m.Disposition, m.DecidedBy, m.WaitID = conversation.Refused, string(d.Rule), w.ID
			o, err = e.refuse(ctx, tx, w, m, d.Why, out)
		case len(d.Claims) > 0:
			m.Disposition, m.DecidedBy, m.WaitID = conversation.Matched, string(d.Rule), w.ID
			_, o, err = e.accept(ctx, tx, w, m, d.Rule, "It was there before the wait was opened.")
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := tx.UpdateMessage(ctx, m); err != nil {
			return nil, err
		}
		if err := e.reassigned(ctx, tx, before, m); err != nil {
			return nil, err
		}
		if o != nil {
			return o.tells, nil
		}
	}
	return nil, nil
}

// reassigned tells on the timeline of the wait that had refused a message, or had found it late, that it answered another
// question: one that had been asked by then, and whose wait opened later.
func (e *Engine) reassigned(ctx context.Context, tx Tx, before, now conversation.Message) error {
	if before.WaitID == "" {
		return nil
	}
	detail := "It counts for another question, which had been asked by then."
	return tx.AddWaitEvent(ctx, WaitEvent{WaitID: before.WaitID, At: tx.Now(), Kind: WaitRefused, MessageID: now.ID, Detail: detail})
}

// judge says why a wait does not take what a message says, by its terms and by the expression that the step may have.
func (e *Engine) judge(r run.Run, v *version, w run.Wait, m conversation.Message, now time.Time) (why string) {
	if why := conversation.ByTerms(w, m); why != "" {
		return why
	}
	ok, err := run.Accepts(v.flow, r.State, w.StepID, said(m), now)
	switch {
	case err != nil:
		return "Whether it counts could not be worked out: " + err.Error() + "."
	case !ok:
		return "The condition " + w.Terms.Accept.When + " does not hold for it."
	}
	return ""
}

// over is a wait that has been closed: its run is to be told how.
type over struct {
	run   run.Run
	tells run.Input
}

// accept lets a message claim a live wait (R3), which is then over; or it collects what follows, and nil is returned. taken is
// false when another claim came first.
func (e *Engine) accept(ctx context.Context, tx Tx, w *run.Wait, m conversation.Message, rule conversation.Rule, detail string) (taken bool, o *over, err error) {
	collect := w.Terms.Collect
	if collect.Quiet == 0 {
		r, taken, err := e.close(ctx, tx, *w, run.WaitReplied, "reply", m.ID, WaitReplied, detail)
		if err != nil || !taken {
			return false, nil, err
		}
		return true, &over{r, run.Replied{Ending: w.Ending(), Reply: reply(*w, string(rule), m)}}, nil
	}
	if w.State == run.WaitOpen {
		w.State, w.ClaimedBy, w.ReplyID = run.WaitCollecting, "reply", m.ID
		w.FireAt = tx.Now().Add(collect.Quiet)
	} else {
		sofar, err := tx.AnswerMessages(ctx, w.ID)
		if err != nil {
			return false, nil, err
		}
		w.FireAt = tx.Now().Add(collect.Quiet)
		if end := sofar[0].ReceivedAt.Add(collect.Max); w.FireAt.After(end) {
			w.FireAt = end
		}
	}
	taken, err = tx.SaveWait(ctx, *w, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitCollected, MessageID: m.ID, Detail: detail})
	if taken {
		w.Revision++
	}
	return taken, nil, err
}

// collected ends a wait whose answer is complete.
func (e *Engine) collected(ctx context.Context, tx Tx, w run.Wait, out *sequel) error {
	messages, err := tx.AnswerMessages(ctx, w.ID)
	if err != nil {
		return err
	}
	r, closed, err := e.close(ctx, tx, w, run.WaitReplied, "reply", w.ReplyID, WaitReplied, fmt.Sprintf("Messages in this answer: %d.", len(messages)))
	if err != nil || !closed {
		return err
	}
	return e.resume(ctx, tx, over{r, run.Replied{Ending: w.Ending(), Reply: reply(w, messages[0].DecidedBy, messages...)}}, out)
}

// close is the one way out of open (R3), and returns the run whose wait is over. closed is false, and the attempt is noted, when
// another came first.
func (e *Engine) close(ctx context.Context, tx Tx, w run.Wait, to run.WaitState, by, messageID string, kind WaitEventKind, detail string) (r run.Run, closed bool, err error) {
	w.State, w.ClosedAt, w.ClaimedBy, w.ReplyID = to, tx.Now(), by, messageID
	line := WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: kind, MessageID: messageID, Detail: detail}
	r, closed, err = tx.CloseWait(ctx, w, line)
	if err != nil || closed {
		return r, closed, err
	}
	line.Kind, line.Detail = WaitLost, "A "+by+" came after another claim."
	return r, false, tx.AddWaitEvent(ctx, line)
}

// resume moves on the run of a wait that has just been closed.
func (e *Engine) resume(ctx context.Context, tx Tx, o over, out *sequel) error {
	v, err := e.version(ctx, o.run.VersionID)
	if err != nil {
		return err
	}
	return e.advance(ctx, tx, o.run, v, o.tells, out)
}

// longestOutage bounds how long a timeout is held past its deadline while its connection can't receive (R15).
const longestOutage = 24 * time.Hour

// turn puts waits that are held until the same moment in the order of their deadlines, within a second behind it: what
// was due a day before the outage ended or earlier comes first. The alarm clock bounds how many fire in a second.
func turn(deadline, end time.Time) time.Duration {
	return min(max(deadline.Sub(end)+longestOutage, 0), longestOutage) / 100_000
}

// barrierStep is how long a timeout is put off at a time while requests are unread.
const barrierStep = 250 * time.Millisecond

// fire tries the timeout of a wait. It claims only past deadline and settle, outside the grace after an outage, and
// when no request from before the deadline is unread (R5, R6); else the wait gets a new time to try.
func (e *Engine) fire(ctx context.Context, waitID string) error {
	w, err := e.Store.Wait(ctx, waitID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load wait %s: %w", waitID, err)
	}
	return e.writeAll(ctx, []string{w.ContactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		w, err := tx.Wait(ctx, waitID)
		if err != nil {
			return fmt.Errorf("load wait %s: %w", waitID, err)
		}
		if err := out.holds(w.ContactID); err != nil {
			return err
		}
		now := tx.Now()
		if !w.State.Live() {
			return tx.AddWaitEvent(ctx, WaitEvent{
				WaitID: w.ID, At: now, Kind: WaitLost, Detail: "The timeout came after a " + w.ClaimedBy + " had closed the wait.",
			})
		}
		if now.Before(w.FireAt) {
			out.alarms = append(out.alarms, alarm(w))
			return nil
		}
		if w.State == run.WaitCollecting {
			return e.collected(ctx, tx, w, out)
		}
		if w.Paused() {
			return e.unpause(ctx, tx, w, "Nobody has written to the contact for "+w.Terms.ResumeAfter.String()+".", out)
		}
		until, why, err := e.held(ctx, tx, w)
		if err != nil {
			return err
		}
		if !until.IsZero() {
			return e.hold(ctx, tx, w, until, why, out)
		}
		detail := "Late by " + now.Sub(w.Deadline.Add(e.Settle)).Round(time.Millisecond).String() + "."
		if why != "" {
			detail += " " + why
		}
		to, in, err := e.silence(ctx, tx, w)
		if err != nil {
			return err
		}
		r, closed, err := e.close(ctx, tx, w, to, "timeout", "", WaitFired, detail)
		if err != nil || !closed {
			return err
		}
		return e.resume(ctx, tx, over{r, in}, out)
	})
}

// silence says how a wait ends whose time is over: a question that did not arrive is never taken for one that was not
// answered (R8).
func (e *Engine) silence(ctx context.Context, tx Tx, w run.Wait) (to run.WaitState, in run.Input, err error) {
	ending := w.Ending()
	if w.LateID != "" { // it came while the timeout was not due, or held
		late, err := tx.Message(ctx, w.LateID)
		switch {
		case err == nil:
			said := said(late)
			ending.Late = &said
		case !errors.Is(err, ErrNotFound): // what is not kept any more holds no timeout up
			return "", nil, fmt.Errorf("late message of wait %s: %w", w.ID, err)
		}
	}
	if !w.ClockAt.IsZero() {
		return run.WaitNoResponse, run.Elapsed{Ending: ending}, nil
	}
	asked, err := tx.Message(ctx, w.AskedID)
	if err != nil {
		return "", nil, fmt.Errorf("question of wait %s: %w", w.ID, err)
	}
	if !asked.Reached(flow.FromDelivered).IsZero() {
		return run.WaitNoResponse, run.Elapsed{Ending: ending}, nil // it arrived, and was not opened
	}
	return run.WaitUndelivered, run.Undelivered{Ending: ending, Failure: &protocol.Failure{
		Kind: protocol.Permanent, Source: protocol.FromGateway,
		Message: "The provider did not say within " + w.Terms.DeliverWithin.String() + " that the message was delivered.",
	}}, nil
}

// startClock begins the time for the answer, now that the question has arrived or was opened (R8).
func (e *Engine) startClock(ctx context.Context, tx Tx, w run.Wait, asked conversation.Message, out *sequel) error {
	reached := asked.Reached(w.Terms.From)
	if w.State != run.WaitOpen || !w.ClockAt.IsZero() || reached.IsZero() {
		return nil
	}
	w.ClockAt, w.Deadline = reached, reached.Add(w.Within)
	if !w.Paused() {
		w.FireAt = w.Deadline.Add(e.Settle)
	}
	saved, err := tx.SaveWait(ctx, w, WaitEvent{
		WaitID: w.ID, At: tx.Now(), Kind: WaitClock, MessageID: asked.ID,
		Detail: "The question is " + string(w.Terms.From) + "; the deadline is " + w.Deadline.UTC().Format(time.RFC3339) + ".",
	})
	if err != nil || !saved {
		return err
	}
	w.Revision++
	out.alarms = append(out.alarms, alarm(w))
	return nil
}

// held says until when a due timeout must be put off, and why; zero if it may claim now. A reason without a time
// goes onto the timeline.
func (e *Engine) held(ctx context.Context, tx Tx, w run.Wait) (until time.Time, why string, err error) {
	heard, err := tx.Reception(ctx, w.ConnectionID)
	if err != nil {
		return until, "", err
	}
	if lost := heard.LostAt; !lost.IsZero() && tx.Now().Before(w.Deadline.Add(longestOutage)) {
		return tx.Now().Add(max(e.Grace, barrierStep)), "The connection can't receive since " + lost.UTC().Format(time.RFC3339) + ", so silence says nothing.", nil
	}
	if end := heard.Since.Add(e.Grace); w.OpenedAt.Before(heard.Since) && tx.Now().Before(end) {
		return end.Add(turn(w.Deadline, heard.Since)), "Nothing could be received for a time; answers from it may still come.", nil
	}
	unread, err := tx.UnparsedBefore(ctx, w.ConnectionID, w.Deadline)
	if err != nil || !unread {
		return until, "", err
	}
	if !tx.Now().Before(w.Deadline.Add(e.Settle + e.Barrier)) {
		return until, "barrier_exceeded: a request from before the deadline is still unread.", nil
	}
	return tx.Now().Add(barrierStep), "A request from before the deadline is still unread.", nil
}

// hold gives a wait a later time to fire. Its revision grows, so that the alarm of the new time is another one.
func (e *Engine) hold(ctx context.Context, tx Tx, w run.Wait, until time.Time, why string, out *sequel) error {
	w.FireAt = until
	w.Holds++
	var lines []WaitEvent
	if w.Holds == 1 { // one line says it
		lines = append(lines, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: WaitHeld, Detail: why})
	}
	saved, err := tx.SaveWait(ctx, w, lines...)
	if err != nil || !saved {
		return err
	}
	w.Revision++
	out.alarms = append(out.alarms, alarm(w))
	return nil
}

func alarm(w run.Wait) Alarm {
	return Alarm{Kind: KindWait, ID: w.ID, Revision: w.Revision, At: w.FireAt}
}
