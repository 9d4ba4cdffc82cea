package connection

import (
	"errors"
	"sync"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// holds keeps calls back from providers that asked for patience: what one run was told, all runs on that connection
// heed, those of this node at once, those of others as soon as they read the connection again.
type holds struct {
	mu    sync.Mutex
	until map[string]time.Time // by connection id
}

// note takes in how a call of a connection ended and returns how long others are to wait; zero: not at all.
func (h *holds) note(connectionID string, err error) time.Duration {
	var f *protocol.Failure
	if connectionID == "" || !errors.As(err, &f) || f.Kind != protocol.RateLimited || f.Source == protocol.FromGateway || f.RetryAfter <= 0 {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	h.until[connectionID] = time.Now().Add(f.RetryAfter)
	return f.RetryAfter
}

// refuse returns the failure of a call that has to wait, or nil. Nothing has gone out then. stored is what is known of
// all nodes.
func (h *holds) refuse(connectionID string, stored time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := time.Until(h.until[connectionID])
	if left <= 0 {
		delete(h.until, connectionID)
	}
	if left = max(left, time.Until(stored)); left <= 0 {
		return nil
	}
	f := gateway(protocol.RateLimited, "The provider asked this connection to wait.")
	f.RetryAfter = left
	return f
}
