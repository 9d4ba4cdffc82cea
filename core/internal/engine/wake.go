package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// wake looks at a run: one that waits for a time goes on when it has come, one whose node is gone while it was
// calling is settled, and one whose call this node was to make and does not make gets it.
func (e *Engine) wake(ctx context.Context, runID string) error {
	r, err := e.Store.Run(ctx, runID)
	if errors.Is(err, ErrNotFound) || err == nil && r.State.Status.Ended() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load run %s: %w", runID, err)
	}
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return err
	}
	err = e.writeAll(ctx, []string{r.ContactID}, func(ctx context.Context, tx Tx, out *sequel) (err error) {
		r := r
		var in run.Input = run.Woken{}
		if r.State.Status == run.Running {
			if r, in, err = e.abandoned(ctx, tx, r, out); err != nil || in == nil {
				return err
			}
		}
		err = e.advance(ctx, tx, r, v, in, out)
		if errors.Is(err, run.ErrNotDue) {
			out.alarms = append(out.alarms, Alarm{Kind: KindRun, ID: r.ID, Revision: r.Revision, At: r.State.WakeAt})
			return nil
		}
		return err
	})
	if errors.Is(err, ErrLost) || errors.Is(err, run.ErrNotExpected) {
		return nil
	}
	return err
}

// abandoned says what to tell a run whose call nobody makes any more; nothing if somebody does. The run is returned as it is
// under its contact's lock.
func (e *Engine) abandoned(ctx context.Context, tx Tx, r run.Run, out *sequel) (run.Run, run.Input, error) {
	if e.isPromised(r.ID, r.Revision) {
		return r, nil, nil
	}
	r, err := tx.Run(ctx, r.ID) // another node may have taken it over
	if err != nil {
		return r, nil, fmt.Errorf("load run %s: %w", r.ID, err)
	}
	if err := out.holds(r.ContactID); err != nil { // a merge leaves the revision of a run alone whose call is out
		return r, nil, err
	}
	if r.State.Status != run.Running || e.isPromised(r.ID, r.Revision) {
		return r, nil, nil
	}
	if r.Owner == e.Node {
		return r, run.Unmade{}, nil
	}
	alive, err := tx.NodeAlive(ctx, r.Owner)
	if err != nil || alive {
		return r, nil, err
	}
	lost := run.Attempt{StepID: r.State.Cursor, Iteration: r.State.Steps[r.State.Cursor].Iteration, Attempt: r.State.Attempt, EndedAt: tx.Now(), Outcome: string(protocol.Unknown), Failure: &protocol.Failure{
		Kind: protocol.Unknown, Source: protocol.FromGateway, Message: "The gateway stopped while the call was out.",
	}}
	return r, run.Lost{}, tx.AddAttempt(ctx, r.ID, lost)
}

// turn goes on with a run that has more to do than one transaction should hold.
func (e *Engine) turn(ctx context.Context, runID string) {
	if err := e.wake(ctx, runID); err != nil {
		e.Logger.Error("go on with a run", "run_id", runID, "error", err)
	}
}

// Cancel ends a run and the wait it is in. It returns run.ErrNotExpected for a run that has ended.
func (e *Engine) Cancel(ctx context.Context, runID, reason string) error {
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return fmt.Errorf("load run %s: %w", runID, err)
	}
	return e.writeAll(ctx, []string{r.ContactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		return e.cancelRun(ctx, tx, runID, "cancel", reason, out)
	})
}

// cancelRun is Cancel under the contact's lock. by names who closes the wait that the run may be in.
func (e *Engine) cancelRun(ctx context.Context, tx Tx, runID, by, reason string, out *sequel) error {
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
	if r.State.Phase == run.PhaseAsking {
		w, err := tx.WaitOfStep(ctx, r.ID, r.State.Cursor)
		if err != nil {
			return err
		}
		_, closed, err := e.close(ctx, tx, w, run.WaitCancelled, by, "", WaitClosed, reason)
		if err != nil {
			return err
		}
		if !closed {
			return ErrLost
		}
	}
	return e.advance(ctx, tx, r, v, run.Cancel{Reason: reason}, out)
}

// Retry takes up a failed run at its failed step. It does not wait for the call. The error is run.ErrNotExpected for a
// run that has not failed and run.ErrNotRetryable for a step that can't be done again.
func (e *Engine) Retry(ctx context.Context, runID string) error {
	return e.mendOne(ctx, runID, Repaired{Action: RepairRetry}, func(ctx context.Context, tx Tx, r run.Run, v *version, out *sequel) error {
		return e.advance(ctx, tx, r, v, run.Retry{}, out)
	})
}
