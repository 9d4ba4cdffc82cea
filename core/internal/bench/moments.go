package bench

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// moments are the times at which something was seen, by what it was about.
type moments struct {
	mu   sync.Mutex
	seen map[string]chan time.Time
}

func (m *moments) of(key string) chan time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[string]chan time.Time{}
	}
	if m.seen[key] == nil {
		m.seen[key] = make(chan time.Time, 1)
	}
	return m.seen[key]
}

// note keeps the first time only.
func (m *moments) note(key string, at time.Time) {
	select {
	case m.of(key) <- at:
	default:
	}
}

// await waits for the moment and forgets it.
func (m *moments) await(ctx context.Context, key string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case at := <-m.of(key):
		m.mu.Lock()
		delete(m.seen, key)
		m.mu.Unlock()
		return at, nil
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("%s did not happen: %w", key, context.Cause(ctx))
	}
}
