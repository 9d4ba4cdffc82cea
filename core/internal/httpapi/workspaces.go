package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

type switchWorkspace struct {
	Body struct {
		Workspace string `json:"workspace" minLength:"1" maxLength:"64" doc:"Its id, as GET /session lists it."`
	}
}

type makeWorkspace struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"100"`
		TimeZone string `json:"time_zone,omitempty" maxLength:"64" doc:"Such as Europe/Madrid; left out: UTC."`
	}
}

// workspaces registers how people go from one to another. A token belongs to one workspace and stays there.
func (r *rest) workspaces() {
	const tag = "Sessions"
	register(r, operation{method: http.MethodPost, path: "/session/workspace", id: "switch-workspace", summary: "Go to another of one's workspaces", tag: tag, scope: access.Read, withoutFactor: true, key: noKey,
		description: "The session goes on there under a new cookie, and the next sign-in leads there too. 404 for a workspace that is none of one's own."},
		func(ctx context.Context, in *switchWorkspace) (*renewed[api.Session], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token stays in its workspace.")
			}
			cookie, u, err := r.People.Switch(ctx, caller(ctx), in.Body.Workspace)
			if err != nil {
				return nil, err
			}
			out, err := r.session(ctx, u)
			return &renewed[api.Session]{SetCookie: r.cookie(cookie), Body: out}, err
		})
	register(r, operation{method: http.MethodDelete, path: "/session/workspaces/{id}", id: "leave-workspace", summary: "Leave one of one's workspaces", tag: tag, scope: access.Read, withoutFactor: true, status: http.StatusNoContent,
		description: "Sessions that are in it end. 409 for its only owner."},
		func(ctx context.Context, in *IDPath) (*none, error) {
			return nil, r.People.Leave(ctx, caller(ctx), in.ID)
		})
	register(r, operation{method: http.MethodPost, path: "/workspaces", id: "create-workspace", summary: "Make a workspace", tag: "Workspaces", scope: access.Admin, status: http.StatusCreated,
		description: "For an owner of the first workspace, who becomes its owner. Everything in it is apart from others; connectors are shared."},
		func(ctx context.Context, in *makeWorkspace) (*body[api.Membership], error) {
			if caller(ctx).Session.ID == "" {
				return nil, problem(http.StatusForbidden, "A token makes no workspaces: nobody would be their owner. Sign in, or call “cordboard workspace create” on the server.")
			}
			made, err := r.People.MakeWorkspace(ctx, caller(ctx), r.FirstWorkspace, access.NewWorkspace{Name: in.Body.Name, TimeZone: in.Body.TimeZone})
			return answer(api.MembershipOf(made)), err
		})
}
