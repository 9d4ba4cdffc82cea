package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

type tokenKey struct{}

// require lets only requests through whose token holds a scope.
func (r *rest) require(scope access.Scope) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		token, err := r.authenticate(c)
		var p *api.Problem
		switch {
		case errors.Is(err, access.ErrDenied):
			c.SetHeader("WWW-Authenticate", `Bearer realm="cordboard"`)
			p = problem(http.StatusUnauthorized, "Send a valid API token as Authorization: Bearer cb_….")
		case err != nil:
			p = problemOf(c.Context(), r.Log, err)
		case !token.Allows(scope):
			p = problem(http.StatusForbidden, "This needs a token with the scope "+string(scope)+".")
		default:
			next(huma.WithValue(c, tokenKey{}, token))
			return
		}
		c.SetHeader("Content-Type", problemType)
		c.SetStatus(p.Status)
		_ = r.api.Marshal(c.BodyWriter(), "application/json", p) // a client that is gone does not read it
	}
}

func (r *rest) authenticate(c huma.Context) (access.Token, error) {
	scheme, text, ok := strings.Cut(c.Header("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return access.Token{}, access.ErrDenied
	}
	return r.Tokens.Verify(c.Context(), strings.TrimSpace(text))
}

// caller returns the token of the request; require has put it there.
func caller(ctx context.Context) access.Token {
	t, _ := ctx.Value(tokenKey{}).(access.Token)
	return t
}

// workspace is the one that the request is about: its token's.
func workspace(ctx context.Context) string { return caller(ctx).WorkspaceID }
