package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

// Renter rents waits to outside systems.
type Renter interface {
	// Rent begins a wait that no flow asks for. A second ask with the same key finds the first one's. The error is a
	// *publish.RentalError or an *api.InputError for what can't be asked for.
	Rent(ctx context.Context, workspaceID, key, by string, in api.RentWait) (api.RentedWait, error)
}

func (r *rest) rentedWaits() {
	register(r, operation{method: http.MethodPost, path: "/waits", id: "create-wait", summary: "Wait for a contact's answer without a flow", tag: "Waits", scope: access.Operate, key: ownKey, status: http.StatusCreated,
		description: "For a system that has a question of its own: the gateway waits, on the terms of a customer_response step, and tells the end by the events wait.replied, wait.no_response, wait.invalid, wait.undelivered and wait.cancelled. With ask it sends the question first, and answers once that is sent or after ten seconds."},
		r.createWait)
}

type createWait struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"The same key again begins nothing and finds the first one's wait."`
	Body api.RentWait
}

func (r *rest) createWait(ctx context.Context, in *createWait) (*body[api.RentedWait], error) {
	rented, err := r.Renter.Rent(ctx, workspace(ctx), in.Key, caller(ctx).ID, in.Body)
	return answer(rented), err
}
