package engine

import (
	"context"
	"sync"
)

// maxBacklog bounds the ids that are kept for later; a request beyond it is found in the database.
const maxBacklog = 1 << 16

// backlog holds the requests that are stored and not read yet because all workers are at work while senders wait. What was sent must
// be safe at once; what it means can wait for a moment. From then on requests are read in their order, one at a time as long as
// senders wait, and as many as there is room for when they don't.
type backlog struct {
	mu      sync.Mutex
	ids     []string // the oldest first
	has     map[string]bool
	reading bool // somebody takes from it
}

// add keeps a request for later unless it is kept already. begin says that nobody takes from the backlog, and that the caller
// is to.
func (b *backlog) add(id string) (begin bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.has[id] || len(b.ids) >= maxBacklog {
		return false
	}
	if b.has == nil {
		b.has = map[string]bool{}
	}
	b.ids, b.has[id] = append(b.ids, id), true
	begin, b.reading = !b.reading, true
	return begin
}

// holds reports whether a request is kept for later.
func (b *backlog) holds(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.has[id]
}

// take returns the oldest request. When there is none, whoever takes has ended.
func (b *backlog) take() (id string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ids) == 0 {
		b.ids, b.reading = nil, false
		return "", false
	}
	id, b.ids = b.ids[0], b.ids[1:]
	delete(b.has, id)
	return id, true
}

// isEmpty reports whether nothing is kept for later.
func (b *backlog) isEmpty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ids) == 0
}

// crowded reports whether senders wait.
func (e *Engine) crowded() bool { return e.Crowded != nil && e.Crowded() }

// postpone leaves a request for later.
func (e *Engine) postpone(id string) {
	if e.backlog.add(id) && e.begin() {
		go func() {
			defer e.workers.Done()
			e.readBacklog()
		}()
	}
}

func (e *Engine) readBacklog() {
	for {
		id, ok := e.backlog.take()
		if !ok {
			return
		}
		read := func(ctx context.Context) { e.look(ctx, KindRequest, id) }
		if e.crowded() {
			read(e.ctx)
			continue
		}
		select {
		case e.slots <- struct{}{}:
			e.spawn(read)
		case <-e.ctx.Done():
			return
		}
	}
}
