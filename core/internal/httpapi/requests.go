package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
)

// Requests shows the webhook requests that came.
type Requests interface {
	ListRequests(ctx context.Context, workspaceID string, f inspect.RequestFilter, p list.Page) ([]inspect.Request, error)
	RequestDetail(ctx context.Context, workspaceID, requestID string) (inspect.RequestDetail, error)
	// ReadAgain has a request read once more. A conflict says that it is still to be read or was not kept.
	ReadAgain(ctx context.Context, workspaceID, requestID string) error
}

type requestList struct {
	Paging
	Verdict    string `query:"verdict" enum:"received,read,failed,duplicate,bad_signature,too_old,bad_handshake,too_large,bad_encoding,malformed,overloaded"`
	Connection string `query:"connection" maxLength:"64" doc:"A connection's id."`
}

func (r *rest) requests() {
	const tag = "Webhooks in"
	register(r, operation{method: http.MethodGet, path: "/requests", id: "list-requests", summary: "List webhook requests", tag: tag, scope: access.Read,
		description: "Those that were kept, and a sample of those that were not: at most the newest hundred of each address, with a beginning of the body and without what may be a secret."},
		func(ctx context.Context, in *requestList) (*body[api.List[api.Request]], error) {
			f := inspect.RequestFilter{Verdict: inspect.Verdict(in.Verdict), ConnectionID: in.Connection}
			requests, err := r.Requests.ListRequests(ctx, workspace(ctx), f, in.page())
			return answer(api.Page(requests, in.page().Size(), api.RequestOf, func(v api.Request) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/requests/{id}", id: "get-request", summary: "Get a webhook request with what came of it", tag: tag, scope: access.Read},
		func(ctx context.Context, in *IDPath) (*body[api.RequestDetail], error) {
			d, err := r.Requests.RequestDetail(ctx, workspace(ctx), in.ID)
			return answer(api.RequestDetailOf(d)), err
		})
	register(r, operation{method: http.MethodPost, path: "/requests/{id}/read", id: "read-request", summary: "Have a webhook request read again", tag: tag, scope: access.Operate, status: http.StatusAccepted,
		description: "For one that could not be read, when its connector has been mended. What it brought before is known by its key and does not happen twice."},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.Requests.ReadAgain(ctx, workspace(ctx), in.ID)
		})
}
