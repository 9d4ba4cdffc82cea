package main

import (
	"context"
	"net/http"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Joining puts a contact on a list.
type Joining struct {
	Email       string `json:"email" label:"E-mail" rule:"required,email"`
	ListID      string `json:"list_id" label:"List" rule:"required,digits" options:"lists"`
	Resubscribe bool   `json:"resubscribe" label:"Also who had left" help:"Only where the person asked for it: bringing back somebody who unsubscribed is against the law otherwise."`
}

// Leaving takes a contact off a list.
type Leaving struct {
	Email  string `json:"email" label:"E-mail" rule:"required,email"`
	ListID string `json:"list_id" label:"List" rule:"required,digits" options:"lists"`
}

// Placed is where a contact stands on a list.
type Placed struct {
	ContactID string `json:"contact_id" label:"Contact id"`
	Status    string `json:"status" label:"Status" help:"unconfirmed, subscribed, unsubscribed or bounced; empty for a contact who is not there."`
}

// returning is the source that brings back somebody who had left; without it they stay off the list.
const returning = 4

var subscribeToList = sdk.Action[Joining, Placed]{
	Name: "subscribe_to_list", Title: "Subscribe to a list", Summary: "Puts a contact on a list; makes the contact where it is missing.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Joining) (Placed, error) {
		contactID, err := ensureContact(ctx, call, in.Email)
		if err != nil {
			return Placed{}, err
		}
		source := 0
		if in.Resubscribe {
			source = returning
		}
		placed, err := place(ctx, call, contactID, in.ListID, 1, source)
		if err == nil && placed.Status == "unsubscribed" {
			return placed, &sdk.Failure{
				Kind: protocol.Invalid, Field: "resubscribe", Source: protocol.FromProvider,
				Message: "This contact had unsubscribed from the list; only with \"Also who had left\" are they put back.",
			}
		}
		return placed, err
	},
}

var unsubscribeFromList = sdk.Action[Leaving, Placed]{
	Name: "unsubscribe_from_list", Title: "Unsubscribe from a list", Summary: "Takes a contact off a list; one who is not there is fine.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Leaving) (Placed, error) {
		contactID, err := findContact(ctx, call, in.Email)
		if err != nil || contactID == "" {
			return Placed{}, err
		}
		return place(ctx, call, contactID, in.ListID, 2, 0)
	},
}

func place(ctx context.Context, call *sdk.Call, contactID id, listID string, status, source int) (Placed, error) {
	var answer struct {
		Member struct {
			Status id `json:"status"`
		} `json:"contactList"`
	}
	body := map[string]any{"contactList": map[string]any{"list": listID, "contact": contactID, "status": status, "sourceid": source}}
	if err := do(ctx, call, http.MethodPost, "/contactLists", body, &answer); err != nil {
		return Placed{}, missing(err, "list_id", "is not a list of this account")
	}
	return Placed{ContactID: string(contactID), Status: statuses[answer.Member.Status]}, nil
}

// ensureContact finds a contact by e-mail or makes one.
func ensureContact(ctx context.Context, call *sdk.Call, email string) (id, error) {
	found, err := findContact(ctx, call, email)
	if err != nil || found != "" {
		return found, err
	}
	made, err := sync(ctx, call, Person{Email: email})
	return made.ID, err
}

// missing turns a failure that says that something is not there, by whatever status, into one of our input's field.
func missing(err error, field, says string) error {
	if f, ok := err.(*sdk.Failure); ok && gone(err) == nil {
		return &sdk.Failure{Kind: protocol.Invalid, Field: field, Message: field + " " + says, Detail: f.Message, Source: protocol.FromProvider}
	}
	return err
}
