// Package event names what happened outside: an order was paid, a customer wrote. An event is stored once under
// its key and handed to whoever subscribes to its type.
package event

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Event is one thing that happened. (WorkspaceID, ConnectionID, Type, Key) is unique, so a provider may send it as
// often as it likes.
type Event struct {
	ID           string // evt_…
	WorkspaceID  string
	ConnectionID string // empty for events that no connection brought
	RequestID    string // the webhook request it was read from; empty if none
	Type         string // connector and trigger: "shopify.order_paid"
	Key          string
	OccurredAt   time.Time // the provider's time
	ReceivedAt   time.Time // when its bytes reached us
	Data         json.RawMessage
	Contact      *protocol.Contact // who it is about, if the provider says
	Message      *protocol.Message // set when it is something said
	Status       *protocol.Status  // set when it is news of something we said
	Origin       *Origin           // set when a run caused it
	// Rejected are the flows, by name, that began no run for it because the contact was in one (per_contact: reject). It is
	// filled in for those who look at the event.
	Rejected []string
}

// Origin says which run caused an event.
type Origin struct {
	RunID     string `json:"run_id"`
	StepID    string `json:"step_id"`
	Iteration string `json:"iteration,omitempty"` // of the loops around the step
	Waits     bool   `json:"waits,omitempty"`     // the step goes on when the run that the event starts has ended
	Hops      int    `json:"hops"`                // how many runs led here, one after another
}

// MaxHops is how many runs may cause each other in a row. More of them are a loop.
const MaxHops = 10

// HopsHeader is the header by which an http step tells its receiver how many runs led to the request, one after another.
const HopsHeader = "Cordboard-Hops"

// EffectiveAt is when the event counts as having happened: the earlier of the provider's time and our receipt
// (waits.md, Words). A provider's clock that runs ahead can't make a message later than it was.
func (e Event) EffectiveAt() time.Time {
	if e.OccurredAt.IsZero() || e.ReceivedAt.Before(e.OccurredAt) {
		return e.ReceivedAt
	}
	return e.OccurredAt
}
