package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

// IDPath names a row.
type IDPath struct {
	ID string `path:"id" maxLength:"64"`
}

type runList struct {
	Paging
	Status  string `query:"status" enum:"queued,running,waiting,succeeded,failed,cancelled"`
	Flow    string `query:"flow" maxLength:"100" doc:"A flow's name."`
	Contact string `query:"contact" maxLength:"64" doc:"A contact's id."`
}

type cancelRun struct {
	IDPath
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"For whoever looks at the run later."`
	}
}

func (r *rest) runs() {
	const tag = "Runs"
	register(r, operation{method: http.MethodGet, path: "/runs", id: "list-runs", summary: "List runs", tag: tag, scope: access.Read}, r.listRuns)
	register(r, operation{method: http.MethodGet, path: "/runs/{id}", id: "get-run", summary: "Get a run with its timeline", tag: tag, scope: access.Read}, r.getRun)
	register(r, operation{method: http.MethodPost, path: "/runs/{id}/cancel", id: "cancel-run", summary: "Cancel a run", tag: tag, scope: access.Write, status: http.StatusNoContent},
		func(ctx context.Context, in *cancelRun) (*none, error) {
			var reason string
			if in.Body != nil {
				reason = in.Body.Reason
			}
			return nil, r.Runs.Cancel(ctx, workspace(ctx), in.ID, reason)
		})
}

func (r *rest) listRuns(ctx context.Context, in *runList) (*body[api.List[api.Run]], error) {
	filter := inspect.RunFilter{Status: run.Status(in.Status), ContactID: in.Contact}
	if in.Flow != "" {
		f, err := r.Flows.Flow(ctx, workspace(ctx), in.Flow)
		if err != nil {
			return nil, err
		}
		filter.FlowID = f.ID
	}
	runs, err := r.History.ListRuns(ctx, workspace(ctx), filter, in.page())
	return answer(api.Page(runs, in.page().Size(), api.RunOf, func(v api.Run) string { return v.ID })), err
}

func (r *rest) getRun(ctx context.Context, in *IDPath) (*body[api.RunDetail], error) {
	d, err := r.History.RunDetail(ctx, workspace(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	// Events may be gone before the runs that they started.
	started, err := r.History.Event(ctx, workspace(ctx), d.Run.EventID)
	if errors.Is(err, engine.ErrNotFound) {
		started, err = event.Event{}, nil
	}
	return answer(api.RunDetailOf(d, started)), err
}

type waitList struct {
	Paging
	State string `query:"state" enum:"open,replied,no_response,undelivered,cancelled"`
}

func (r *rest) waits() {
	const tag = "Waits"
	register(r, operation{method: http.MethodGet, path: "/waits", id: "list-waits", summary: "List waits", tag: tag, scope: access.Read},
		func(ctx context.Context, in *waitList) (*body[api.List[api.Wait]], error) {
			waits, err := r.History.ListWaits(ctx, workspace(ctx), run.WaitState(in.State), in.page())
			shape := func(w run.Wait) api.Wait { return api.WaitOf(w, nil) }
			return answer(api.Page(waits, in.page().Size(), shape, func(v api.Wait) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/waits/{id}", id: "get-wait", summary: "Get a wait with its timeline", tag: tag, scope: access.Read}, r.getWait)
}

func (r *rest) getWait(ctx context.Context, in *IDPath) (*body[api.Wait], error) {
	w, err := r.History.Wait(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if w.WorkspaceID != workspace(ctx) {
		return nil, engine.ErrNotFound
	}
	d, err := r.History.RunDetail(ctx, workspace(ctx), w.RunID)
	return answer(api.WaitOf(w, d.WaitEvents)), err
}
