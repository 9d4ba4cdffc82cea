package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// NewEvent is something that a contact did, by the name that the account has for it.
type NewEvent struct {
	Email string `json:"email" label:"E-mail" rule:"required,email"`
	Event string `json:"event" label:"Event" help:"Such as order_placed; automations start from it." rule:"required,max=32" options:"events"`
	Value string `json:"value" label:"Value" help:"What is to be known of it, such as the order's number."`
}

// Tracked is whose event it was.
type Tracked struct {
	ContactID string `json:"contact_id" label:"Contact id"`
}

// Each call adds one. The tracking host loses events of people it does not know without a word, so the contact is made
// first.
var trackEvent = sdk.Action[NewEvent, Tracked]{
	Name: "track_event", Title: "Track an event", Summary: "Tells that a contact did something; makes the contact where it is missing. Needs the connection's event key.",
	Run: func(ctx context.Context, call *sdk.Call, in NewEvent) (Tracked, error) {
		settings, err := sdk.Settings[Settings](call)
		if err != nil {
			return Tracked{}, err
		}
		if settings.EventAccount == "" {
			return Tracked{}, unset("Event account id", "event_account")
		}
		if settings.EventKey.IsZero() {
			return Tracked{}, unset("Event key", "event_key")
		}
		contactID, err := ensureContact(ctx, call, in.Email)
		if err != nil {
			return Tracked{}, err
		}
		return Tracked{string(contactID)}, track(ctx, call, settings, in)
	},
}

// unset is the failure to track without a setting. The connection works for all else, so it is not held.
func unset(label, name string) error {
	return &sdk.Failure{
		Kind: protocol.Permanent, Source: protocol.FromConnector,
		Message: fmt.Sprintf("Events cannot be tracked without the connection's setting %q (%s): fill it in, then retry.", label, name),
	}
}

// track tells the tracking host, which takes a form and answers 200 to what it refuses.
func track(ctx context.Context, call *sdk.Call, settings Settings, in NewEvent) error {
	visit, err := json.Marshal(map[string]string{"email": in.Email})
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	form := url.Values{
		"actid": {settings.EventAccount}, "key": {settings.EventKey.Handle()}, "event": {in.Event}, "eventdata": {in.Value}, "visit": {string(visit)},
	}
	resp, err := call.HTTP.Do(ctx, sdk.HTTPRequest{
		Method: http.MethodPost, URL: settings.EventURL + "/event", Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	})
	if err != nil {
		return err
	}
	switch {
	case resp.Status == http.StatusUnauthorized, resp.Status == http.StatusForbidden:
		return untracked(message(resp.Body))
	case resp.Status >= http.StatusBadRequest:
		return explain(sdk.FromResponse(resp), resp)
	}
	var answer struct {
		Success id     `json:"success"`
		Message string `json:"message"`
	}
	if err := resp.JSON(&answer); err != nil {
		return err
	}
	switch answer.Success {
	case "1", "true":
		return nil
	case "0", "false":
		return untracked(answer.Message)
	}
	return &sdk.Failure{Kind: protocol.Unknown, Source: protocol.FromProvider, Message: "ActiveCampaign did not say whether it took the event."}
}

// untracked is a refusal. It may be for the event key, which must not hold a connection whose API key is well.
func untracked(why string) error {
	return &sdk.Failure{
		Kind: protocol.Permanent, Source: protocol.FromProvider,
		Message: fmt.Sprintf("ActiveCampaign did not take the event (%s). Check the connection's event account id and event key, and that event tracking is on.", strings.TrimSuffix(why, ".")),
	}
}

// listEvents leaves out the names that ActiveCampaign keeps for itself, such as __pagevisit.
var listEvents = listOf("/eventTrackingEvents", "eventTrackingEvents", func(row map[string]json.RawMessage) sdk.Option {
	name := texts(row, "name")[0]
	if strings.HasPrefix(name, "__") {
		return sdk.Option{}
	}
	return sdk.Option{Value: name, Label: name}
})
