package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
)

// Contact is a person.
type Contact struct {
	ID        string     `json:"id"`
	Phone     string     `json:"phone,omitempty" doc:"E.164"`
	Email     string     `json:"email,omitempty"`
	Name      string     `json:"name,omitempty"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
}

// Message is something said.
type Message struct {
	ID           string     `json:"id"`
	ContactID    string     `json:"contact_id"`
	ConnectionID string     `json:"connection_id"`
	Direction    string     `json:"direction" enum:"in,out"`
	Kind         string     `json:"kind"`
	Text         string     `json:"text,omitempty"`
	Payload      string     `json:"payload,omitempty" doc:"Of a button or list choice."`
	Media        any        `json:"media,omitempty"`
	InReplyTo    string     `json:"in_reply_to,omitempty" doc:"The provider's id of the message it quotes."`
	ProviderID   string     `json:"provider_id,omitempty"`
	Status       string     `json:"status" enum:"sending,sent,delivered,read,failed,received"`
	Failure      *Failure   `json:"failure,omitempty"`
	RunID        string     `json:"run_id,omitempty" doc:"Who sent it."`
	Step         string     `json:"step,omitempty"`
	EventID      string     `json:"event_id,omitempty" doc:"What brought it."`
	Disposition  string     `json:"disposition,omitempty" enum:"matched,started,refused,late,duplicate,opted_out,no_match" doc:"What became of an inbound message."`
	DecidedBy    string     `json:"decided_by,omitempty" doc:"The rule that decided."`
	WaitID       string     `json:"wait_id,omitempty"`
	StartedRunID string     `json:"started_run_id,omitempty"`
	Duplicates   int        `json:"duplicates,omitempty" doc:"How many more copies came."`
	EffectiveAt  *time.Time `json:"effective_at,omitempty" doc:"When it counts as said, or was accepted."`
	ReceivedAt   *time.Time `json:"received_at,omitempty" doc:"When its bytes came, or when sending began."`
}

// Event is something that happened outside.
type Event struct {
	ID           string     `json:"id"`
	Type         string     `json:"type"`
	Key          string     `json:"key" doc:"The same on every copy."`
	ConnectionID string     `json:"connection_id,omitempty"`
	RequestID    string     `json:"request_id,omitempty"`
	OccurredAt   *time.Time `json:"occurred_at,omitempty"`
	ReceivedAt   time.Time  `json:"received_at"`
	Data         any        `json:"data,omitempty"`
}

// ContactOf shapes a contact.
func ContactOf(c conversation.Contact) Contact {
	return Contact{ID: c.ID, Phone: c.Phone, Email: c.Email, Name: c.Name, CreatedAt: when(c.CreatedAt)}
}

// MessageOf shapes a message.
func MessageOf(m conversation.Message) Message {
	return Message{
		ID: m.ID, ContactID: m.ContactID, ConnectionID: m.ConnectionID, Direction: string(m.Direction), Kind: m.Kind, Text: m.Text,
		Payload: m.Payload, Media: raw(m.Media), InReplyTo: m.InReplyTo, ProviderID: m.ProviderID, Status: string(m.Status),
		Failure: FailureOf(m.Failure), RunID: m.RunID, Step: m.StepID, EventID: m.EventID, Disposition: string(m.Disposition),
		DecidedBy: m.DecidedBy, WaitID: m.WaitID, StartedRunID: m.StartedRunID, Duplicates: m.Duplicates,
		EffectiveAt: when(m.EffectiveAt), ReceivedAt: when(m.ReceivedAt),
	}
}

// EventOf shapes an event.
func EventOf(e event.Event) Event {
	return Event{
		ID: e.ID, Type: e.Type, Key: e.Key, ConnectionID: e.ConnectionID, RequestID: e.RequestID, OccurredAt: when(e.OccurredAt),
		ReceivedAt: e.ReceivedAt.UTC(), Data: raw(e.Data),
	}
}
