package event

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
)

// The types of events that outside systems may be told.
const (
	RunStarted            = "run.started"
	RunSucceeded          = "run.succeeded"
	RunFailed             = "run.failed"
	RunCancelled          = "run.cancelled"
	WaitOpened            = "wait.opened"
	WaitReplied           = "wait.replied"
	WaitNoResponse        = "wait.no_response"
	WaitInvalid           = "wait.invalid"
	WaitUndelivered       = "wait.undelivered"
	WaitCancelled         = "wait.cancelled"
	WaitLateReply         = "wait.late_reply"
	MessageReceived       = "message.received"
	MessageSent           = "message.sent"
	MessageDelivered      = "message.delivered"
	MessageRead           = "message.read"
	MessageFailed         = "message.failed"
	ContactCreated        = "contact.created"
	ContactTagAdded       = "contact.tag_added"
	ContactTagRemoved     = "contact.tag_removed"
	ContactListAdded      = "contact.list_added"
	ContactListRemoved    = "contact.list_removed"
	ContactFieldChanged   = "contact.field_changed"
	ContactConsentChanged = "contact.consent_changed"
	ContactBlocked        = "contact.blocked" // or not any more
	ContactMerged         = "contact.merged"

	ConnectionNeedsReconnect = "connection.needs_reconnect"
	ConnectionRestored       = "connection.restored"

	AlertFlow       = "alert.flow" // its runs fail
	AlertConnection = "alert.connection"
	AlertEndpoint   = "alert.endpoint"

	EndpointDisabled = "endpoint.disabled" // told to the others
	EndpointTest     = "endpoint.test"     // sent to one endpoint when a person asks
)

// Custom begins the types of the events that flows emit.
const Custom = "custom."

// OutgoingTypes lists them, without EndpointTest and what begins with Custom.
func OutgoingTypes() []string {
	return []string{
		RunStarted, RunSucceeded, RunFailed, RunCancelled,
		WaitOpened, WaitReplied, WaitNoResponse, WaitInvalid, WaitUndelivered, WaitCancelled, WaitLateReply,
		MessageReceived, MessageSent, MessageDelivered, MessageRead, MessageFailed,
		ContactCreated, ContactTagAdded, ContactTagRemoved, ContactListAdded, ContactListRemoved, ContactFieldChanged, ContactConsentChanged, ContactBlocked, ContactMerged,
		ConnectionNeedsReconnect, ConnectionRestored, EndpointDisabled,
		AlertFlow, AlertConnection, AlertEndpoint,
	}
}

// KnownFilter reports whether a filter takes at least one type: a type itself, a beginning such as run.*, or *.
func KnownFilter(filter string) bool {
	prefix, wild := strings.CutSuffix(filter, "*")
	if name, custom := strings.CutPrefix(filter, Custom); custom {
		return name != "" && (!wild || name == "*")
	}
	if wild && prefix != "" && !strings.HasSuffix(prefix, ".") {
		return false
	}
	return slices.ContainsFunc(OutgoingTypes(), func(t string) bool { return t == filter || wild && strings.HasPrefix(t, prefix) })
}

// Outgoing is something that happened here, as outside systems are told it.
type Outgoing struct {
	ID          string // evt_…, the webhook-id under which it is sent
	WorkspaceID string
	Type        string
	At          time.Time
	Payload     json.RawMessage // the body of the request: type, timestamp, data
}

// NewOutgoing makes an event whose data is an object of JSON.
func NewOutgoing(workspaceID, eventType string, at time.Time, data map[string]any) Outgoing {
	payload, _ := json.Marshal(struct { // data holds what was JSON before
		Type      string         `json:"type"`
		Timestamp time.Time      `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}{eventType, at.UTC(), data})
	return Outgoing{ID: id.New("evt"), WorkspaceID: workspaceID, Type: eventType, At: at, Payload: payload}
}
