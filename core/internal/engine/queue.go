package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

// runsBeside lists the runs of the same flow that the contact is in, the oldest first; none where that does not matter.
func (e *Engine) runsBeside(ctx context.Context, tx Tx, s start) ([]ActiveRun, error) {
	if !s.minds() {
		return nil, nil
	}
	active, err := tx.ActiveRuns(ctx, s.contact.ID)
	return slices.DeleteFunc(active, func(a ActiveRun) bool { return a.FlowID != s.flowID }), err
}

// beginQueued begins the oldest run that waits for the end of another one of the contact and the flow.
func (e *Engine) beginQueued(ctx context.Context, tx Tx, after run.Run, out *sequel) error {
	active, err := tx.ActiveRuns(ctx, after.ContactID)
	if err != nil {
		return err
	}
	active = slices.DeleteFunc(active, func(a ActiveRun) bool { return a.FlowID != after.FlowID || a.RunID == after.ID })
	if len(active) == 0 || active[0].Status != run.Queued {
		return nil // nobody waits, or another one is under way
	}
	r, err := tx.Run(ctx, active[0].RunID)
	if err != nil {
		return fmt.Errorf("load run %s: %w", active[0].RunID, err)
	}
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return err
	}
	return e.advance(ctx, tx, r, v, run.Start{}, out)
}

// waitsForItself reports whether a run would stand in the queue behind one that waits for it: neither would ever go on. That
// one waits for the run's parent, or for whoever waits for that one, be it as its parent or in a queue of another contact.
func (e *Engine) waitsForItself(ctx context.Context, tx Tx, ev stored, policy flow.PerContact, others []ActiveRun) (bool, error) {
	if policy != flow.Queue || len(others) == 0 || ev.Origin == nil || !ev.Origin.Waits {
		return false, nil
	}
	waiting := []string{ev.Origin.RunID}
	for i := 0; i < len(waiting); i++ {
		if slices.ContainsFunc(others, func(o ActiveRun) bool { return o.RunID == waiting[i] }) {
			return true, nil
		}
		r, err := tx.Run(ctx, waiting[i])
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("load run %s: %w", waiting[i], err)
		}
		behind, err := behind(ctx, tx, r)
		if err != nil {
			return false, err
		}
		if by := r.State.Facts.Parent; by != nil && by.Waits {
			behind = append(behind, by.RunID)
		}
		for _, id := range behind {
			if !slices.Contains(waiting, id) {
				waiting = append(waiting, id)
			}
		}
	}
	return false, nil
}

// behind lists the runs that stand in the queue behind one.
func behind(ctx context.Context, tx Tx, r run.Run) (ids []string, err error) {
	if r.ContactID == "" {
		return nil, nil
	}
	active, err := tx.ActiveRuns(ctx, r.ContactID)
	for _, a := range active {
		if a.FlowID == r.FlowID && a.Status == run.Queued && a.RunID > r.ID {
			ids = append(ids, a.RunID)
		}
	}
	return ids, err
}
