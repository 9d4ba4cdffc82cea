package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/retention"
)

// Retention keeps how long a workspace keeps things.
type Retention interface {
	// Ages returns what the workspace has chosen, and what holds where it has not.
	Ages(ctx context.Context, workspaceID string) (retention.Chosen, retention.Ages, error)
	// SaveRetention stores what the workspace chooses. A conflict names the flows that need more.
	SaveRetention(ctx context.Context, workspaceID string, c retention.Chosen) error
}

func (r *rest) retention() {
	const tag = "Retention"
	register(r, operation{method: http.MethodGet, path: "/retention", id: "get-retention", summary: "Get how long things are kept", tag: tag, scope: access.Read},
		func(ctx context.Context, _ *struct{}) (*body[api.Retention], error) { return r.ages(ctx) })
	register(r, operation{method: http.MethodPut, path: "/retention", id: "save-retention", summary: "Choose how long things are kept", tag: tag, scope: access.Admin,
		description: "In days, 0: for ever. It takes the place of what was chosen before; what is left out is kept as the installation says. What is older then goes within hours, and does not come back. Live flows that wait for an answer for longer than runs would be kept are named by 409."},
		func(ctx context.Context, in *struct{ Body api.Ages }) (*body[api.Retention], error) {
			chosen := retention.Chosen(in.Body)
			var wrong *retention.Problem
			if err := chosen.Check(); errors.As(err, &wrong) {
				return nil, &api.InputError{Path: wrong.Path, Message: wrong.Message, Remedy: wrong.Remedy}
			}
			if err := r.Retention.SaveRetention(ctx, workspace(ctx), chosen); err != nil {
				return nil, err
			}
			return r.ages(ctx)
		})
}

func (r *rest) ages(ctx context.Context) (*body[api.Retention], error) {
	chosen, installation, err := r.Retention.Ages(ctx, workspace(ctx))
	return answer(api.RetentionOf(chosen, installation)), err
}
