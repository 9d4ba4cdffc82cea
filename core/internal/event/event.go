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
}

// EffectiveAt is when the event counts as having happened: the earlier of the provider's time and our receipt
// (waits.md, Words). A provider's clock that runs ahead can't make a message later than it was.
func (e Event) EffectiveAt() time.Time {
	if e.OccurredAt.IsZero() || e.ReceivedAt.Before(e.OccurredAt) {
		return e.ReceivedAt
	}
	return e.OccurredAt
}
