package api

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Contact is a person.
type Contact struct {
	ID        string     `json:"id"`
	Phone     string     `json:"phone,omitempty" doc:"E.164"`
	Email     string     `json:"email,omitempty"`
	Name      string     `json:"name,omitempty"`
	Language  string     `json:"language,omitempty"`
	TimeZone  string     `json:"time_zone,omitempty" doc:"IANA name."`
	Tags      []string   `json:"tags,omitempty"`
	Lists     []string   `json:"lists,omitempty" doc:"Names of the lists that they are on."`
	Fields    any        `json:"fields,omitempty" doc:"Fields of your own, an object."`
	Consent   string     `json:"consent,omitempty" enum:"subscribed,unsubscribed" doc:"Absent: not declared. Nothing is sent to who is unsubscribed."`
	Blocked   bool       `json:"blocked,omitempty" doc:"Nothing is sent to them, and what they say is not taken."`
	CreatedAt *time.Time `json:"created_at,omitempty"`
}

// ContactExport is all that is known of a contact.
type ContactExport struct {
	Contact    Contact     `json:"contact"`
	Identities []string    `json:"identities" doc:"How they are recognised: the kind, the connection of a provider's own key, and the value."`
	Messages   []Message   `json:"messages" doc:"The newest first."`
	Runs       []RunDetail `json:"runs" doc:"The newest first."`
}

// ContactMerge names the contact that is to go up in another one.
type ContactMerge struct {
	Contact string `json:"contact" maxLength:"64" doc:"The id of the other one, who is not there by themselves afterwards."`
	DryRun  bool   `json:"dry_run,omitempty" doc:"Say what would move, and do nothing."`
}

// MergedContact is what became of two contacts, or would.
type MergedContact struct {
	Contact    Contact  `json:"contact" doc:"As they are afterwards."`
	Identities []string `json:"identities" doc:"By which the other one was recognised."`
	Messages   int      `json:"messages" doc:"Of the other one, as are the following."`
	Runs       int      `json:"runs"`
	ActiveRuns int      `json:"active_runs"`
	Waits      int      `json:"waits"`
	OpenWaits  int      `json:"open_waits"`
	Dropped    []string `json:"dropped" doc:"What the other one's values are not taken for, because the contact has its own."`
}

// MergedContactOf shapes a merge.
func MergedContactOf(m engine.Merge) MergedContact {
	return MergedContact{
		Contact: ContactOf(m.Contact), Identities: append([]string{}, m.Moved.Identities...), Messages: m.Moved.Messages, Runs: m.Moved.Runs,
		ActiveRuns: m.Moved.ActiveRuns, Waits: m.Moved.Waits, OpenWaits: m.Moved.OpenWaits, Dropped: append([]string{}, m.Dropped...),
	}
}

// NewContact is a person to be known.
type NewContact struct {
	Phone string `json:"phone,omitempty" maxLength:"40" doc:"With its country code, such as +34600111222. One of phone and e-mail is enough."`
	Email string `json:"email,omitempty" maxLength:"320"`
	ContactChange
}

// ContactChange is what is to be different about a contact. What is left out stays as it is.
type ContactChange struct {
	Name        *string                    `json:"name,omitempty" maxLength:"200"`
	Language    *string                    `json:"language,omitempty" maxLength:"35"`
	TimeZone    *string                    `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name, such as Europe/Madrid; empty: not known."`
	Fields      map[string]json.RawMessage `json:"fields,omitempty" doc:"Fields that are declared; null takes a value away; those left out stay."`
	AddTags     []string                   `json:"add_tags,omitempty" maxItems:"50"`
	RemoveTags  []string                   `json:"remove_tags,omitempty" maxItems:"50"`
	AddLists    []string                   `json:"add_lists,omitempty" maxItems:"50" doc:"Names of lists that are there."`
	RemoveLists []string                   `json:"remove_lists,omitempty" maxItems:"50"`
	Consent     string                     `json:"consent,omitempty" enum:"subscribed,unsubscribed"`
	Blocked     *bool                      `json:"blocked,omitempty" doc:"true ends the contact's runs."`
}

// Change checks a change and returns it as the engine reads it.
func (c ContactChange) Change() (run.ContactChange, error) {
	if c.TimeZone != nil {
		if _, err := time.LoadLocation(*c.TimeZone); err != nil {
			return run.ContactChange{}, &InputError{Path: "time_zone", Message: "is no time zone", Remedy: "write one such as Europe/Madrid"}
		}
	}
	return run.ContactChange{
		Name: c.Name, Language: c.Language, TimeZone: c.TimeZone, Fields: c.Fields, AddTags: c.AddTags, RemoveTags: c.RemoveTags,
		AddLists: c.AddLists, RemoveLists: c.RemoveLists, Consent: flow.Consent(c.Consent), Blocked: c.Blocked,
	}, nil
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
	DeliveredAt  *time.Time `json:"delivered_at,omitempty" doc:"When the contact got it, as the provider says."`
	ReadAt       *time.Time `json:"read_at,omitempty" doc:"When the contact opened it, as the provider says."`
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
	Rejected     []string   `json:"rejected,omitempty" doc:"Flows that began no run for it, because the contact was in one and they take one at a time (per_contact: reject)."`
}

// ContactOf shapes a contact.
func ContactOf(c conversation.Contact) Contact {
	return Contact{
		ID: c.ID, Phone: c.Phone, Email: c.Email, Name: c.Name, Language: c.Language, TimeZone: c.TimeZone, Tags: c.Tags, Lists: c.Lists, Fields: raw(c.Fields),
		Consent: string(c.Consent), Blocked: c.Blocked, CreatedAt: when(c.CreatedAt),
	}
}

// MessageOf shapes a message.
func MessageOf(m conversation.Message) Message {
	return Message{
		ID: m.ID, ContactID: m.ContactID, ConnectionID: m.ConnectionID, Direction: string(m.Direction), Kind: m.Kind, Text: m.Text,
		Payload: m.Payload, Media: raw(m.Media), InReplyTo: m.InReplyTo, ProviderID: m.ProviderID, Status: string(m.Status),
		Failure: FailureOf(m.Failure), RunID: m.RunID, Step: m.StepID, EventID: m.EventID, Disposition: string(m.Disposition),
		DecidedBy: m.DecidedBy, WaitID: m.WaitID, StartedRunID: m.StartedRunID, Duplicates: m.Duplicates,
		EffectiveAt: when(m.EffectiveAt), ReceivedAt: when(m.ReceivedAt), DeliveredAt: when(m.DeliveredAt), ReadAt: when(m.ReadAt),
	}
}

// EventOf shapes an event.
func EventOf(e event.Event) Event {
	return Event{
		ID: e.ID, Type: e.Type, Key: e.Key, ConnectionID: e.ConnectionID, RequestID: e.RequestID, OccurredAt: when(e.OccurredAt),
		ReceivedAt: e.ReceivedAt.UTC(), Data: raw(e.Data), Rejected: e.Rejected,
	}
}
