package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/delivery"
)

type createEndpoint struct {
	Body struct {
		URL         string   `json:"url" minLength:"1" maxLength:"2000" doc:"Where requests are sent: http or https."`
		Description string   `json:"description,omitempty" maxLength:"200"`
		Events      []string `json:"events" minItems:"1" maxItems:"50" doc:"Types of events, or beginnings such as run.*; * is all."`
		Signature   string   `json:"signature,omitempty" enum:"v1,v1a" doc:"Of Standard Webhooks: v1 with a secret (the default), v1a with a public key."`
	}
}

type changeEndpoint struct {
	IDPath
	Body struct {
		URL         *string                `json:"url,omitempty" maxLength:"2000"`
		Description *string                `json:"description,omitempty" maxLength:"200"`
		Events      []string               `json:"events,omitempty" maxItems:"50"`
		State       delivery.EndpointState `json:"state,omitempty" enum:"active,disabled" doc:"What waits for a disabled endpoint is sent when it is active again."`
	}
}

type recoverEndpoint struct {
	IDPath
	Body struct {
		Since  time.Time `json:"since"`
		DryRun bool      `json:"dry_run,omitempty" doc:"Only count."`
	}
}

type listDeliveries struct {
	Paging
	Endpoint string                 `query:"endpoint" doc:"Only of the endpoint with this id."`
	State    delivery.DeliveryState `query:"state" enum:"pending,delivered,failed"`
	Type     string                 `query:"type" doc:"Only of this type of event."`
}

// endpoints manages outgoing webhooks and shows what became of them.
func (r *rest) endpoints() {
	const tag = "Endpoints"
	withSecret := func(e delivery.Endpoint, secret string, err error) (*body[api.EndpointSecret], error) {
		return answer(api.EndpointSecret{Endpoint: api.EndpointOf(e), Secret: secret}), err
	}
	register(r, operation{method: http.MethodGet, path: "/endpoints", id: "list-endpoints", summary: "List endpoints", tag: tag, scope: access.Read},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Endpoint]], error) {
			all, err := r.Endpoints.List(ctx, workspace(ctx), in.page())
			if err != nil {
				return nil, err
			}
			day, err := r.Stats.DeliveriesSince(ctx, workspace(ctx), time.Now().Add(-24*time.Hour))
			shape := func(e delivery.Endpoint) api.Endpoint {
				out, n := api.EndpointOf(e), day[e.ID]
				out.Day = &api.EndpointDay{Delivered: n[delivery.Delivered], Pending: n[delivery.Pending], Failed: n[delivery.Failed]}
				return out
			}
			return answer(api.Page(all, in.page().Size(), shape, func(e api.Endpoint) string { return e.ID })), err
		})
	register(r, operation{method: http.MethodPost, path: "/endpoints", id: "create-endpoint", summary: "Make an endpoint", tag: tag, scope: access.Write, status: http.StatusCreated,
		description: "Each event that the filter takes is sent there as a signed POST (Standard Webhooks), and again until it is answered with 2xx."},
		func(ctx context.Context, in *createEndpoint) (*body[api.EndpointSecret], error) {
			return withSecret(r.Endpoints.Create(ctx, workspace(ctx), delivery.Draft{URL: &in.Body.URL, Description: &in.Body.Description, Events: in.Body.Events, Signature: in.Body.Signature}))
		})
	register(r, operation{method: http.MethodGet, path: "/endpoints/{id}", id: "get-endpoint", summary: "Show an endpoint", tag: tag, scope: access.Read},
		func(ctx context.Context, in *IDPath) (*body[api.Endpoint], error) {
			e, err := r.Endpoints.Endpoint(ctx, workspace(ctx), in.ID)
			return answer(api.EndpointOf(e)), err
		})
	register(r, operation{method: http.MethodPatch, path: "/endpoints/{id}", id: "change-endpoint", summary: "Change an endpoint, or switch it on or off", tag: tag, scope: access.Write},
		func(ctx context.Context, in *changeEndpoint) (*body[api.Endpoint], error) {
			e, err := r.Endpoints.Change(ctx, workspace(ctx), in.ID, delivery.Draft{URL: in.Body.URL, Description: in.Body.Description, Events: in.Body.Events, State: in.Body.State})
			return answer(api.EndpointOf(e)), err
		})
	register(r, operation{method: http.MethodDelete, path: "/endpoints/{id}", id: "delete-endpoint", summary: "Delete an endpoint with its deliveries", tag: tag, scope: access.Write, status: http.StatusNoContent},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.Endpoints.Delete(ctx, workspace(ctx), in.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/endpoints/{id}/secret", id: "rotate-endpoint-secret", summary: "Make a new signing secret; the one before signs too for a day", tag: tag, scope: access.Write},
		func(ctx context.Context, in *IDPath) (*body[api.EndpointSecret], error) {
			return withSecret(r.Endpoints.Rotate(ctx, workspace(ctx), in.ID))
		})
	register(r, operation{method: http.MethodPost, path: "/endpoints/{id}/test", id: "test-endpoint", summary: "Send an event of the type endpoint.test, once", tag: tag, scope: access.Operate, status: http.StatusAccepted},
		func(ctx context.Context, in *IDPath) (*body[api.DeliveryID], error) {
			deliveryID, err := r.Endpoints.Test(ctx, workspace(ctx), in.ID)
			return answer(api.DeliveryID{ID: deliveryID}), err
		})
	register(r, operation{method: http.MethodPost, path: "/endpoints/{id}/recover", id: "recover-endpoint", summary: "Send what the endpoint has missed since a time", tag: tag, scope: access.Operate, status: http.StatusAccepted},
		func(ctx context.Context, in *recoverEndpoint) (*body[api.Recovered], error) {
			does := r.Endpoints.Recover
			if in.Body.DryRun {
				does = r.Endpoints.Missed
			}
			n, err := does(ctx, workspace(ctx), in.ID, in.Body.Since)
			return answer(api.Recovered{Deliveries: n}), err
		})
	register(r, operation{method: http.MethodGet, path: "/deliveries", id: "list-deliveries", summary: "List deliveries to endpoints", tag: tag, scope: access.Read},
		func(ctx context.Context, in *listDeliveries) (*body[api.List[api.Delivery]], error) {
			all, err := r.Endpoints.Deliveries(ctx, workspace(ctx), delivery.Filter{EndpointID: in.Endpoint, State: in.State, Type: in.Type}, in.page())
			return answer(api.Page(all, in.page().Size(), api.DeliveryOf, func(d api.Delivery) string { return d.ID })), err
		})
	register(r, operation{method: http.MethodGet, path: "/deliveries/{id}", id: "get-delivery", summary: "Show a delivery with its attempts", tag: tag, scope: access.Read},
		func(ctx context.Context, in *IDPath) (*body[api.DeliveryLog], error) {
			d, err := r.Endpoints.Delivery(ctx, workspace(ctx), in.ID)
			return answer(api.DeliveryLogOf(d)), err
		})
	register(r, operation{method: http.MethodPost, path: "/deliveries/{id}/resend", id: "resend-delivery", summary: "Send a delivery again under the same webhook-id", tag: tag, scope: access.Operate, status: http.StatusAccepted},
		func(ctx context.Context, in *IDPath) (*body[api.DeliveryID], error) {
			return answer(api.DeliveryID{ID: in.ID}), r.Endpoints.Resend(ctx, workspace(ctx), in.ID)
		})
}
