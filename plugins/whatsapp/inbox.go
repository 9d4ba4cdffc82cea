package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

var inbox = &sdk.Inbox{
	Verify: sdk.HMAC{Secret: "app_secret", Header: "X-Hub-Signature-256", Prefix: "sha256="},
	Challenge: &sdk.Challenge{
		Expect: map[string]string{"hub.mode": "subscribe"}, Token: "hub.verify_token", Secret: "verify_token", Echo: "hub.challenge",
	},
	Receive: receive,
}

var messageReceived = sdk.Webhook[sdk.None, Inbound]{
	Name: "message_received", Title: "Message received", Summary: "A person wrote to the number.", Standing: true,
	Subscribe: subscribe, Unsubscribe: unsubscribe,
}

// messageStatus comes with the same webhook, so subscribing to messages is enough.
var messageStatus = sdk.Webhook[sdk.None, StatusUpdate]{
	Name: "message_status", Title: "Message status", Summary: "A sent message was delivered, read or failed.", Standing: true,
}

// messageEchoed, preferenceChanged and templateChanged follow no override: Meta sends them to the app's own callback only.
var messageEchoed = sdk.Webhook[sdk.None, Echo]{
	Name: "message_echoed", Title: "Owner wrote in the app",
	Summary: "Somebody wrote to a person in the phone app of the number. Put the connection's webhook address into the app dashboard and choose smb_message_echoes.",
}

var preferenceChanged = sdk.Webhook[sdk.None, Preference]{
	Name: "marketing_preference_changed", Title: "Marketing stopped or resumed",
	Summary: "A person asked for no more marketing, or for it again. Put the connection's webhook address into the app dashboard and choose user_preferences.",
}

var templateChanged = sdk.Webhook[sdk.None, TemplateStatus]{
	Name: "template_status_changed", Title: "Template approved, paused or rejected",
	Summary: "Meta judged a template. Put the connection's webhook address into the app dashboard and choose message_template_status_update.",
}

// subscribe points the webhooks of the business account here. Meta makes the GET handshake at once, and repeating the
// call changes nothing.
func subscribe(ctx context.Context, call *sdk.Call, _ sdk.None, callbackURL string) (sdk.Subscription, error) {
	s, err := sdk.Settings[Settings](call)
	if err != nil {
		return sdk.Subscription{}, err
	}
	var answer struct {
		Success bool `json:"success"`
	}
	err = send(ctx, call, http.MethodPost, "/"+s.WABAID+"/subscribed_apps", map[string]string{
		"override_callback_uri": callbackURL, "verify_token": s.VerifyToken.Handle(),
	}, &answer)
	return sdk.Subscription{ID: s.WABAID}, err
}

func unsubscribe(ctx context.Context, call *sdk.Call, _ sdk.None, wabaID string) error {
	var answer struct {
		Success bool `json:"success"`
	}
	return send(ctx, call, http.MethodDelete, "/"+wabaID+"/subscribed_apps", nil, &answer)
}

// envelope is one webhook: a batch of up to 1,000 updates, possibly of several accounts and numbers.
type envelope struct {
	Entry []struct {
		ID      string `json:"id"` // of the business account
		Time    epoch  `json:"time"`
		Changes []struct {
			Field string          `json:"field"`
			Value json.RawMessage `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

// value is the content of a change in the field messages. The updates stay raw, so that a strange one does not spoil
// its neighbours.
type value struct {
	Metadata struct {
		PhoneNumberID string `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts []profile         `json:"contacts"` // absent for system messages
	Messages []json.RawMessage `json:"messages"`
	Statuses []json.RawMessage `json:"statuses"`

	Preferences []json.RawMessage `json:"user_preferences"`
	Echoes      []json.RawMessage `json:"message_echoes"`
}

// profile is a person. Since usernames exist the phone number may be missing; the user id is then the only key.
type profile struct {
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	WAID   string `json:"wa_id"`
	UserID string `json:"user_id"`
}

// receive reads a batch. Fields other than messages, and numbers other than the connection's, are left out: one
// callback may serve several of them.
func receive(_ context.Context, call *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
	s, err := sdk.Settings[Settings](call)
	if err != nil {
		return nil, err
	}
	var batch envelope
	if err := req.JSON(&batch); err != nil {
		return nil, err
	}
	var events []sdk.Event
	for _, entry := range batch.Entry {
		for _, change := range entry.Changes {
			if change.Field == "message_template_status_update" && entry.ID == s.WABAID { // of the account, not of a number
				if e, ok := templateStatus(change.Value, entry.Time.or(req.ReceivedAt.Truncate(day))); ok {
					events = append(events, e)
				}
			}
			var v value
			if !decode(change.Value, &v) || v.Metadata.PhoneNumberID != s.PhoneNumberID {
				continue
			}
			if change.Field == "user_preferences" {
				events = append(events, v.preferences(req.ReceivedAt)...)
			}
			if change.Field == "smb_message_echoes" {
				for _, raw := range v.Echoes {
					if e, ok := v.echo(raw, req.ReceivedAt); ok {
						events = append(events, e)
					}
				}
			}
			if change.Field != "messages" {
				continue
			}
			for _, raw := range v.Messages {
				if e, ok := v.message(raw, req.ReceivedAt); ok {
					events = append(events, e)
				}
			}
			for _, raw := range v.Statuses {
				if e, ok := v.status(raw, req.ReceivedAt); ok {
					events = append(events, e)
				}
			}
		}
	}
	return events, nil
}

// decode reads what has the expected shape and leaves the rest empty: encoding/json goes on after a field of another
// type. Only text that is no JSON at all is not decoded.
func decode(raw json.RawMessage, v any) bool {
	err := json.Unmarshal(raw, v)
	_, otherShape := err.(*json.UnmarshalTypeError)
	return err == nil || otherShape
}

// epoch is a time in seconds, which Meta writes as a string in some places and as a number in others.
type epoch struct{ time.Time }

func (e *epoch) UnmarshalJSON(data []byte) error {
	if seconds, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64); err == nil {
		e.Time = time.Unix(seconds, 0).UTC()
	}
	return nil
}

// or returns the time, or another one when it is missing.
func (e epoch) or(other time.Time) time.Time {
	if e.IsZero() {
		return other
	}
	return e.Time
}

// username is that of the person with the given keys; empty when it is not said.
func (v value) username(waID, userID string) string {
	for _, c := range v.Contacts {
		if c.WAID != "" && c.WAID == waID || c.UserID != "" && c.UserID == userID {
			return c.Profile.Username
		}
	}
	return ""
}

// person returns the contact with the given keys, of which one may be empty. The external id is the wa_id where it is
// known, because that is what answers come from; the user id is then the other one.
func (v value) person(waID, userID string) *sdk.Contact {
	contact := &sdk.Contact{ExternalID: waID}
	for _, c := range v.Contacts {
		if c.WAID != "" && c.WAID == waID || c.UserID != "" && c.UserID == userID || len(v.Contacts) == 1 && waID == "" && userID == "" {
			contact.Name = c.Profile.Name
			contact.ExternalID, userID = cmp.Or(contact.ExternalID, c.WAID), cmp.Or(userID, c.UserID)
		}
	}
	if contact.ExternalID != "" {
		contact.Phone, contact.OtherID = "+"+contact.ExternalID, userID
	} else {
		contact.ExternalID = userID
	}
	return contact
}
