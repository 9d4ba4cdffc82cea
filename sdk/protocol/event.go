package protocol

import (
	"encoding/json"
	"time"
)

// Event is something that happened at a provider. Key, message and status are all that the engine needs to match
// replies; it knows no vendor.
type Event struct {
	Key        string // the same for every copy of this event on this connection
	Trigger    string // the trigger's name in this connector, such as "order_paid"
	OccurredAt time.Time
	Contact    *Contact
	Data       json.RawMessage // in the shape of the trigger's Output
	Message    *Message
	Status     *Status
}

// Contact is the person an event is about, as far as the provider says.
type Contact struct {
	Phone      string `json:"phone,omitempty"` // E.164 where the provider allows; the gateway normalises
	Email      string `json:"email,omitempty"`
	Name       string `json:"name,omitempty"`
	ExternalID string `json:"external_id,omitempty"` // the provider's own key of the person

	// OtherID is a second key that the provider has for the same person, such as a user id beside a number: whoever was known by
	// either is one contact from then on.
	OtherID string `json:"other_id,omitempty"`
	// Formerly is who they were before a change of number or key; nil: no change is told. Phone and ExternalID of it are theirs no
	// longer, and those above take their place: messages, runs and open waits stay with the person.
	Formerly *Contact `json:"formerly,omitempty"`
}

// Direction of a message, seen from the gateway.
type Direction string

const (
	Inbound  Direction = "in"
	Outbound Direction = "out"
)

// Message is something said in a conversation.
type Message struct {
	ID        string    `json:"id"` // the provider's id; a repeat of it is a duplicate
	Direction Direction `json:"direction"`
	Kind      string    `json:"kind"` // text, button, list, image, video, audio, document, sticker, location, contacts, order, reaction, …
	Text      string    `json:"text,omitempty"`
	Payload   string    `json:"payload,omitempty"` // of a button or list choice
	Media     *Media    `json:"media,omitempty"`
	InReplyTo string    `json:"in_reply_to,omitempty"` // provider id of the quoted message, or of the one that held the button
	// NotReply marks content that never answers a question: edits, deletions, system notices.
	NotReply bool `json:"not_reply,omitempty"`
}

// Media is a file in a message; its bytes stay at the provider.
type Media struct {
	ID       string `json:"id"`
	MIMEType string `json:"mime_type"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
}

// StatusState is how far a message got.
type StatusState string

const (
	StatusSent      StatusState = "sent"
	StatusDelivered StatusState = "delivered"
	StatusRead      StatusState = "read"
	StatusFailed    StatusState = "failed"
)

// Status is news of a message that we sent.
type Status struct {
	MessageID      string      `json:"message_id"`
	IdempotencyKey string      `json:"idempotency_key,omitempty"` // of the call that sent it, when the provider echoes it
	State          StatusState `json:"state"`
	Failure        *Failure    `json:"failure,omitempty"` // with StatusFailed
}
