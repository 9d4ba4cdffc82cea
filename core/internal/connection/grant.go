package connection

import (
	"context"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Grant is what one call may use on the way out. It is opened as a ticket, the only thing that a connector gets to
// see of it. Whoever changes its maps clones them first: other calls may have them too.
type Grant struct {
	ConnectionID string
	Auth         protocol.Auth
	Values       map[string]string // every field as text, secrets included: what templates in Auth are filled with
	Secrets      map[string]string // handle to secret
	// Renew returns another access token in place of one that the provider refused. nil: the connection has none.
	Renew   func(ctx context.Context, refused string) (string, error)
	AnyHost bool // for the http step, whose author chose the address; the dial guard still applies
	Hops    int  // of an http step: how many runs led to it. The receiver is told, as it may be this gateway
}

// Exchange is one HTTP exchange of a call.
type Exchange = run.Exchange

// Tickets opens the way out for one call. After done, which also returns what was exchanged, the ticket is worthless
// and requests that are still under way are given up.
type Tickets interface {
	Open(Grant) (ticket string, done func() []Exchange)
}
