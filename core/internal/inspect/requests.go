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

// Verdict is what became of a webhook request. Of those that were not kept the intake has the words.
type Verdict string

const (
	RequestNew    Verdict = "received" // stored; still to be read
	RequestRead   Verdict = "read"
	RequestFailed Verdict = "failed" // it could not be read; nothing came of it
)

// Kept reports whether it is the verdict on a request that was stored. All others say why one was not.
func (v Verdict) Kept() bool { return v == RequestNew || v == RequestRead || v == RequestFailed }

// RequestFilter says which webhook requests are wanted; an empty field leaves all.
type RequestFilter struct {
	Verdict      Verdict
	ConnectionID string // or the id of a flow's own address
}

// Request is a webhook request as it came, without what proved its sender.
type Request struct {
	ID           string // req_…
	ConnectionID string // or the id of a flow's own address
	FlowName     string // whose own address it came to; empty for a connection's
	Connector    string
	Method       string
	Query        map[string][]string
	Header       map[string][]string
	Body         []byte
	Size         int    // of the whole body, in bytes
	DeliveryKey  string // the same on every copy; empty if the sender gives none
	ReceivedAt   time.Time
	ParsedAt     time.Time // zero until it was read
	Failure      string    // why it could not be read
	Refused      Verdict   // why it was not kept; empty for one that was. Then Body is a beginning
	Remote       string    // the address that sent it, of one that was not kept
	Skipped      int       // requests like it since the one before that were counted only
}

// Verdict is what became of it.
func (r Request) Verdict() Verdict {
	switch {
	case r.Refused != "":
		return r.Refused
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
