package live

import (
	"context"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Store returns a store that tells the hub which runs and waits an engine has changed, once that is durable.
func (h *Hub) Store(s engine.Store) engine.Store { return &store{s, h} }

type store struct {
	engine.Store
	hub *Hub
}

func (s *store) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	var seen *tx
	err := s.Store.Write(ctx, contactIDs, func(ctx context.Context, inner engine.Tx) error {
		seen = &tx{Tx: inner} // a unit that is run again begins anew
		return unit(ctx, seen)
	})
	if err == nil {
		s.hub.Changed(seen.changes)
	}
	return err
}

// tx notes what a unit changes. A unit is about one workspace.
type tx struct {
	engine.Tx
	changes Changes
}

func (t *tx) InsertRun(ctx context.Context, r run.Run, delivers bool) error {
	t.changes.WorkspaceID, t.changes.Runs = r.WorkspaceID, append(t.changes.Runs, r.ID)
	return t.Tx.InsertRun(ctx, r, delivers)
}

func (t *tx) SaveRun(ctx context.Context, r run.Run, changed []run.StepRun) error {
	t.changes.WorkspaceID, t.changes.Runs = r.WorkspaceID, append(t.changes.Runs, r.ID)
	return t.Tx.SaveRun(ctx, r, changed)
}

func (t *tx) InsertWait(ctx context.Context, w run.Wait, lines ...engine.WaitEvent) error {
	t.wait(w)
	return t.Tx.InsertWait(ctx, w, lines...)
}

func (t *tx) SaveWait(ctx context.Context, w run.Wait, lines ...engine.WaitEvent) (bool, error) {
	saved, err := t.Tx.SaveWait(ctx, w, lines...)
	if saved {
		t.wait(w)
	}
	return saved, err
}

func (t *tx) CloseWait(ctx context.Context, w run.Wait, line engine.WaitEvent) (run.Run, bool, error) {
	r, closed, err := t.Tx.CloseWait(ctx, w, line)
	if closed {
		t.wait(w)
	}
	return r, closed, err
}

func (t *tx) wait(w run.Wait) {
	t.changes.WorkspaceID, t.changes.Waits = w.WorkspaceID, append(t.changes.Waits, w.ID)
}
