package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// renter rents waits to outside systems.
type renter struct {
	runs
	publisher *publish.Publisher
}

// Rent begins a wait that no flow asks for; see httpapi.Renter.
func (r renter) Rent(ctx context.Context, workspaceID, key, by string, in api.RentWait) (api.RentedWait, error) {
	rental := engine.Rental{
		WorkspaceID: workspaceID, Key: key, ContactID: in.Contact.ID,
		Contact: protocol.Contact{Phone: in.Contact.Phone, Email: in.Contact.Email, Name: in.Contact.Name},
	}
	to, err := r.addressee(ctx, rental)
	if err != nil {
		return api.RentedWait{}, err
	}
	if len(in.Data) == 0 {
		in.Data = json.RawMessage("{}")
	}
	if !bytes.HasPrefix(bytes.TrimSpace(in.Data), []byte("{")) {
		return api.RentedWait{}, &api.InputError{Path: "data", Message: "must be an object", Remedy: `write one such as {"ticket": 42}`}
	}
	wanted := publish.Rental{WorkspaceID: workspaceID, Connection: in.Connection, Terms: in.Terms, Reference: in.Reference, Data: in.Data, To: to, By: by}
	if in.AskedAt != nil {
		wanted.AskedAt = in.AskedAt.UTC()
	}
	after := map[string]any{"connection": in.Connection}
	if in.Ask != nil {
		wanted.Ask = &publish.Question{Action: in.Ask.Action, Input: in.Ask.Input}
		after["ask"] = in.Ask.Action
	}
	lease, err := r.publisher.Rent(ctx, wanted)
	if err != nil {
		return api.RentedWait{}, err
	}
	rental.LiveFlow, rental.Data = lease.LiveFlow, lease.Data
	started, err := r.engine.Rent(access.Intending(ctx, access.Deed{Action: "wait.create", After: after}), rental)
	if err != nil {
		return api.RentedWait{}, err
	}
	begun, w, err := r.engine.RentedWait(ctx, started.RunID)
	return api.RentedWaitOf(begun, w, started.Fresh), err
}

// addressee is where the contact of a rental is reached: by phone, or else by e-mail.
func (r renter) addressee(ctx context.Context, in engine.Rental) (string, error) {
	c := in.Contact
	switch person := conversation.Recognise(c, "", ""); {
	case in.ContactID != "" && (c.Phone != "" || c.Email != ""):
		return "", &api.InputError{Path: "contact.id", Message: "stands beside phone or email", Remedy: "name the contact by one of them"}
	case in.ContactID != "":
		known, err := r.store.ContactByID(ctx, in.WorkspaceID, in.ContactID)
		if errors.Is(err, engine.ErrNotFound) {
			err = &api.InputError{Path: "contact.id", Message: "there is no such contact", Remedy: "name them by phone or email"}
		}
		return cmp.Or(known.Phone, known.Email), err
	case c.Phone != "" && person.Phone == "":
		return "", &api.InputError{Path: "contact.phone", Message: "is not a phone number", Remedy: "write it with its country code, such as +34600111222"}
	case c.Email != "" && person.Email == "":
		return "", &api.InputError{Path: "contact.email", Message: "is not an e-mail address", Remedy: "write one such as ana@example.com"}
	case len(person.Identities) == 0:
		return "", &api.InputError{Path: "contact", Message: "names nobody", Remedy: "give an id, a phone or an email"}
	default:
		return cmp.Or(person.Phone, person.Email), nil
	}
}
