package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// input is what a repair other than a replay tells a run that is in this wait, if it is in one.
func (r Repair) input(to *version, current string, w run.Wait) (run.Input, error) {
	switch r.Action {
	case RepairRetry:
		return run.Retry{}, nil
	case RepairCancel:
		return run.Cancel{Reason: r.Reason}, nil
	case RepairTimeOut:
		return run.Elapsed{Ending: w.Ending()}, nil
	case RepairRetime, RepairMove:
		if current == to.ID {
			return nil, &run.RefusedError{Reason: "It follows that version already."}
		}
		if r.Action == RepairRetime {
			return run.Retime{By: to.flow, Wait: &w}, nil
		}
		return run.Move{To: to.flow, Number: to.Number, Wait: &w}, nil
	}
	return nil, fmt.Errorf("there is no repair %q", r.Action)
}

// mend does to one run what a repair asks for, under the contact's lock. detail says what that was, where the action does
// not.
func (e *Engine) mend(ctx context.Context, tx Tx, rp Repair, to *version, runID string, out *sequel) (detail string, err error) {
	r, err := tx.Run(ctx, runID)
	if err != nil {
		return "", fmt.Errorf("load run %s: %w", runID, err)
	}
	if err := out.holds(r.ContactID); err != nil {
		return "", err
	}
	if rp.Action == RepairCancel {
		return "", e.cancelRun(ctx, tx, runID, "admin", rp.Reason, out)
	}
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return "", err
	}
	var w run.Wait
	if r.State.Phase == run.PhaseAsking {
		if w, err = tx.WaitOfStep(ctx, r.ID, r.State.Cursor); err != nil {
			return "", err
		}
		if rp.Action == RepairTimeOut {
			return "", e.timeOut(ctx, tx, w, out)
		}
	}
	in, err := rp.input(to, r.VersionID, w)
	if err != nil {
		return "", err
	}
	if rp.Action != RepairRetime && rp.Action != RepairMove {
		return "", e.advance(ctx, tx, r, v, in, out)
	}
	return e.rollOver(ctx, tx, r, v, to, w, in, out)
}

// rollOver gives a parked run the limit of another version, or takes it over to that version (R17).
func (e *Engine) rollOver(ctx context.Context, tx Tx, r run.Run, v, to *version, w run.Wait, in run.Input, out *sequel) (detail string, err error) {
	if r.State.Facts.Calendars, err = tx.Calendars(ctx, r.WorkspaceID); err != nil {
		return "", fmt.Errorf("load calendars: %w", err)
	}
	if err := e.limit(ctx, tx, &r, to); err != nil {
		return "", err
	}
	t, err := e.next(ctx, tx, &r, v, in)
	if err != nil {
		return "", err
	}
	_, moves := in.(run.Move)
	kind := WaitRetimed
	if moves {
		kind = WaitMoved
		detail = fmt.Sprintf("From version %d to version %d.", v.Number, to.Number)
		r.VersionID, v = to.ID, to
	} else {
		detail = fmt.Sprintf("As version %d says.", to.Number)
	}
	if !t.State.WakeAt.Equal(r.State.WakeAt) {
		detail += " It sleeps until " + stamp(t.State.WakeAt) + "."
	}
	if t.Wait != nil {
		next := *t.Wait
		if next.ClockAt.IsZero() { // a status that is to start it may have come by the terms of before
			asked, err := tx.Message(ctx, next.AskedID)
			if err != nil {
				return "", fmt.Errorf("question of wait %s: %w", next.ID, err)
			}
			if reached := asked.Reached(next.Terms.From); !reached.IsZero() {
				next.ClockAt, next.Deadline = reached, reached.Add(next.Within)
			}
		}
		next.FireAt = next.Deadline.Add(e.Settle)
		saved, err := tx.SaveWait(ctx, next)
		if err == nil && !saved {
			err = ErrLost
		}
		if err != nil {
			return "", err
		}
		next.Revision++
		out.alarms = append(out.alarms, alarm(next))
		if !next.Deadline.Equal(w.Deadline) {
			detail += fmt.Sprintf(" The deadline was %s and is %s.", stamp(w.Deadline), stamp(next.Deadline))
		}
		if err := tx.AddWaitEvent(ctx, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: kind, Detail: detail}); err != nil {
			return "", err
		}
	}
	return detail, e.carry(ctx, tx, r, v, t, out, tx.SaveRun)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// timeOut takes a question for unanswered before its time is over (R3: by the one way out of open).
