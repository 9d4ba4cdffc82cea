package main

import (
	"context"
	"maps"
	"net/http"
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
	Fields    map[string]string `json:"fields,omitempty" label:"Custom fields" help:"Values by the number of the field, its tag such as COLOUR, or its title."`
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
		in, err := in.numbered(ctx, call)
		if err != nil {
			return Saved{}, err
		}
		saved, err := sync(ctx, call, in)
		return Saved{ID: string(saved.ID), Email: saved.Email}, err
	},
}

// numbered names the custom fields by their numbers, which is all that ActiveCampaign takes.
func (p Person) numbered(ctx context.Context, call *sdk.Call) (Person, error) {
	fields := map[string]string{}
	for name, value := range p.Fields {
		if isNumber(name) {
			fields[name] = value
			continue
		}
		field, err := findField(ctx, call, name)
		if err != nil {
			return p, err
		}
		if field == nil {
			return p, sdk.Invalid("fields."+name, "is not a custom field of this account")
		}
		if fields[string(field.ID)], err = field.encode(value, nil); err != nil {
			return p, err
		}
	}
	p.Fields = fields
	return p, nil
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

// contactSync creates a contact or completes the one with its e-mail.
const contactSync = "/contact/sync"

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
	if err := do(ctx, call, http.MethodPost, contactSync, map[string]any{"contact": out}, &answer); err != nil {
		return contact{}, err
	}
	if answer.Contact.ID == "" {
		return contact{}, unnamed("contact")
	}
	return contact{ID: answer.Contact.ID, Email: answer.Contact.Email}, nil
}

// findContact returns the id of the contact with exactly this e-mail, or none.
func findContact(ctx context.Context, call *sdk.Call, email string) (id, error) {
	row, err := findRow(ctx, call, "email", email, strings.EqualFold)
	if err != nil || row == nil {
		return "", err
	}
	return row.ID, nil
}

// unnamed is the failure of an answer that should hold an object's id and does not.
func unnamed(what string) error {
	return &sdk.Failure{Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "ActiveCampaign did not name the " + what + "."}
}
