package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/run"
)

// ErrNotPaused is returned for a run that is in no paused wait.
var ErrNotPaused = errors.New("the run is not paused")

// pause stops a wait's clock while a person talks to the contact (R20). Each message of theirs puts off when the wait goes
// on by itself.
func (e *Engine) pause(ctx context.Context, tx Tx, w run.Wait, m conversation.Message, out *sequel) error {
	if !w.Paused() {
		w.PausedAt = tx.Now()
	}
	w.FireAt = tx.Now().Add(w.Terms.ResumeAfter)
	saved, err := tx.SaveWait(ctx, w, WaitEvent{
		WaitID: w.ID, At: tx.Now(), Kind: WaitPaused, MessageID: m.ID,
		Detail: "A person took the conversation over. The wait goes on at " + w.FireAt.UTC().Format(time.RFC3339) + ", or when it is resumed.",
	})
	if err != nil || !saved {
		return err
	}
	w.Revision++
	out.alarms = append(out.alarms, alarm(w))
	return nil
}

// unpause lets the clock of a paused wait go on.
func (e *Engine) unpause(ctx context.Context, tx Tx, w run.Wait, why string, out *sequel) error {
	w = w.Resumed(tx.Now(), e.Settle)
	saved, err := tx.SaveWait(ctx, w, WaitEvent{
		WaitID: w.ID, At: tx.Now(), Kind: WaitResumed, Detail: why + " The deadline is " + w.Deadline.UTC().Format(time.RFC3339) + ".",
	})
	if err != nil || !saved {
		return err
	}
	w.Revision++
	out.alarms = append(out.alarms, alarm(w))
	return nil
}

// Resume lets a paused run go on waiting for its answer. The error is ErrNotPaused for a run that is not paused.
func (e *Engine) Resume(ctx context.Context, runID string) error {
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return fmt.Errorf("load run %s: %w", runID, err)
	}
	return e.writeAll(ctx, []string{r.ContactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		r, err := tx.Run(ctx, runID)
		if err != nil {
			return fmt.Errorf("load run %s: %w", runID, err)
		}
		if err := out.holds(r.ContactID); err != nil {
			return err
		}
		w, err := tx.WaitOfStep(ctx, r.ID, r.State.Cursor)
		if errors.Is(err, ErrNotFound) || err == nil && (w.State != run.WaitOpen || !w.Paused()) {
			return ErrNotPaused
		}
		if err != nil {
			return err
		}
		return e.unpause(ctx, tx, w, "It was resumed.", out)
	})
}
