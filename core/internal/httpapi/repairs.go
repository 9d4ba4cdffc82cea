package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Repairs does things to several runs at once. Its errors are *api.InputError and flow.Problems for a request that can't
// be carried out.
type Repairs interface {
	// PlanRepair says what StartRepair would do, and does nothing.
	PlanRepair(ctx context.Context, workspaceID string, in api.RepairPlanRequest) (engine.Plan, error)
	// StartRepair begins a repair and does not wait for it.
	StartRepair(ctx context.Context, workspaceID string, in api.RepairRequest) (engine.Repair, error)
	// StopRepair ends a repair that is under way; what was done stays done.
	StopRepair(ctx context.Context, workspaceID, repairID string) error
	Repair(ctx context.Context, workspaceID, repairID string) (engine.Repair, error)
	ListRepairs(ctx context.Context, workspaceID string, p list.Page) ([]engine.Repair, error)
	RepairedRuns(ctx context.Context, workspaceID, repairID string, p list.Page) ([]engine.Repaired, error)
}

func (r *rest) repairs() {
	const tag = "Repairs"
	register(r, operation{method: http.MethodPost, path: "/repairs/plan", id: "plan-repair", summary: "Say what a repair would do", tag: tag, scope: access.Operate, key: noKey,
		description: "Nothing changes. Each run is judged as it is now; the newest two thousand of those meant are looked at."},
		func(ctx context.Context, in *struct{ Body api.RepairPlanRequest }) (*body[api.RepairPlan], error) {
			p, err := r.Repairs.PlanRepair(ctx, workspace(ctx), in.Body)
			return answer(api.RepairPlanOf(p)), err
		})
	register(r, operation{method: http.MethodPost, path: "/repairs", id: "start-repair", summary: "Do something to several runs", tag: tag, scope: access.Operate, status: http.StatusCreated,
		description: "It is done in the background, run by run, each by one transition that loses to whatever comes first; a restart does not stop it. Runs that begin later are never meant."},
		func(ctx context.Context, in *struct{ Body api.RepairRequest }) (*body[api.Repair], error) {
			made, err := r.Repairs.StartRepair(ctx, workspace(ctx), in.Body)
			return answer(api.RepairOf(made)), err
		})
	register(r, operation{method: http.MethodGet, path: "/repairs", id: "list-repairs", summary: "List repairs", tag: tag, scope: access.Read},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Repair]], error) {
			found, err := r.Repairs.ListRepairs(ctx, workspace(ctx), in.page())
			return answer(api.Page(found, in.page().Size(), api.RepairOf, func(v api.Repair) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/repairs/{id}", id: "get-repair", summary: "Get a repair", tag: tag, scope: access.Read},
		func(ctx context.Context, in *IDPath) (*body[api.Repair], error) {
			found, err := r.Repairs.Repair(ctx, workspace(ctx), in.ID)
			return answer(api.RepairOf(found)), err
		})
	register(r, operation{method: http.MethodGet, path: "/repairs/{id}/runs", id: "list-repaired-runs", summary: "List what a repair did to each run", tag: tag, scope: access.Read},
		func(ctx context.Context, in *struct {
			IDPath
			Paging
		}) (*body[api.List[api.RepairedRun]], error) {
			if _, err := r.Repairs.Repair(ctx, workspace(ctx), in.ID); err != nil {
				return nil, err
			}
			did, err := r.Repairs.RepairedRuns(ctx, workspace(ctx), in.ID, in.page())
			return answer(api.Page(did, in.page().Size(), api.RepairedRunOf, func(v api.RepairedRun) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodPost, path: "/repairs/{id}/stop", id: "stop-repair", summary: "Stop a repair that is under way", tag: tag, scope: access.Operate, status: http.StatusNoContent},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.Repairs.StopRepair(ctx, workspace(ctx), in.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/runs/{id}/replay", id: "replay-run", summary: "Begin a run anew with the same event", tag: "Runs", scope: access.Operate, key: ownKey, status: http.StatusCreated,
		description: "The new run is about the same contact and makes all its calls again; the old one stays as it is, and each names the other."}, r.replayRun)
	register(r, operation{method: http.MethodPost, path: "/runs/{id}/settle", id: "settle-run", summary: "Say what became of a call whose outcome is not known", tag: "Runs", scope: access.Operate, status: http.StatusNoContent,
		description: "For a run that failed with a failure of kind unknown."},
		func(ctx context.Context, in *struct {
			IDPath
			Body api.Settle
		}) (*none, error) {
			return nil, r.Runs.Settle(ctx, workspace(ctx), in.ID, run.Settle{As: run.Settled(in.Body.As), Output: in.Body.Output})
		})
	register(r, operation{method: http.MethodPost, path: "/waits/{id}/timeout", id: "time-out-wait", summary: "Take a wait for unanswered now", tag: "Waits", scope: access.Operate,
		description: "The run takes no_response as if the time were over. A wait that is over gives 409 with its state, who closed it and when."},
		func(ctx context.Context, in *IDPath) (*body[api.Wait], error) {
			w, err := r.Waits.TimeOut(ctx, workspace(ctx), in.ID)
			return answer(api.WaitOf(w, nil)), err
		})
}

type replayRun struct {
	IDPath
	Key  string      `header:"Idempotency-Key" maxLength:"200" doc:"The same key again begins nothing and finds the first one's run."`
	Body *api.Replay `required:"false"`
}

func (r *rest) replayRun(ctx context.Context, in *replayRun) (*body[api.Replayed], error) {
	same := in.Body != nil && in.Body.Version == "same"
	newRunID, err := r.Runs.Replay(ctx, workspace(ctx), in.ID, in.Key, same)
	return answer(api.Replayed{RunID: newRunID}), err
}
