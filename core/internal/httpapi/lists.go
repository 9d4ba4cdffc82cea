package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/run"
)

// ListPath names a list of contacts.
type ListPath struct {
	Name string `path:"name" maxLength:"64" pattern:"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$" patternDescription:"lower-case letters, digits and hyphens"`
}

type memberPath struct {
	ListPath
	Contact string `path:"contact" maxLength:"64"`
}

func (r *rest) lists() {
	register(r, operation{method: http.MethodGet, path: "/lists", id: "list-lists", summary: "List the lists of contacts", tag: "Lists", scope: access.Read,
		description: "Who is on one: GET /contacts with list."},
		func(ctx context.Context, _ *struct{}) (*body[api.List[api.ContactList]], error) {
			all, err := r.Lists.Lists(ctx, workspace(ctx))
			return answer(api.List[api.ContactList]{Items: each(all, api.ContactListOf)}), err
		})
	register(r, operation{method: http.MethodPut, path: "/lists/{name}", id: "save-list", summary: "Make a list, or change its title", tag: "Lists", scope: access.Operate},
		func(ctx context.Context, in *struct {
			ListPath
			Body api.ContactListTitle
		}) (*struct{}, error) {
			return nil, r.Lists.SaveList(ctx, workspace(ctx), in.Name, in.Body.Title)
		})
	register(r, operation{method: http.MethodDelete, path: "/lists/{name}", id: "delete-list", summary: "Delete a list", tag: "Lists", scope: access.Write,
		description: "Everybody is taken off it; nothing else about them changes, and nobody is told. A list that live flows name is kept: the answer names them."},
		func(ctx context.Context, in *ListPath) (*struct{}, error) {
			return nil, r.Lists.DeleteList(ctx, workspace(ctx), in.Name)
		})
	register(r, operation{method: http.MethodPut, path: "/lists/{name}/members/{contact}", id: "add-list-member", summary: "Put a contact on a list", tag: "Lists", scope: access.Operate,
		description: "Flows that listen and endpoints are told, unless the contact was on it."},
		func(ctx context.Context, in *memberPath) (*struct{}, error) {
			_, err := r.Contacts.ChangeContact(ctx, workspace(ctx), in.Contact, run.ContactChange{AddLists: []string{in.Name}})
			return nil, err
		})
	register(r, operation{method: http.MethodDelete, path: "/lists/{name}/members/{contact}", id: "remove-list-member", summary: "Take a contact off a list", tag: "Lists", scope: access.Operate},
		func(ctx context.Context, in *memberPath) (*struct{}, error) {
			_, err := r.Contacts.ChangeContact(ctx, workspace(ctx), in.Contact, run.ContactChange{RemoveLists: []string{in.Name}})
			return nil, err
		})
}
