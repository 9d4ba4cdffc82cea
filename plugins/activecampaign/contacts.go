package main

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Person is a contact to create or to complete; what is empty stays as it is.
type Person struct {
	Email     string            `json:"email" label:"E-mail" rule:"required,email"`
	FirstName string            `json:"first_name" label:"First name"`
	LastName  string            `json:"last_name" label:"Last name"`
	Phone     string            `json:"phone" label:"Phone"`
	Fields    map[string]string `json:"fields,omitempty" label:"Custom fields" help:"Values by the number of the field."`
}

// Saved is a contact that is in ActiveCampaign now.
type Saved struct {
	ID    string `json:"id" label:"Contact id"`
	Email string `json:"email" label:"E-mail"`
}

// ActiveCampaign finds the contact by its e-mail, so that saving twice saves once. Lists and tags stay untouched.
var upsertContact = sdk.Action[Person, Saved]{
	Name: "upsert_contact", Title: "Save a contact", Summary: "Creates a contact, or completes the one with this e-mail.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Person) (Saved, error) {
		saved, err := sync(ctx, call, in)
		return Saved{ID: string(saved.ID), Email: saved.Email}, err
	},
}

// contact is a contact as the API writes it.
type contact struct {
	ID          id           `json:"id,omitempty"`
	Email       string       `json:"email"`
	FirstName   string       `json:"firstName,omitempty"`
	LastName    string       `json:"lastName,omitempty"`
	Phone       string       `json:"phone,omitempty"`
	FieldValues []fieldValue `json:"fieldValues,omitempty"`
}

type fieldValue struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

func sync(ctx context.Context, call *sdk.Call, in Person) (contact, error) {
	out := contact{Email: in.Email, FirstName: in.FirstName, LastName: in.LastName, Phone: in.Phone}
	for _, field := range slices.Sorted(maps.Keys(in.Fields)) {
		out.FieldValues = append(out.FieldValues, fieldValue{field, in.Fields[field]})
	}
	var answer struct { // the answer's contact lists its field values as ids, which are of no use here
		Contact struct {
			ID    id     `json:"id"`
			Email string `json:"email"`
		} `json:"contact"`
	}
	if err := do(ctx, call, http.MethodPost, "/contact/sync", map[string]any{"contact": out}, &answer); err != nil {
		return contact{}, err
	}
	if answer.Contact.ID == "" {
		return contact{}, unnamed("contact")
	}
	return contact{ID: answer.Contact.ID, Email: answer.Contact.Email}, nil
}

// findContact returns the id of the contact with exactly this e-mail, or none. The filter may be wider than asked.
func findContact(ctx context.Context, call *sdk.Call, email string) (id, error) {
	var answer struct {
		Contacts []struct {
			ID    id     `json:"id"`
			Email string `json:"email"`
		} `json:"contacts"`
	}
	if err := do(ctx, call, http.MethodGet, "/contacts?"+url.Values{"email": {email}}.Encode(), nil, &answer); err != nil {
		return "", err
	}
	for _, c := range answer.Contacts {
		if strings.EqualFold(c.Email, email) {
			return c.ID, nil
		}
	}
	return "", nil
}

// unnamed is the failure of an answer that should hold an object's id and does not.
func unnamed(what string) error {
	return &sdk.Failure{Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "ActiveCampaign did not name the " + what + "."}
}
