// Package conversation owns people and what is said: contacts and their identities, messages in and out, and the
// decision which wait a message answers (waits.md). It decides; the engine stores what was decided.
package conversation

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Contact is a person of a workspace.
type Contact struct {
	ID          string // cnt_…
	WorkspaceID string
	Phone       string // E.164
	Email       string // lower case
	Name        string
	Language    string          // such as "es"; empty: not known
	TimeZone    string          // IANA name; empty: not known
	Tags        []string        // in order
	Lists       []string        // names, in order
	Fields      json.RawMessage // an object; nil is an empty one
	Consent     flow.Consent
	Blocked     bool
	InboundSeq  int64 // number of the newest inbound message
	CreatedAt   time.Time
}

// Facts is what a run knows of the contact.
func (c Contact) Facts() run.ContactFacts {
	return run.ContactFacts{
		ID: c.ID, Phone: c.Phone, Email: c.Email, Name: c.Name, Language: c.Language, TimeZone: c.TimeZone, Tags: c.Tags,
		Lists: c.Lists, Fields: c.Fields, Consent: c.Consent, Blocked: c.Blocked,
	}
}

// With returns the contact with a change.
func (c Contact) With(change run.ContactChange) Contact {
	f := change.Apply(c.Facts())
	c.Name, c.Language, c.TimeZone, c.Tags, c.Lists, c.Fields, c.Consent, c.Blocked = f.Name, f.Language, f.TimeZone, f.Tags, f.Lists, f.Fields, f.Consent, f.Blocked
	return c
}

// List is a named list of a workspace, on which contacts are put.
type List struct {
	Name      string // a slug
	Title     string // what people read; may be empty
	Members   int
	CreatedAt time.Time
}

// IdentityKind is what an identity is made of.
type IdentityKind string

const (
	PhoneIdentity    IdentityKind = "phone"
	EmailIdentity    IdentityKind = "email"
	ExternalIdentity IdentityKind = "external" // a provider's own key, within one connection
)

// Identity is one way to recognise a contact; (workspace, Kind, Scope, Value) belongs to one contact.
type Identity struct {
	Kind  IdentityKind
	Scope string // connection id with ExternalIdentity, else empty
	Value string
}

// Disposition is what became of an inbound message: each ends with exactly one (R10).
type Disposition string

const (
	Matched   Disposition = "matched"   // claimed a wait
	Started   Disposition = "started"   // started a run
	Refused   Disposition = "refused"   // meant for a wait whose accept does not take it
	Late      Disposition = "late"      // answers a wait that had closed
	Duplicate Disposition = "duplicate" // had been received before
	OptedOut  Disposition = "opted_out" // asks for no more messages
	NoMatch   Disposition = "no_match"
)

// Message is something said, in either direction.
type Message struct {
	ID            string // msg_…
	WorkspaceID   string
	ContactID     string
	ConnectionID  string
	EventID       string // inbound: the event that brought it
	Direction     protocol.Direction
	Seq           int64  // inbound: its number among the contact's inbound messages; outbound: the newest inbound number when its intent was committed (R1)
	ProviderID    string // empty while a send has not been answered
	CallKey       string // outbound: idempotency key of the call that sends it
	RunID, StepID string // outbound: who sent it
	Kind          string
	Text          string
	Payload       string
	Media         json.RawMessage
	InReplyTo     string
	NotReply      bool
	EffectiveAt   time.Time // inbound: when it counts as said; outbound: when the provider accepted it
	ReceivedAt    time.Time // inbound: when its bytes reached us; outbound: when the intent was committed
	Status        MessageStatus
	DeliveredAt   time.Time // outbound: when the provider says so; zero if it has not
	ReadAt        time.Time
	Failure       *protocol.Failure
	Disposition   Disposition
	DecidedBy     string // the rule that gave the disposition
	WaitID        string // the wait of a matched or late message
	StartedRunID  string // the run of a started one
	Duplicates    int    // how many more copies came
}

// Reached returns when an outbound message came as far as a clock waits for; zero if it has not. What was read has been
// delivered, even if the provider never said so.
func (m Message) Reached(from flow.From) time.Time {
	if from == flow.FromDelivered && !m.DeliveredAt.IsZero() {
		return m.DeliveredAt
	}
	return m.ReadAt
}

// MessageStatus is how far an outbound message got.
type MessageStatus string

const (
	Sending    MessageStatus = "sending" // intent committed, no answer yet
	Sent       MessageStatus = "sent"
	Delivered  MessageStatus = "delivered"
	Read       MessageStatus = "read"
	SendFailed MessageStatus = "failed"
	Received   MessageStatus = "received" // inbound
)

// rank orders statuses: a provider repeats and reorders them, and a lower one never replaces a higher one.
var rank = map[MessageStatus]int{Sending: 0, Sent: 1, Delivered: 2, Read: 3, SendFailed: 4}

// Newer reports whether status next, arriving after now, changes anything. A failure is final unless the message
// turns out to have been delivered.
func Newer(now, next MessageStatus) bool {
	if now == SendFailed {
		return next == Delivered || next == Read
	}
	if next == SendFailed {
		return now != Delivered && now != Read
	}
	return rank[next] > rank[now]
}
