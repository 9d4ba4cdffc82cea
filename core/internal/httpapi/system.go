package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

// System tells how the installation stands, which is nothing of one workspace.
type System interface {
	System(ctx context.Context) (api.System, error)
	// Reseal seals every stored secret with the newest key. A conflict says why it can't be done yet.
	Reseal(ctx context.Context) (api.Resealed, error)
}

func (r *rest) system() {
	const tag = "System"
	const forWhom = "For admins of the first workspace, who run the gateway."
	register(r, operation{method: http.MethodGet, path: "/system", id: "get-system", summary: "Get how the gateway stands", tag: tag, scope: access.Admin, description: forWhom},
		func(ctx context.Context, _ *struct{}) (*body[api.System], error) {
			if err := r.runsIt(ctx); err != nil {
				return nil, err
			}
			out, err := r.System.System(ctx)
			return answer(out), err
		})
	register(r, operation{method: http.MethodPost, path: "/system/reseal", id: "reseal-secrets", summary: "Seal every secret with the newest key", tag: tag, scope: access.Admin, proved: true,
		description: forWhom + " It changes nothing while a node runs that does not seal with that key: 409. It may be broken off and begun again."},
		func(ctx context.Context, _ *struct{}) (*body[api.Resealed], error) {
			if err := r.runsIt(ctx); err != nil {
				return nil, err
			}
			out, err := r.System.Reseal(ctx)
			return answer(out), err
		})
}

// runsIt refuses who belongs to another workspace than that of those who run the gateway.
func (r *rest) runsIt(ctx context.Context) error {
	if workspace(ctx) == r.FirstWorkspace {
		return nil
	}
	return api.Refusal(http.StatusForbidden, "not-running-it", nil)
}
