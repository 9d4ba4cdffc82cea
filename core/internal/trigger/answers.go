package trigger

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// FlowAnswer is what the caller of a flow's own address is told by the flow.
type FlowAnswer struct {
	Status int
	Header map[string]string // canonical names
	Body   []byte
}

// AnswerStore finds what flows have answered.
type AnswerStore interface {
	// Answers returns those of the requests that were answered, by request.
	Answers(ctx context.Context, requestIDs []string) (map[string]FlowAnswer, error)
	// CopyOf returns the request that came first of those with a delivery key; engine.ErrNotFound if it is gone.
	CopyOf(ctx context.Context, connectionID, deliveryKey string) (requestID string, err error)
}

// Answers lets callers wait for a flow's answer. Whichever node carries out the run, the answer comes by the database: one
// goroutine looks there for all callers of this node, and none does while nobody waits.
type Answers struct {
	store AnswerStore
	every time.Duration
	limit int
	log   *slog.Logger
	look  chan struct{} // holds at most one hint

	mu       sync.Mutex
	waiting  map[chan FlowAnswer]string // the request that each caller has made
	watching bool
}

// AnswersConfig says what Answers works with. All but Store may be zero.
type AnswersConfig struct {
	Store AnswerStore
	Every time.Duration // between two looks at the database; zero: 100 ms
	Limit int           // callers who wait at once; zero: 256
	Log   *slog.Logger
}

// NewAnswers returns an Answers.
func NewAnswers(c AnswersConfig) *Answers {
	if c.Every == 0 {
		c.Every = 100 * time.Millisecond
	}
	if c.Limit == 0 {
		c.Limit = 256
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Answers{store: c.Store, every: c.Every, limit: c.Limit, log: c.Log, look: make(chan struct{}, 1), waiting: map[chan FlowAnswer]string{}}
}

// Look says that there may be a new answer, so that nobody waits for the next regular look. It never blocks.
func (a *Answers) Look() {
	select {
	case a.look <- struct{}{}:
	default:
	}
}

// Wait returns the answer to a request. ok is false if there is none by the end of ctx, or if too many wait already.
func (a *Answers) Wait(ctx context.Context, requestID string) (answer FlowAnswer, ok bool) {
	answered := make(chan FlowAnswer, 1)
	a.mu.Lock()
	if len(a.waiting) >= a.limit {
		a.mu.Unlock()
		return answer, false
	}
	a.waiting[answered] = requestID
	if !a.watching {
		a.watching = true
		go a.watch()
	}
	a.mu.Unlock()
	a.Look()
	select {
	case answer = <-answered:
		return answer, true
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, answered)
	return answer, false
}

// watch looks for answers for as long as anybody waits for one.
func (a *Answers) watch() {
	for {
		ids := a.asked()
		if len(ids) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		found, err := a.store.Answers(ctx, ids)
		cancel()
		if err != nil {
			a.log.Error("look for answers of flows", "error", err)
		}
		a.hand(found)
		select {
		case <-a.look:
		case <-time.After(a.every):
		}
	}
}

// asked lists the requests whose callers wait. With none the watch is over.
func (a *Answers) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids := make([]string, 0, len(a.waiting))
	for _, id := range a.waiting {
		ids = append(ids, id)
	}
	a.watching = len(ids) > 0
	return ids
}

// hand gives answers to those who wait for them.
func (a *Answers) hand(found map[string]FlowAnswer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for caller, id := range a.waiting {
		if answer, ok := found[id]; ok {
			caller <- answer // there is room for it, and it is the only one
			delete(a.waiting, caller)
		}
	}
}
