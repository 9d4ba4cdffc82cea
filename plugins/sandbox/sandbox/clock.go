package sandbox

import (
	"slices"
	"sync"
	"time"
)

// clock is time that can be pushed forward. Work scheduled on it runs when real time gets there or when
// advance jumps over it, whichever comes first.
type clock struct {
	base func() time.Time

	mu     sync.Mutex
	ahead  time.Duration
	tasks  []task // by due time
	timer  *time.Timer
	closed bool
	busy   sync.WaitGroup
}

type task struct {
	due time.Time
	do  func()
}

func newClock(base func() time.Time) *clock {
	if base == nil {
		base = time.Now
	}
	return &clock{base: base}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.ahead)
}

// after runs do on its own goroutine once d has passed, unless the clock is reset or closed before.
func (c *clock) after(d time.Duration, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	due := c.base().Add(c.ahead + d)
	at, _ := slices.BinarySearchFunc(c.tasks, due, func(t task, due time.Time) int {
		if t.due.After(due) {
			return 1
		}
		return -1 // equal times keep the order in which they came
	})
	c.tasks = slices.Insert(c.tasks, at, task{due, do})
	c.runDue()
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	c.runDue()
}

func (c *clock) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead, c.tasks = 0, nil
}

func (c *clock) close() {
	c.mu.Lock()
	c.closed, c.tasks = true, nil
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	c.busy.Wait()
}

// runDue starts what is due and sets the timer for what comes next. The caller holds mu.
func (c *clock) runDue() {
	now := c.base().Add(c.ahead)
	for len(c.tasks) > 0 && !c.tasks[0].due.After(now) {
		c.busy.Go(c.tasks[0].do)
		c.tasks = c.tasks[1:]
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	if len(c.tasks) == 0 || c.closed {
		return
	}
	c.timer = time.AfterFunc(c.tasks[0].due.Sub(now), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.runDue()
	})
}

// bucket is a token bucket on the sandbox's time. The zero level of a new bucket is full.
type bucket struct {
	size, perSecond float64
	used            float64
	at              time.Time
}

// take spends n tokens, or none and reports false when they are not there.
func (b *bucket) take(n float64, now time.Time) bool {
	b.refill(now)
	if b.used+n > b.size {
		return false
	}
	b.used += n
	return true
}

func (b *bucket) left(now time.Time) float64 {
	b.refill(now)
	return b.size - b.used
}

func (b *bucket) refill(now time.Time) {
	if !b.at.IsZero() {
		b.used = max(0, b.used-now.Sub(b.at).Seconds()*b.perSecond)
	}
	b.at = now
}
