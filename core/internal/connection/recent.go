package connection

import (
	"sync"
	"time"
)

// believedFor is how long what was read of a connection is believed: so long a change that another node made may go
// unnoticed here. A change made through this Service counts at once.
const believedFor = 2 * time.Second

// recent spares a busy connection the database and the unsealing. It keeps only what was found.
type recent[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]dated[V]
}

type dated[V any] struct {
	value V
	until time.Time
}

// get returns what is believed of key, or reads it.
func (r *recent[K, V]) get(key K, read func() (V, error)) (V, error) {
	r.mu.Lock()
	d, ok := r.known[key]
	r.mu.Unlock()
	if ok && time.Now().Before(d.until) {
		return d.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[K]dated[V]{}
	}
	r.known[key] = dated[V]{value, time.Now().Add(believedFor)}
	return value, nil
}

// forget drops all that is believed: changes are rare.
func (r *recent[K, V]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}
