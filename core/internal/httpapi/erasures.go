package httpapi

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
)

func (r *rest) erasures() {
	const tag = "Contacts"
	register(r, operation{method: http.MethodDelete, path: "/contacts/{id}", id: "erase-contact", summary: "Erase a contact", tag: tag, scope: access.Admin,
		description: "Ends their runs and takes what tells of them out of every table, stored requests and events for endpoints included. That something happened stays, as do the ids by which copies of events are known, for as long as events are kept, and keyed hashes by which a restored backup is searched for the person. Should it break off, it goes on by itself."},
		func(ctx context.Context, in *IDPath) (*struct{}, error) {
			return nil, r.Contacts.EraseContact(ctx, workspace(ctx), in.ID)
		})
	register(r, operation{method: http.MethodGet, path: "/erasures", id: "list-erasures", summary: "List what is kept of those who were erased", tag: tag, scope: access.Admin,
		description: "Newest first. Keep a copy in another place than the database: with it those who were erased since a backup are erased again after a restore. A gateway does so by itself at its start, from erasures.log in its data folder."},
		func(ctx context.Context, in *struct{ Paging }) (*body[api.List[api.Erasure]], error) {
			found, err := r.Contacts.Tombstones(ctx, workspace(ctx), in.page())
			return answer(api.Page(found, in.page().Size(), api.ErasureOf, func(v api.Erasure) string { return v.ID })), err
		})
	register(r, operation{method: http.MethodPost, path: "/erasures/again", id: "erase-again", summary: "Erase again who was erased before the database was restored", tag: tag, scope: access.Admin,
		description: "Contacts whom one of the erasures names are erased. One who was made after the erasure is somebody new, even with the same number."},
		func(ctx context.Context, in *struct{ Body api.EraseAgain }) (*body[api.ErasedAgain], error) {
			found, err := r.Contacts.EraseAgain(ctx, workspace(ctx), each(in.Body.Erasures, api.Erasure.Tombstone))
			return answer(api.ErasedAgain{Contacts: found}), err
		})
}
