package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Replay begins a run anew, with the event that started it and about the same contact, on a version of its flow: the live
// one if versionID is empty. The old run stays as it is. A second ask with the same key finds the first one's run; an
// empty key is one of its own. The error is a *run.RefusedError for a run that can't be begun again.
func (e *Engine) Replay(ctx context.Context, runID, versionID, key string) (newRunID string, err error) {
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return "", fmt.Errorf("load run %s: %w", runID, err)
	}
	return e.replay(ctx, r, versionID, cmp.Or(key, id.New("key")), Repaired{WorkspaceID: r.WorkspaceID, RunID: r.ID, Action: RepairReplay, Outcome: RunRepaired})
}

// replay is Replay with what is to be noted.
func (e *Engine) replay(ctx context.Context, r run.Run, versionID, key string, note Repaired) (newRunID string, err error) {
	v, err := e.replayVersion(ctx, r, versionID)
	if err != nil {
		return "", err
	}
	ev := event.Event{
		ID: id.New("evt"), WorkspaceID: r.WorkspaceID, Type: v.flow.Trigger.On, Key: "replay:" + r.ID + ":" + key,
		ReceivedAt: time.Now(), Data: r.State.Facts.Event,
	}
	in := intake{again: true, live: []LiveFlow{{FlowID: r.FlowID, VersionID: v.ID}}}
	in.begun = func(ctx context.Context, tx Tx, newRunID string) error {
		if newRunID == "" {
			return nil
		}
		note := note
		note.NewRunID = newRunID
		fresh, err := tx.NoteRepaired(ctx, note)
		if err == nil && !fresh {
			err = errRepaired
		}
		return err
	}
	if r.ContactID != "" {
		if in.about, err = e.Store.ContactByID(ctx, r.WorkspaceID, r.ContactID); err != nil && !errors.Is(err, ErrNotFound) {
			return "", fmt.Errorf("contact of run %s: %w", r.ID, err)
		}
	}
	t, err := e.takeApart(ctx, ev, in)
	if err != nil || t.runID != "" {
		return t.runID, err
	}
	newRunID, err = e.Store.RunOfEvent(ctx, t.eventID, r.FlowID)
	if errors.Is(err, ErrNotFound) || err == nil && newRunID == "" {
		return "", &run.RefusedError{Reason: "The flow does not start with it now: its filter or per_contact does not let it."}
	}
	return newRunID, err
}

// replayVersion finds the version on which a run is begun again; a *run.RefusedError says why it can't be.
func (e *Engine) replayVersion(ctx context.Context, r run.Run, versionID string) (*version, error) {
	if r.State.Facts.Event == nil {
		return nil, &run.RefusedError{Reason: "What started it has been removed for its age."}
	}
	if versionID == "" {
		live, err := e.Store.LiveFlow(ctx, r.WorkspaceID, r.State.Facts.FlowName)
		if errors.Is(err, ErrNotFound) {
			return nil, &run.RefusedError{Reason: "The flow has no live version, or it is switched off."}
		}
		if err != nil {
			return nil, fmt.Errorf("find flow %s: %w", r.State.Facts.FlowName, err)
		}
		versionID = live.VersionID
	}
	v, err := e.version(ctx, versionID)
	if err != nil {
		return nil, err
	}
	own, err := e.version(ctx, r.VersionID)
	if err != nil {
		return nil, err
	}
	if own.flow.Trigger.On != v.flow.Trigger.On {
		return nil, &run.RefusedError{Reason: fmt.Sprintf("Version %d starts with %s, the run with %s.", v.Number, v.flow.Trigger.On, own.flow.Trigger.On)}
	}
	return v, nil
}

// again says which calls of a run are made again when it is replayed.
func again(r run.Run) string {
	var calls []run.StepRun
	for _, s := range r.State.Steps {
		if s.Kind == string(flow.KindDo) {
			calls = append(calls, s)
		}
	}
	if len(calls) == 0 {
		return ""
	}
	slices.SortFunc(calls, func(a, b run.StepRun) int { return a.Number - b.Number })
	names := make([]string, len(calls))
	for i, c := range calls {
		names[i] = c.StepID
	}
	return "Calls again: " + strings.Join(names, ", ") + "."
}
