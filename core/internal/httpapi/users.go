package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

type invite struct {
	Body struct {
		Email string      `json:"email" minLength:"1" maxLength:"254"`
		Name  string      `json:"name,omitempty" maxLength:"100"`
		Role  access.Role `json:"role" enum:"viewer,operator,builder,admin,owner"`
	}
}

type changeUser struct {
	IDPath
	Body struct {
		Name     *string      `json:"name,omitempty" maxLength:"100"`
		Role     *access.Role `json:"role,omitempty" enum:"viewer,operator,builder,admin,owner"`
		Disabled *bool        `json:"disabled,omitempty" doc:"Who is disabled is signed out at once."`
	}
}

type setSecondFactor struct {
	Body struct {
		RequiredOf string `json:"required_of" enum:"default,nobody,admins,everybody" doc:"default: of admins, but of nobody while the console is reached from its own machine only."`
	}
}

// users manages people. A token has no role, so it can't make an owner: it leaks more easily than a session.
func (r *rest) users() {
	const tag = "Users"
	linked := func(u access.User, link string, err error) (*body[api.UserLink], error) {
		out := api.UserLink{User: api.UserOf(u)}
		if link != "" {
			out.Link = r.PublicURL + "/welcome#link=" + link
		}
		return answer(out), err
	}
	register(r, operation{method: http.MethodGet, path: "/roles", id: "list-roles", summary: "List what each role may do", tag: tag, scope: access.Read},
		func(context.Context, *struct{}) (*body[*api.Policy], error) { return answer(r.policy), nil })
	register(r, operation{method: http.MethodGet, path: "/users", id: "list-users", summary: "List people", tag: tag, scope: access.Admin},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.User]], error) {
			users, err := r.People.List(ctx, workspace(ctx), in.page())
			return answer(api.Page(users, in.page().Size(), api.UserOf, func(u api.User) string { return u.ID })), err
		})
	register(r, operation{method: http.MethodPost, path: "/users", id: "invite-user", summary: "Invite a person", tag: tag, scope: access.Admin, status: http.StatusCreated,
		description: "The answer holds the link at which the person sets a password; give it to them by a way you trust. Who is known in another workspace gets no link: they sign in as before and find this one in the list of their workspaces."},
		func(ctx context.Context, in *invite) (*body[api.UserLink], error) {
			return linked(r.People.Invite(ctx, caller(ctx).Role, access.NewUser{WorkspaceID: workspace(ctx), Email: in.Body.Email, Name: in.Body.Name, Role: in.Body.Role}))
		})
	register(r, operation{method: http.MethodPatch, path: "/users/{id}", id: "change-user", summary: "Change a person's name or role, or disable them", tag: tag, scope: access.Admin},
		func(ctx context.Context, in *changeUser) (*body[api.User], error) {
			u, err := r.People.Change(ctx, caller(ctx).Role, workspace(ctx), in.ID, access.Change{Name: in.Body.Name, Role: in.Body.Role, Disabled: in.Body.Disabled})
			return answer(api.UserOf(u)), err
		})
	register(r, operation{method: http.MethodDelete, path: "/users/{id}", id: "remove-user", summary: "Take a person out of the workspace", tag: tag, scope: access.Admin, status: http.StatusNoContent,
		description: "Their sessions in it end; what they are in other workspaces stays. 409 for its only owner."},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.People.Remove(ctx, caller(ctx).Role, workspace(ctx), in.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/users/{id}/link", id: "make-user-link", summary: "Make a link with which a person sets a new password", tag: tag, scope: access.Admin, proved: true, status: http.StatusCreated},
		func(ctx context.Context, in *IDPath) (*body[api.UserLink], error) {
			return linked(r.People.Link(ctx, caller(ctx).Role, workspace(ctx), in.ID))
		})
	register(r, operation{method: http.MethodDelete, path: "/users/{id}/second-factor", id: "remove-user-second-factor", summary: "Switch off the second factor of a person who has lost it", tag: tag, scope: access.Admin, proved: true,
		description: "Codes of an app, passkeys and recovery codes."},
		func(ctx context.Context, in *IDPath) (*body[api.User], error) {
			u, err := r.People.RemoveSecondFactor(ctx, caller(ctx).Role, workspace(ctx), in.ID)
			return answer(api.UserOf(u)), err
		})
	register(r, operation{method: http.MethodGet, path: "/second-factor", id: "get-second-factor", summary: "See of whom a second factor is asked", tag: tag, scope: access.Admin},
		func(ctx context.Context, _ *none) (*body[api.SecondFactor], error) {
			policy, err := r.People.Policy(ctx, workspace(ctx))
			return answer(api.SecondFactorOf(policy)), err
		})
	register(r, operation{method: http.MethodPut, path: "/second-factor", id: "set-second-factor", summary: "Say of whom a second factor is asked", tag: tag, scope: access.Admin, proved: true,
		description: "It holds from the next request of everybody on: who has none can do nothing but set one up. API tokens are not affected. 409 for a person who would shut themselves out."},
		func(ctx context.Context, in *setSecondFactor) (*body[api.SecondFactor], error) {
			of := access.RequiredOf(in.Body.RequiredOf)
			if of == "default" {
				of = access.RequiredByDefault
			}
			policy, err := r.People.SetPolicy(ctx, caller(ctx), of)
			return answer(api.SecondFactorOf(policy)), err
		})
	register(r, operation{method: http.MethodDelete, path: "/users/{id}/sessions", id: "end-user-sessions", summary: "Sign a person out of the workspace", tag: tag, scope: access.Admin, status: http.StatusNoContent,
		description: "They may sign in again, unless they are disabled too."},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.People.SignOutUser(ctx, caller(ctx).Role, workspace(ctx), in.ID)
		})
}
