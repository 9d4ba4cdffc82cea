package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

type callerKey struct{}

const (
	// cookieName is the cookie of a person's session.
	cookieName = "cordboard_session"
	// consoleHeader marks a request as the console's own: another site can't make a browser send it. Whoever has a
	// session needs it for everything but reading.
	consoleHeader = "X-Cordboard-Console"
	// workspaceHeader says in which workspace a page of the console believes to be. Another page of the browser may have
	// taken the session elsewhere, and what is meant for one workspace must not happen in another. What is about the person alone is not asked.
	workspaceHeader = "X-Cordboard-Workspace"
)

// public lets everybody do an operation. It is no scope that a token can have.
const public access.Scope = "public"

// require lets only those callers through who hold an operation's scope.
func (r *rest) require(op operation) func(huma.Context, func(huma.Context)) {
	scope := op.scope
	return func(c huma.Context, next func(huma.Context)) {
		request := humafiber.Unwrap(c).GetRespHeader(requestIDHeader)
		if scope == public {
			next(huma.WithContext(c, access.ActingAs(c.Context(), access.Actor{RequestID: request})))
			return
		}
		who, err := r.authenticate(c)
		var p *api.Problem
		switch {
		case errors.Is(err, access.ErrDenied):
			c.SetHeader("WWW-Authenticate", `Bearer realm="cordboard"`)
			p = problem(http.StatusUnauthorized, "Sign in, or send a valid API token as Authorization: Bearer cb_….")
		case errors.Is(err, errForeign):
			p = problem(http.StatusForbidden, "With a session, a request that changes something needs the header "+consoleHeader+": 1.")
		case err != nil:
			p = problemOf(c.Context(), r.Log, err)
		default:
			p = r.within(c, who)
		}
		switch {
		case p != nil:
		case !op.withoutFactor && c.Header(workspaceHeader) != "" && c.Header(workspaceHeader) != who.WorkspaceID:
			p = problem(http.StatusConflict, "You have gone to another workspace in another tab. Load the page again.")
			p.Type = otherWorkspace
		case who.LacksFactor && !op.withoutFactor:
			p = problem(http.StatusForbidden, "Your workspace asks for a second factor, and you have none. Set one up in the console, or by POST /session/totp; until then you can do nothing else.", api.Detail{Path: "second_factor", Message: "is missing"})
		case !who.Allows(scope):
			p = problem(http.StatusForbidden, "This needs a role or a token with the scope "+string(scope)+".")
		case op.proved && who.Session.ID != "" && !who.Session.Proved:
			p = problemOf(c.Context(), r.Log, access.ErrProofNeeded)
		default:
			c = huma.WithValue(c, callerKey{}, who)
			next(huma.WithContext(c, access.ActingAs(c.Context(), access.Actor{WorkspaceID: who.WorkspaceID, ID: who.ID, RequestID: request})))
			return
		}
		r.refuse(c, p)
	}
}

// refuse ends a request before its operation.
func (r *rest) refuse(c huma.Context, p *api.Problem) {
	c.SetHeader("Content-Type", problemType)
	c.SetStatus(p.Status)
	_ = r.api.Marshal(c.BodyWriter(), "application/json", p) // a client that is gone does not read it
}

// errForeign is a request with a session's cookie that may have been made by another site's page.
var errForeign = errors.New("not made by the console")

// authenticate finds out who makes a request: by its token, or else by its session.
func (r *rest) authenticate(c huma.Context) (access.Caller, error) {
	by := credentialsOf(c)
	if m := c.Method(); by.cookie != "" && m != http.MethodGet && m != http.MethodHead && c.Header(consoleHeader) == "" {
		return access.Caller{}, errForeign
	}
	return r.verify(c.Context(), by)
}

// credentials are what a request shows: a token or a session's cookie.
type credentials struct{ token, cookie string }

func credentialsOf(c huma.Context) credentials {
	if scheme, text, ok := strings.Cut(c.Header("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return credentials{token: strings.TrimSpace(text)}
	}
	if cookie, err := huma.ReadCookie(c, cookieName); err == nil {
		return credentials{cookie: cookie.Value}
	}
	return credentials{}
}

// verify says whose credentials they are, or access.ErrDenied.
func (r *rest) verify(ctx context.Context, by credentials) (access.Caller, error) {
	switch {
	case by.token != "":
		token, err := r.Tokens.Verify(ctx, by.token)
		return token.Caller(), err
	case by.cookie != "":
		session, user, err := r.People.Session(ctx, by.cookie)
		return user.Caller(session), err
	}
	return access.Caller{}, access.ErrDenied
}

// caller returns who makes the request; require has put it there.
func caller(ctx context.Context) access.Caller {
	who, _ := ctx.Value(callerKey{}).(access.Caller)
	return who
}

// workspace is the one that the request is about: its caller's.
func workspace(ctx context.Context) string { return caller(ctx).WorkspaceID }
