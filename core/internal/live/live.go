// Package live tells those who look at runs and waits which of them have changed, so that nobody has to ask again and
// again. It tells ids only, and is a hint: what it loses is seen at the next look.
package live

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Changes are runs and waits of a workspace that have changed lately.
type Changes struct {
	WorkspaceID string   `json:"workspace_id,omitempty"`
	Runs        []string `json:"runs,omitempty"`
	Waits       []string `json:"waits,omitempty"`
	Many        bool     `json:"many,omitempty"` // more than are listed
}

// most is how many ids are told at once; beyond that whoever looks had better load the list again.
const most = 100

// gather is how long changes are collected before they are told.
const gather = 250 * time.Millisecond

// add puts other changes of the same workspace to these.
func (c *Changes) add(o Changes) {
	merge := func(all, more []string) []string {
		for _, id := range more {
			switch {
			case slices.Contains(all, id):
			case len(all) == most:
				c.Many = true
			default:
				all = append(all, id)
			}
		}
		return all
	}
	c.Runs, c.Waits = merge(c.Runs, o.Runs), merge(c.Waits, o.Waits)
	c.Many = c.Many || o.Many
}

func (c Changes) empty() bool { return len(c.Runs)+len(c.Waits) == 0 && !c.Many }

// Hub collects what changes on this node and tells those who listen, here and on other nodes.
type Hub struct {
	// Broadcast tells the other nodes; they hand it to Take. nil: there are none.
	Broadcast func(ctx context.Context, c Changes) error
	Log       *slog.Logger

	mu        sync.Mutex
	pending   map[string]*Changes // by workspace
	wake      chan struct{}       // room for one: something is pending
	listeners map[*Listener]bool
}

// New returns a hub. It works while Run does.
func New(log *slog.Logger) *Hub {
	return &Hub{Log: log, pending: map[string]*Changes{}, wake: make(chan struct{}, 1), listeners: map[*Listener]bool{}}
}

// Changed notes what changed on this node. It never blocks.
func (h *Hub) Changed(c Changes) {
	if c.empty() {
		return
	}
	h.mu.Lock()
	p := h.pending[c.WorkspaceID]
	if p == nil {
		p = &Changes{WorkspaceID: c.WorkspaceID}
		h.pending[c.WorkspaceID] = p
	}
	p.add(c)
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run tells what changed, a few times a second, until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		h.mu.Lock()
		told := h.pending
		h.pending = map[string]*Changes{}
		h.mu.Unlock()
		for _, c := range told {
			h.Take(*c)
			if h.Broadcast == nil {
				continue
			}
			if err := h.Broadcast(ctx, *c); err != nil && ctx.Err() == nil {
				h.Log.Warn("tell other nodes what changed", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(gather):
		}
	}
}

// Take tells those who listen on this node.
func (h *Hub) Take(c Changes) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		if l.workspaceID == c.WorkspaceID {
			l.put(c)
		}
	}
}

// Listener is somebody who looks at a workspace.
type Listener struct {
	hub         *Hub
	workspaceID string
	ready       chan struct{} // room for one

	mu   sync.Mutex
	news Changes
}

// Listen begins to collect what changes in a workspace, until Close. A listener who is slow misses nothing: what comes
// meanwhile is put together.
func (h *Hub) Listen(workspaceID string) *Listener {
	l := &Listener{hub: h, workspaceID: workspaceID, ready: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[l] = true
	return l
}

// Close ends the listening.
func (l *Listener) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	delete(l.hub.listeners, l)
}

func (l *Listener) put(c Changes) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news.add(c)
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// Ready receives when there is something to take.
func (l *Listener) Ready() <-chan struct{} { return l.ready }

// News returns what has changed since it was last called.
func (l *Listener) News() Changes {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.news
	l.news = Changes{}
	return c
}
