package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

type createToken struct {
	Body struct {
		Name      string         `json:"name" minLength:"1" maxLength:"100" doc:"Where it is used."`
		Scopes    []access.Scope `json:"scopes" minItems:"1" doc:"read, operate, write, admin; each holds the ones before it."`
		ExpiresAt time.Time      `json:"expires_at,omitempty" doc:"Left out: never."`
	}
}

func (r *rest) tokens() {
	const tag = "Tokens"
	register(r, operation{method: http.MethodGet, path: "/tokens", id: "list-tokens", summary: "List API tokens", tag: tag, scope: access.Admin},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Token]], error) {
			tokens, err := r.Tokens.List(ctx, workspace(ctx), in.page())
			return answer(api.Page(tokens, in.page().Size(), api.TokenOf, func(v api.Token) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodPost, path: "/tokens", id: "create-token", summary: "Make an API token", tag: tag, scope: access.Admin, proved: true, status: http.StatusCreated,
		description: "The answer holds the token; it is not stored and can't be shown again."},
		func(ctx context.Context, in *createToken) (*body[api.NewToken], error) {
			t, text, err := r.Tokens.Create(ctx, access.NewToken{WorkspaceID: workspace(ctx), Name: in.Body.Name, Scopes: in.Body.Scopes, ExpiresAt: in.Body.ExpiresAt})
			return answer(api.NewToken{Token: api.TokenOf(t), Text: text}), err
		})
	register(r, operation{method: http.MethodDelete, path: "/tokens/{id}", id: "revoke-token", summary: "Revoke an API token at once", tag: tag, scope: access.Admin, status: http.StatusNoContent},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.Tokens.Revoke(ctx, workspace(ctx), in.ID)
		})
}
