package trigger

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// ErrNoInbox is returned for a connection that is not there or whose connector receives no webhooks.
var ErrNoInbox = errors.New("no such inbox")

// Inbox is a connection's address, or a flow's own, as far as verifying needs it.
type Inbox struct {
	WorkspaceID  string
	ConnectionID string
	Connector    string
	Declared     protocol.Inbox
	Answers      time.Duration             // how long a caller waits for the flow's answer; zero: it is answered at once
	Secret       func(field string) string // a field of the connection in clear; empty if there is none
	Previous     string                    // the secret before, while it is still good; empty if there is none
}

// verify checks a request with the secret, or with the one before.
func (i Inbox) verify(in Incoming) error {
	v := i.Declared.Verify
	err := Verify(v, i.Secret(v.Secret), in.Header, in.Query, in.Body, in.ReceivedAt)
	if err != nil && i.Previous != "" {
		return Verify(v, i.Previous, in.Header, in.Query, in.Body, in.ReceivedAt)
	}
	return err
}

// Inboxes finds an inbox by the id of its connection or of its hook, or ErrNoInbox.
type Inboxes interface {
	Inbox(ctx context.Context, connectionID string) (Inbox, error)
}

// fresh is how long a found inbox is believed: so long a secret that another node changed still counts here.
const fresh = 5 * time.Second

// inboxCache spares the database and the unsealing. It keeps only what was found, so strangers can't fill it.
type inboxCache struct {
	from Inboxes

	mu    sync.Mutex
	known map[string]knownInbox
}

type knownInbox struct {
	Inbox
	until time.Time
}

func (c *inboxCache) find(ctx context.Context, connectionID string) (Inbox, error) {
	if !id.Valid("con", connectionID) && !id.Valid(hookPrefix, connectionID) {
		return Inbox{}, ErrNoInbox
	}
	now := time.Now()
	c.mu.Lock()
	k, ok := c.known[connectionID]
	c.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.Inbox, nil
	}
	found, err := c.from.Inbox(ctx, connectionID)
	if err != nil {
		c.forget(connectionID)
		return Inbox{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = make(map[string]knownInbox)
	}
	c.known[connectionID] = knownInbox{found, now.Add(fresh)}
	return found, nil
}

func (c *inboxCache) forget(connectionID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, connectionID)
}
