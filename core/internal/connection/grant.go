package connection

import (
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Grant is what one call may use on the way out. It is opened as a ticket, the only thing that a connector gets to
// see of it.
type Grant struct {
	ConnectionID string
	Auth         protocol.Auth
	Values       map[string]string // every field as text, secrets included: what templates in Auth are filled with
	Secrets      map[string]string // handle to secret
	AnyHost      bool              // for the http step, whose author chose the address; the dial guard still applies
	Hops         int               // of an http step: how many runs led to it. The receiver is told, as it may be this gateway
}

// Exchange is one HTTP exchange as a run's timeline shows it: no header, no query, no body, no secret.
type Exchange struct {
	At       time.Time     `json:"at"`
	Method   string        `json:"method"`
	Host     string        `json:"host"`
	Path     string        `json:"path"`
	Status   int           `json:"status,omitempty"` // zero: no answer
	Duration time.Duration `json:"duration"`
	Sent     int           `json:"sent"`     // bytes of the request's body
	Received int           `json:"received"` // bytes of the answer's body
	Error    string        `json:"error,omitempty"`
}

// Tickets opens the way out for one call. After done, which also returns what was exchanged, the ticket is worthless
// and requests that are still under way are given up.
type Tickets interface {
	Open(Grant) (ticket string, done func() []Exchange)
}
