package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Entering names a contact and an automation.
type Entering struct {
	Email        string `json:"email" label:"E-mail" rule:"required,email"`
	AutomationID string `json:"automation_id" label:"Automation" rule:"required,digits" options:"automations"`
}

// Entered is what became of it.
type Entered struct {
	ContactID string `json:"contact_id" label:"Contact id"`
	Changed   bool   `json:"changed" label:"Changed" help:"False for a contact that was inside, or was not, already."`
}

// entry is one passage of a contact through an automation.
type entry struct {
	ID         id `json:"id"`
	Automation id `json:"automation"`
	Series     id `json:"seriesid"` // the older name, alone in some answers
	Status     id `json:"status"`
}

// inside is the status of a passage that goes on.
const inside = "1"

// entriesOf returns the passages of a contact through an automation that go on.
func entriesOf(ctx context.Context, call *sdk.Call, contactID id, automation string) ([]entry, error) {
	var answer struct {
		Entries []entry `json:"contactAutomations"`
	}
	if err := do(ctx, call, http.MethodGet, "/contacts/"+url.PathEscape(string(contactID))+"/contactAutomations", nil, &answer); err != nil {
		return nil, gone(err)
	}
	var going []entry
	for _, e := range answer.Entries {
		if e.Status == inside && (string(e.Automation) == automation || e.Automation == "" && string(e.Series) == automation) {
			going = append(going, e)
		}
	}
	return going, nil
}

// An automation may let a contact in again, so that entering is never repeated unless it is known not to have happened.
var addToAutomation = sdk.Action[Entering, Entered]{
	Name: "add_to_automation", Title: "Add to an automation", Summary: "Lets a contact enter an automation; makes the contact where it is missing.",
	Run: func(ctx context.Context, call *sdk.Call, in Entering) (Entered, error) {
		contactID, err := ensureContact(ctx, call, in.Email)
		if err != nil {
			return Entered{}, err
		}
		going, err := entriesOf(ctx, call, contactID, in.AutomationID)
		if err != nil || len(going) > 0 {
			return Entered{ContactID: string(contactID)}, err
		}
		body := map[string]any{"contactAutomation": map[string]any{"contact": contactID, "automation": in.AutomationID}}
		err = do(ctx, call, http.MethodPost, "/contactAutomations", body, nil)
		if f, ok := err.(*sdk.Failure); ok && strings.Contains(f.Message, "Could not create SubscriberSeries") { // with 403, but nothing to do with the key
			return Entered{}, &sdk.Failure{
				Kind: protocol.Invalid, Field: "automation_id", Detail: f.Message, Source: protocol.FromProvider,
				Message: "The automation does not let this contact in: it is unknown or not active, or the contact went through it and it allows that once.",
			}
		}
		return Entered{ContactID: string(contactID), Changed: err == nil}, err
	},
}

var removeFromAutomation = sdk.Action[Entering, Entered]{
	Name: "remove_from_automation", Title: "Remove from an automation", Summary: "Ends an automation for a contact; one who is not inside is fine.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Entering) (Entered, error) {
		contactID, err := findContact(ctx, call, in.Email)
		if err != nil || contactID == "" {
			return Entered{}, err
		}
		going, err := entriesOf(ctx, call, contactID, in.AutomationID)
		if err != nil {
			return Entered{}, err
		}
		for _, e := range going {
			if err := gone(do(ctx, call, http.MethodDelete, "/contactAutomations/"+url.PathEscape(string(e.ID)), nil, nil)); err != nil {
				return Entered{}, err
			}
		}
		return Entered{ContactID: string(contactID), Changed: len(going) > 0}, nil
	},
}
