package trigger

import (
	"sync"
	"time"
)

// every is how often the same complaint about one connection is logged.
const every = time.Minute

// quiet keeps strangers from filling the log. Keys are connections that exist, so it stays small.
type quiet struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (q *quiet) allow(key string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if last, ok := q.last[key]; ok && now.Sub(last) < every {
		return false
	}
	if q.last == nil {
		q.last = make(map[string]time.Time)
	}
	q.last[key] = now
	return true
}
