package sandbox

import "sync"

// changes tells watchers that something in the sandbox changed. It carries no detail: a watcher reads the
// state again, so bursts fold into one look.
type changes struct {
	mu     sync.Mutex
	next   chan struct{}
	closed bool
}

func newChanges() *changes { return &changes{next: make(chan struct{})} }

func (c *changes) notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	close(c.next)
	c.next = make(chan struct{})
}

// wait returns a channel that is closed at the next change, and whether there can still be one.
func (c *changes) wait() (<-chan struct{}, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next, !c.closed
}

func (c *changes) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.next)
	}
}
