package inspect

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/run"
)

// WaitFilter says which waits are wanted; an empty field leaves all.
type WaitFilter struct {
	State     run.WaitState
	ContactID string
}

// Verdict is what became of a webhook request that was taken.
type Verdict string

const (
	RequestNew    Verdict = "received" // stored; still to be read
	RequestRead   Verdict = "read"
	RequestFailed Verdict = "failed" // it could not be read; nothing came of it
)

// RequestFilter says which webhook requests are wanted; an empty field leaves all.
type RequestFilter struct {
	Verdict      Verdict
	ConnectionID string // or the id of a flow's own address
}

// Request is a webhook request as it was taken, without what proved its sender.
type Request struct {
	ID           string // req_…
	ConnectionID string // or the id of a flow's own address
	FlowName     string // whose own address it came to; empty for a connection's
	Connector    string
	Method       string
	Query        map[string][]string
	Header       map[string][]string
	Body         []byte
	Size         int    // of the body, in bytes
	DeliveryKey  string // the same on every copy; empty if the sender gives none
	ReceivedAt   time.Time
	ParsedAt     time.Time // zero until it was read
	Failure      string    // why it could not be read
}

// Verdict is what became of it.
func (r Request) Verdict() Verdict {
	switch {
	case r.Failure != "":
		return RequestFailed
	case r.ParsedAt.IsZero():
		return RequestNew
	}
	return RequestRead
}

// RequestDetail is a request with what came of it.
type RequestDetail struct {
	Request  Request
	Events   []event.Event // that were new in it
	Runs     []run.Run     // that they started
	Messages []conversation.Message
}
