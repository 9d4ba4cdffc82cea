package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Replay begins a run anew; see httpapi.Runs.
func (r runs) Replay(ctx context.Context, workspaceID, runID, key string, same bool) (newRunID string, err error) {
	found, err := r.owned(ctx, workspaceID, runID)
	if err != nil {
		return "", err
	}
	version := ""
	if same {
		version = found.VersionID
	}
	return r.engine.Replay(access.Intending(ctx, access.Deed{Action: "run.replay", After: map[string]any{"replay_of": runID}}), runID, version, key)
}

// Settle says what became of a call; see httpapi.Runs.
func (r runs) Settle(ctx context.Context, workspaceID, runID string, in run.Settle) error {
	if _, err := r.owned(ctx, workspaceID, runID); err != nil {
		return err
	}
	deed := access.Deed{Action: "run.settle", Resource: runID, After: map[string]any{"as": in.As}}
	if err := r.engine.SettleCall(access.Intending(ctx, deed), runID, in); errors.Is(err, engine.ErrLost) {
		return api.Conflict("settled", nil)
	} else if err != nil {
		return err
	}
	return nil
}

// TimeOut takes a wait for unanswered; see httpapi.Waits.
func (r runs) TimeOut(ctx context.Context, workspaceID, waitID string) (run.Wait, error) {
	w, err := r.engine.TimeOut(access.Intending(ctx, access.Deed{Action: "wait.timeout", Resource: waitID}), workspaceID, waitID)
	return w, overAsConflict(err)
}

// PlanRepair says what a repair would do; see httpapi.Repairs.
func (r runs) PlanRepair(ctx context.Context, workspaceID string, in api.RepairPlanRequest) (engine.Plan, error) {
	rp, err := r.repairOf(ctx, workspaceID, in.RepairRequest, in.Source != "")
	if err != nil {
		return engine.Plan{}, err
	}
	if in.Source != "" && rp.Action != engine.RepairRetime && rp.Action != engine.RepairMove {
		return engine.Plan{}, &api.InputError{Path: "source", Message: "is for retime and move only", Remedy: "leave it out"}
	}
	return r.engine.PlanRepair(ctx, rp, []byte(in.Source))
}

// StartRepair begins a repair; see httpapi.Repairs.
func (r runs) StartRepair(ctx context.Context, workspaceID string, in api.RepairRequest) (engine.Repair, error) {
	rp, err := r.repairOf(ctx, workspaceID, in, false)
	if err != nil {
		return rp, err
	}
	return r.engine.StartRepair(ctx, rp)
}

// StopRepair ends a repair that is under way; see httpapi.Repairs.
func (r runs) StopRepair(ctx context.Context, workspaceID, repairID string) error {
	found, err := r.Repair(ctx, workspaceID, repairID)
	if err == nil && found.State != engine.RepairRunning {
		err = api.Conflict("repair-ended", nil)
	}
	if err != nil {
		return err
	}
	return r.store.EndRepair(ctx, workspaceID, repairID, engine.RepairStopped)
}

// Repair loads a repair; see httpapi.Repairs.
func (r runs) Repair(ctx context.Context, workspaceID, repairID string) (engine.Repair, error) {
	found, err := r.store.Repair(ctx, repairID)
	if err == nil && found.WorkspaceID != workspaceID {
		err = engine.ErrNotFound
	}
	return found, err
}

// ListRepairs lists repairs; see httpapi.Repairs.
func (r runs) ListRepairs(ctx context.Context, workspaceID string, p list.Page) ([]engine.Repair, error) {
	return r.store.ListRepairs(ctx, workspaceID, p)
}

// RepairedRuns lists what a repair did; see httpapi.Repairs.
func (r runs) RepairedRuns(ctx context.Context, workspaceID, repairID string, p list.Page) ([]engine.Repaired, error) {
	return r.store.RepairedRuns(ctx, workspaceID, repairID, p)
}

// repairOf checks what is asked for and finds the flow and the version that it names. unpublished says that it goes by a
// document which has no version yet.
func (r runs) repairOf(ctx context.Context, workspaceID string, in api.RepairRequest, unpublished bool) (engine.Repair, error) {
	rp := engine.Repair{WorkspaceID: workspaceID, Action: engine.RepairAction(in.Action), Reason: in.Reason}
	rollsOver := rp.Action == engine.RepairRetime || rp.Action == engine.RepairMove
	rp.Select = engine.Selection{RunIDs: in.Runs, Flow: in.Flow, ContactID: in.Contact, Status: run.Status(in.Status), Behind: in.Behind || rollsOver}
	switch {
	case len(in.Runs) > 0 && (in.Flow != "" || in.Status != "" || in.Contact != "" || in.Behind || rollsOver):
		return rp, &api.InputError{Path: "runs", Message: "stands beside another choice of runs", Remedy: "give ids, or what the runs have in common"}
	case rp.Select.Behind && in.Flow == "":
		return rp, &api.InputError{Path: "flow", Message: "is missing", Remedy: "name the flow whose runs follow another version"}
	case len(in.Runs) == 0 && in.Flow == "" && in.Status == "" && in.Contact == "":
		return rp, &api.InputError{Path: "runs", Message: "is missing", Remedy: "give ids, or say what the runs have in common: flow, status or contact"}
	case in.Version != 0 && !rp.Select.Behind:
		return rp, &api.InputError{Path: "version", Message: "is for retime, move and behind only", Remedy: "leave it out"}
	}
	foreign, err := r.store.ForeignRuns(ctx, workspaceID, in.Runs)
	if err != nil {
		return rp, err
	}
	for i, id := range in.Runs {
		if len(foreign) > 0 && id == foreign[0] {
			return rp, &api.InputError{Path: fmt.Sprintf("runs[%d]", i), Message: "is no run here", Remedy: "leave it out"}
		}
	}
	if in.Flow == "" {
		return rp, nil
	}
	f, err := r.store.Flow(ctx, workspaceID, in.Flow)
	if err != nil {
		return rp, err
	}
	rp.Select.FlowID = f.ID
	if !rp.Select.Behind || unpublished {
		return rp, nil
	}
	if rp.VersionID = f.LiveVersionID; in.Version != 0 {
		rp.VersionID, err = r.store.VersionID(ctx, f.ID, in.Version)
		if errors.Is(err, engine.ErrNotFound) {
			err = &api.InputError{Path: "version", Message: "is no version of the flow", Remedy: "give the number of a published one"}
		}
	}
	if err == nil && rp.VersionID == "" {
		err = api.Conflict("no-live-version", nil)
	}
	return rp, err
}
