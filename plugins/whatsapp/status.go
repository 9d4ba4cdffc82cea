package main

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// StatusUpdate is news of a message that was sent. Order and number of updates vary: delivered may be skipped, read
// never comes from people who switched receipts off.
type StatusUpdate struct {
	MessageID   string          `json:"message_id" label:"Message id"`
	Status      string          `json:"status" label:"Status" help:"sent, delivered, read, played or failed."`
	Recipient   string          `json:"recipient" label:"Recipient"`
	ErrorCode   int             `json:"error_code" label:"Error code" help:"With failed."`
	Error       string          `json:"error" label:"Error"`
	Pricing     json.RawMessage `json:"pricing,omitempty" label:"Pricing"`
	ConfirmedAt time.Time       `json:"confirmed_at" label:"When"`
}

// states maps Meta's words to ours; a voice note that was played was also read.
var states = map[string]protocol.StatusState{
	"sent": protocol.StatusSent, "delivered": protocol.StatusDelivered, "read": protocol.StatusRead, "played": protocol.StatusRead,
	"failed": protocol.StatusFailed,
}

// status turns one status into an event; unknown ones are left out. The key holds the status, because one message has
// several, and the participant, because a group message has them per person.
func (v value) status(raw json.RawMessage, receivedAt time.Time) (sdk.Event, bool) {
	var in struct {
		ID           string          `json:"id"`
		Status       string          `json:"status"`
		Timestamp    epoch           `json:"timestamp"`
		Recipient    string          `json:"recipient_id"`
		UserID       string          `json:"recipient_user_id"`
		Participant  string          `json:"recipient_participant_id"`
		CallbackData string          `json:"biz_opaque_callback_data"`
		Pricing      json.RawMessage `json:"pricing"`
		Errors       []graphError    `json:"errors"`
	}
	if !decode(raw, &in) || in.ID == "" || states[in.Status] == "" {
		return sdk.Event{}, false
	}
	person := in.Recipient
	if in.Participant != "" {
		person = in.Participant
	}
	data := StatusUpdate{MessageID: in.ID, Status: in.Status, Recipient: person, Pricing: in.Pricing, ConfirmedAt: in.Timestamp.or(receivedAt)}
	status := &sdk.Status{MessageID: in.ID, IdempotencyKey: in.CallbackData, State: states[in.Status]}
	if status.State == protocol.StatusFailed {
		status.Failure = &sdk.Failure{Kind: protocol.Permanent, Source: protocol.FromProvider, Message: "WhatsApp could not deliver the message and did not say why."}
		if len(in.Errors) > 0 {
			status.Failure, data.ErrorCode = in.Errors[0].failure(), in.Errors[0].Code
		}
		data.Error = status.Failure.Message
	}
	key := strings.TrimSuffix(strings.Join([]string{in.ID, in.Status, in.Participant}, ":"), ":")
	event := messageStatus.Event(key, data.ConfirmedAt, data)
	event.Contact, event.Status = v.person(person, in.UserID), status
	return event, true
}