func (e *Engine) timeOut(ctx context.Context, tx Tx, w run.Wait, out *sequel) error {
	if w.State != run.WaitOpen {
		return &ClosedError{Wait: w}
	}
	to, in, err := e.silence(ctx, tx, w)
	if err != nil {
		return err
	}
	detail := "Somebody let it time out."
	if left := w.Deadline.Sub(tx.Now()); left > 0 {
		detail = "Somebody let it time out " + left.Round(time.Second).String() + " before its deadline."
	}
	r, closed, err := e.close(ctx, tx, w, to, "admin", "", WaitClosed, detail)
	if err == nil && !closed {
		err = ErrLost
	}
	if err != nil {
		return err
	}
	return e.resume(ctx, tx, over{r, in}, out)
}

// TimeOut takes a wait for unanswered now, and returns it as it then is. It does not wait for calls. It returns
// ErrNotFound for a wait that is not the workspace's and a *ClosedError for one that is over.
func (e *Engine) TimeOut(ctx context.Context, workspaceID, waitID string) (run.Wait, error) {
	w, err := e.Store.Wait(ctx, waitID)
	if err == nil && w.WorkspaceID != workspaceID {
		err = ErrNotFound
	}
	if err != nil {
		return run.Wait{}, err
	}
	next, err := e.write(ctx, []string{w.ContactID}, func(ctx context.Context, tx Tx, out *sequel) (err error) {
		if w, err = tx.Wait(ctx, waitID); err != nil {
			return err
		}
		if err := out.holds(w.ContactID); err != nil {
			return err
		}
		if err := e.timeOut(ctx, tx, w, out); err != nil {
			return err
		}
		w, err = tx.Wait(ctx, waitID)
		return err
	})
	e.performApart(next)
	return w, err
}

// SettleCall tells a run what became of a call whose outcome is not known. It does not wait for calls. The error is a
// *run.RefusedError for a run that has no such call and a *flow.InputError for an output that can't be.
func (e *Engine) SettleCall(ctx context.Context, runID string, in run.Settle) error {
	return e.mendOne(ctx, runID, Repaired{Action: RepairSettle, Detail: string(in.As)}, func(ctx context.Context, tx Tx, r run.Run, v *version, out *sequel) error {
		if step := v.flow.Step(r.State.Cursor); step != nil && step.Do != nil && step.Do.Declared.Sends && in.As != run.SettledResend {
			if err := e.settleMessage(ctx, tx, r, step.Do.Connection, in); err != nil {
				return err
			}
		}
		return e.advance(ctx, tx, r, v, in, out)
	})
}

// settleMessage brings the message of a call that somebody settles up to date.
func (e *Engine) settleMessage(ctx context.Context, tx Tx, r run.Run, connection string, in run.Settle) error {
	connectionID, err := e.connectionID(ctx, r.WorkspaceID, connection)
	if err != nil {
		return err
	}
	m, err := tx.SentMessage(ctx, connectionID, "", run.CallKey(r.ID, r.State.Cursor, r.State.Steps[r.State.Cursor].Iteration))
	if errors.Is(err, ErrNotFound) {
		return nil // none was meant to be sent
	}
	if err != nil {
		return fmt.Errorf("message of step %s: %w", r.State.Cursor, err)
	}
	if in.As == run.SettledFailed {
		m.Status, m.Failure = conversation.SendFailed, &protocol.Failure{
			Kind: protocol.Permanent, Source: protocol.FromGateway, Message: "Somebody found that it was not sent.",
		}
		return tx.UpdateMessage(ctx, m)
	}
	var output struct {
		MessageID string `json:"message_id"`
	}
	_ = json.Unmarshal(in.Output, &output) // what has no such id is only not followed
	m.ProviderID = cmp.Or(m.ProviderID, output.MessageID)
	if conversation.Newer(m.Status, conversation.Sent) {
		m.Status, m.EffectiveAt = conversation.Sent, tx.Now()
	}
	return tx.UpdateMessage(ctx, m)
}

// mendOne does something to one run that somebody asked for, and notes it.
func (e *Engine) mendOne(ctx context.Context, runID string, note Repaired, do func(ctx context.Context, tx Tx, r run.Run, v *version, out *sequel) error) error {
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return fmt.Errorf("load run %s: %w", runID, err)
	}
	next, err := e.write(ctx, []string{r.ContactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		r, err := tx.Run(ctx, runID)
		if err != nil {
			return fmt.Errorf("load run %s: %w", runID, err)
		}
		if err := out.holds(r.ContactID); err != nil {
			return err
		}
		v, err := e.version(ctx, r.VersionID)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, r, v, out); err != nil {
			return err
		}
		note := note
		note.WorkspaceID, note.RunID, note.Outcome = r.WorkspaceID, r.ID, RunRepaired
		_, err = tx.NoteRepaired(ctx, note)
		return err
	})
	e.performApart(next)
	return err
}
