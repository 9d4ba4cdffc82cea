package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Echo is a message that the owner of the number wrote to a person in the phone app.
type Echo struct {
	ID      string    `json:"id" label:"Message id"`
	To      string    `json:"to" label:"To" help:"The person's WhatsApp number without plus."`
	UserID  string    `json:"user_id" label:"User id"`
	Type    string    `json:"type" label:"Type"`
	Text    string    `json:"text" label:"Text"`
	MediaID string    `json:"media_id" label:"Media id"`
	SentAt  time.Time `json:"sent_at" label:"Sent at"`
}

// echo turns a message of the owner into an event. It goes out, so it answers nothing; a wait may end because a person
// has taken over.
func (v value) echo(raw json.RawMessage, receivedAt time.Time) (sdk.Event, bool) {
	var in incoming
	var to struct {
		To     string `json:"to"`
		UserID string `json:"to_user_id"`
	}
	if !decode(raw, &in) || !decode(raw, &to) || in.ID == "" || to.To+to.UserID == "" {
		return sdk.Event{}, false
	}
	said := in.content()
	said.Direction = protocol.Outbound
	data := Echo{ID: in.ID, To: to.To, UserID: to.UserID, Type: said.Kind, Text: said.Text, SentAt: in.Timestamp.or(receivedAt)}
	if said.Media != nil {
		data.MediaID = said.Media.ID
	}
	event := messageEchoed.Event(in.ID, data.SentAt, data)
	event.Contact, event.Message = v.person(to.To, to.UserID), said
	return event, true
}

// Preference is what a person wants of marketing.
type Preference struct {
	From   string    `json:"from" label:"From" help:"The person's WhatsApp number without plus."`
	UserID string    `json:"user_id" label:"User id"`
	Wants  string    `json:"value" label:"What they want" help:"stop, resume or signup."`
	Detail string    `json:"detail" label:"In words"`
	At     time.Time `json:"at" label:"When"`
}

// preferences turns what people want of marketing into events.
func (v value) preferences(receivedAt time.Time) []sdk.Event {
	var events []sdk.Event
	for _, raw := range v.Preferences {
		var in struct {
			WAID      string `json:"wa_id"`
			UserID    string `json:"user_id"`
			Detail    string `json:"detail"`
			Category  string `json:"category"`
			Value     string `json:"value"`
			Timestamp epoch  `json:"timestamp"`
		}
		if !decode(raw, &in) || in.Category != "marketing_messages" || in.Value == "" || in.WAID+in.UserID == "" {
			continue
		}
		data := Preference{From: in.WAID, UserID: in.UserID, Wants: in.Value, Detail: in.Detail, At: in.Timestamp.or(receivedAt)}
		event := preferenceChanged.Event(fmt.Sprintf("preference:%s%s:%s:%d", in.WAID, in.UserID, in.Value, data.At.Unix()), data.At, data)
		event.Contact = v.person(in.WAID, in.UserID)
		events = append(events, event)
	}
	return events
}

// TemplateStatus is what Meta decided on a template.
type TemplateStatus struct {
	ID       string `json:"template_id" label:"Template id"`
	Name     string `json:"template" label:"Template"`
	Language string `json:"language" label:"Language"`
	Status   string `json:"status" label:"Status" help:"APPROVED, REJECTED, PAUSED, DISABLED, FLAGGED and others."`
	Reason   string `json:"reason" label:"Reason"`
}

// templateStatus turns a decision on a template into an event. Its id is a number here, and text in lists.
func templateStatus(raw json.RawMessage, at time.Time) (sdk.Event, bool) {
	var in struct {
		Event    string `json:"event"`
		ID       figure `json:"message_template_id"`
		Name     string `json:"message_template_name"`
		Language string `json:"message_template_language"`
		Reason   string `json:"reason"`
	}
	if !decode(raw, &in) || in.Event == "" || in.Name == "" {
		return sdk.Event{}, false
	}
	key := fmt.Sprintf("template:%s:%s:%s:%d", in.Name, in.Language, in.Event, at.Unix())
	return templateChanged.Event(key, at, TemplateStatus{string(in.ID), in.Name, in.Language, in.Event, in.Reason}), true
}
