package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/contactfield"
)

// Fields keeps the fields that a workspace declares for its contacts.
type Fields interface {
	Fields(ctx context.Context, workspaceID string) ([]contactfield.Field, error)
	// SaveField declares a field. A conflict says that it is there with another type.
	SaveField(ctx context.Context, workspaceID string, f contactfield.Field) error
	// DeleteField removes a field and its values. A conflict names the flows that use it.
	DeleteField(ctx context.Context, workspaceID, name string) error
}

// FieldPath names a field of contacts.
type FieldPath struct {
	Name string `path:"name" maxLength:"63"`
}

func (r *rest) fields() {
	register(r, operation{method: http.MethodGet, path: "/fields", id: "list-fields", summary: "List the fields of contacts", tag: "Fields", scope: access.Read},
		func(ctx context.Context, _ *struct{}) (*body[api.List[api.ContactField]], error) {
			all, err := r.Fields.Fields(ctx, workspace(ctx))
			return answer(api.List[api.ContactField]{Items: each(all, api.ContactFieldOf)}), err
		})
	register(r, operation{method: http.MethodPut, path: "/fields/{name}", id: "save-field", summary: "Declare a field of contacts, or change its title and choices", tag: "Fields", scope: access.Write,
		description: "Flows read it as contact.fields.<name>. A value that does not fit its type is refused wherever it comes from."},
		func(ctx context.Context, in *struct {
			FieldPath
			Body api.ContactFieldType
		}) (*body[api.ContactField], error) {
			f := contactfield.Field{Name: in.Name, Type: contactfield.Type(in.Body.Type), Title: in.Body.Title, Choices: in.Body.Choices}
			var wrong *contactfield.Problem
			if err := f.Check(); errors.As(err, &wrong) {
				return nil, &api.InputError{Path: wrong.Path, Message: wrong.Message, Remedy: wrong.Remedy}
			}
			return answer(api.ContactFieldOf(f)), r.Fields.SaveField(ctx, workspace(ctx), f)
		})
	register(r, operation{method: http.MethodDelete, path: "/fields/{name}", id: "delete-field", summary: "Delete a field of contacts with its values", tag: "Fields", scope: access.Write,
		description: "There is no way back. A field that live flows name is kept: the answer names them."},
		func(ctx context.Context, in *FieldPath) (*struct{}, error) {
			return nil, r.Fields.DeleteField(ctx, workspace(ctx), in.Name)
		})
}
