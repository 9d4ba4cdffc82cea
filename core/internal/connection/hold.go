package connection

import (
	"errors"
	"sync"
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// holds keeps calls back from providers that asked for patience: what one run was told, all runs on that connection
// of this node heed.
type holds struct {
	mu    sync.Mutex
	until map[string]time.Time // by connection id
}

// note takes in how a call of a connection ended.
func (h *holds) note(connectionID string, err error) {
	var f *protocol.Failure
	if connectionID == "" || !errors.As(err, &f) || f.Kind != protocol.RateLimited || f.RetryAfter <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	h.until[connectionID] = time.Now().Add(f.RetryAfter)
}

// refuse returns the failure of a call that has to wait, or nil. Nothing has gone out then.
func (h *holds) refuse(connectionID string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := time.Until(h.until[connectionID])
	if left <= 0 {
		delete(h.until, connectionID)
		return nil
	}
	f := gateway(protocol.RateLimited, "The provider asked this connection to wait.")
	f.RetryAfter = left
	return f
}
