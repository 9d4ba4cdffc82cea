package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// IDPath names a row.
type IDPath struct {
	ID string `path:"id" maxLength:"64"`
}

type runList struct {
	Paging
	Status  string    `query:"status" enum:"queued,running,waiting,succeeded,failed,cancelled"`
	Phase   string    `query:"phase" enum:"calling,backing_off,held,settling,sleeping,asking,joining" doc:"What the step at which they are is doing."`
	Flow    string    `query:"flow" maxLength:"100" doc:"A flow's name."`
	Version int       `query:"version" minimum:"1" doc:"Number of the flow's version."`
	Contact string    `query:"contact" maxLength:"64" doc:"A contact's id."`
	Failure string    `query:"failure" enum:"invalid,unauthorized,rate_limited,retryable,permanent,unknown" doc:"The kind of failure that ended them."`
	Since   time.Time `query:"since" doc:"Began then or later."`
	Until   time.Time `query:"until" doc:"Began before."`
	Longer  float64   `query:"longer_than_seconds" minimum:"0" maximum:"31536000" doc:"Have taken longer than that, until now if they have not ended."`
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
	register(r, operation{method: http.MethodPost, path: "/runs/{id}/retry", id: "retry-run", summary: "Take up a failed run at the step that failed", tag: tag, scope: access.Operate, status: http.StatusNoContent,
		description: "The call is made again with the same input and the same idempotency key; steps that had run stay as they are. The answer does not wait for the call."},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.Runs.Retry(ctx, workspace(ctx), in.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/runs/{id}/resume", id: "resume-run", summary: "Resume a run that a person's message has paused", tag: tag, scope: access.Operate, status: http.StatusNoContent,
		description: "Its question goes on waiting, with as much time left as it had."},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.Runs.Resume(ctx, workspace(ctx), in.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/runs/{id}/cancel", id: "cancel-run", summary: "Cancel a run", tag: tag, scope: access.Operate, status: http.StatusNoContent},
		func(ctx context.Context, in *cancelRun) (*none, error) {
			var reason string
			if in.Body != nil {
				reason = in.Body.Reason
			}
			return nil, r.Runs.Cancel(ctx, workspace(ctx), in.ID, reason)
		})
	register(r, operation{method: http.MethodPost, path: "/flows/{name}/start", id: "start-flow", summary: "Start runs of a flow", tag: tag, scope: access.Operate, key: ownKey, status: http.StatusCreated,
		description: "What is given as data is what the flow reads as event. For a flow with a connector's trigger it must have the shape that the trigger brings."},
		r.startFlow)
}

// startFlow is one start, or a batch of them.
type startFlow struct {
	FlowPath
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"The same key again begins nothing and finds the first one's runs."`
	Body struct {
		api.Start
		Batch []api.Start `json:"batch,omitempty" maxItems:"100" doc:"Several starts in the place of contact and data. All are checked before the first begins. Should the gateway fail in the middle, repeat the request with the same Idempotency-Key."`
	}
}

func (r *rest) startFlow(ctx context.Context, in *startFlow) (*body[api.StartedRuns], error) {
	starts := in.Body.Batch
	if len(starts) == 0 {
		starts = []api.Start{in.Body.Start}
	} else if in.Body.Contact != nil || in.Body.Data != nil {
		return nil, &api.InputError{Path: "batch", Message: "stands beside contact or data", Remedy: "move them into the batch"}
	}
	for i, s := range starts {
		if err := r.Runs.CheckStart(ctx, workspace(ctx), in.Name, s); err != nil {
			return nil, inBatch(err, i, len(in.Body.Batch) > 0)
		}
	}
	out := api.StartedRuns{Runs: make([]api.Started, len(starts))}
	for i, s := range starts {
		key := in.Key
		if key != "" {
			key += "#" + strconv.Itoa(i)
		}
		var err error
		if out.Runs[i], err = r.Runs.Start(ctx, workspace(ctx), in.Name, key, s); err != nil {
			return nil, err
		}
	}
	return answer(out), nil
}

// inBatch says which entry of a batch an input error is about.
func inBatch(err error, i int, batch bool) error {
	var input *flow.InputError
	if !batch || !errors.As(err, &input) {
		return err
	}
	located := &flow.InputError{}
	for _, p := range input.Problems {
		p.Path = fmt.Sprintf("batch[%d].%s", i, p.Path)
		located.Problems = append(located.Problems, p)
	}
	return located
}

func (r *rest) listRuns(ctx context.Context, in *runList) (*body[api.List[api.Run]], error) {
	filter := inspect.RunFilter{
		Status: run.Status(in.Status), Phase: run.Phase(in.Phase), Version: in.Version, ContactID: in.Contact, Failure: protocol.FailureKind(in.Failure),
		Since: in.Since, Until: in.Until, Longer: time.Duration(in.Longer * float64(time.Second)),
	}
	if in.Flow != "" {
		f, err := r.Flows.Flow(ctx, workspace(ctx), in.Flow)
		if err != nil {
			return nil, err
		}
		filter.FlowID = f.ID
	}
	runs, err := r.History.ListRuns(ctx, workspace(ctx), filter, in.page())
	return answer(api.Page(runs, in.page().Size(), api.ListedRunOf, func(v api.Run) string { return v.ID })), err
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
	Contact string `query:"contact" maxLength:"64" doc:"A contact's id."`
	State   string `query:"state" enum:"open,replied,no_response,invalid,undelivered,cancelled"`
}

func (r *rest) waits() {
	const tag = "Waits"
	register(r, operation{method: http.MethodGet, path: "/waits", id: "list-waits", summary: "List waits", tag: tag, scope: access.Read},
		func(ctx context.Context, in *waitList) (*body[api.List[api.Wait]], error) {
			waits, err := r.History.ListWaits(ctx, workspace(ctx), inspect.WaitFilter{State: run.WaitState(in.State), ContactID: in.Contact}, in.page())
			shape := func(w run.Wait) api.Wait { return api.WaitOf(w, nil) }
			return answer(api.Page(waits, in.page().Size(), shape, func(v api.Wait) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/waits/{id}", id: "get-wait", summary: "Get a wait with its timeline", tag: tag, scope: access.Read}, r.getWait)
	register(r, operation{method: http.MethodPost, path: "/waits/{id}/reply", id: "answer-wait", summary: "Answer for the contact", tag: tag, scope: access.Operate, key: ownKey,
		description: "The run goes on as if the contact had said it. A wait that is over gives 409 with its state, who closed it and when."},
		r.answerWait)
}

type answerWait struct {
	IDPath
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"The same key again gets the first result."`
	Body api.Answer
}

func (r *rest) answerWait(ctx context.Context, in *answerWait) (*body[api.Wait], error) {
	if in.Body.Text == "" && in.Body.Payload == "" {
		return nil, &api.InputError{Path: "text", Message: "is missing", Remedy: "say what the contact would have written, or give payload"}
	}
	w, err := r.Waits.Answer(ctx, workspace(ctx), in.ID, in.Key, in.Body)
	return answer(api.WaitOf(w, nil)), err
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
	return answer(api.WaitOf(w, d.WaitEvents).With(api.RentedBy(d.Run))), err
}
