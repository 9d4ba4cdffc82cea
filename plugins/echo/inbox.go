package main

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

var inbox = &sdk.Inbox{
	Verify:      sdk.HMAC{Secret: "secret", Header: "X-Echo-Signature"},
	DeliveryKey: "X-Echo-Delivery",
	Receive:     receive,
}

// Ping is the body of a webhook: one, or a list of them. A message or a status makes it part of a conversation.
type Ping struct {
	_          sdk.Open
	ID         string        `json:"id" label:"Id" help:"Two pings of one id are one event."`
	At         *time.Time    `json:"at,omitempty" label:"When"`
	Phone      string        `json:"phone,omitempty" label:"Phone"`
	Email      string        `json:"email,omitempty" label:"E-mail"`
	Name       string        `json:"name,omitempty" label:"Name"`
	ExternalID string        `json:"external_id,omitempty" label:"Person" help:"As in the field to of say."`
	Message    *PingMessage  `json:"message,omitempty" label:"Message"`
	Status     *PingedStatus `json:"status,omitempty" label:"Status"`
	Queue      string        `json:"queue,omitempty" label:"Queue" help:"Makes it an event of the trigger queued."`
}

// PingMessage is something the person said.
type PingMessage struct {
	ID        string `json:"id"`
	Kind      string `json:"kind,omitempty" default:"text"`
	Text      string `json:"text,omitempty"`
	Payload   string `json:"payload,omitempty"`
	InReplyTo string `json:"in_reply_to,omitempty"`
	NotReply  bool   `json:"not_reply,omitempty"`
}

// PingedStatus is news of a message that say sent.
type PingedStatus struct {
	MessageID      string `json:"message_id,omitempty"`
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	State          string `json:"state" rule:"oneof=sent delivered read failed"`
	Error          string `json:"error,omitempty"`
}

var pinged = sdk.Webhook[sdk.None, Ping]{
	Name: "pinged", Title: "Pinged", Summary: "Somebody posted to the connection's address.", Standing: true,
}

func receive(_ context.Context, _ *sdk.Call, req sdk.Request) ([]sdk.Event, error) {
	var bodies []json.RawMessage
	if body := bytes.TrimSpace(req.Body); bytes.HasPrefix(body, []byte("[")) {
		if err := req.JSON(&bodies); err != nil {
			return nil, err
		}
	} else {
		bodies = []json.RawMessage{body}
	}
	var events []sdk.Event
	for _, body := range bodies {
		var ping Ping
		if err := (sdk.Request{Body: body}).JSON(&ping); err != nil {
			return nil, err
		}
		events = append(events, event(ping, body, req))
	}
	return events, nil
}

func event(ping Ping, body json.RawMessage, req sdk.Request) sdk.Event {
	key, at := ping.ID, req.ReceivedAt
	if key == "" {
		key = req.Header.Get("X-Echo-Delivery")
	}
	if ping.At != nil {
		at = *ping.At
	}
	e := pinged.EventJSON(key, at, body)
	if ping.Queue != "" {
		e = queued.EventJSON(key, at, body)
	}
	if who := (sdk.Contact{Phone: ping.Phone, Email: ping.Email, Name: ping.Name, ExternalID: ping.ExternalID}); who != (sdk.Contact{}) {
		e.Contact = &who
	}
	if m := ping.Message; m != nil {
		e.Message = &sdk.Message{
			ID: m.ID, Direction: protocol.Inbound, Kind: m.Kind, Text: m.Text, Payload: m.Payload, InReplyTo: m.InReplyTo, NotReply: m.NotReply,
		}
		if m.Kind == "" {
			e.Message.Kind = "text"
		}
	}
	if s := ping.Status; s != nil {
		e.Status = &sdk.Status{MessageID: s.MessageID, IdempotencyKey: s.IdempotencyKey, State: protocol.StatusState(s.State)}
		if s.Error != "" {
			e.Status.Failure = &sdk.Failure{Kind: protocol.Permanent, Message: s.Error, Source: protocol.FromProvider}
		}
	}
	return e
}
