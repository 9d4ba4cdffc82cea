package alarm

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// agendaSize bounds the memory for alarms that are due and not yet handled. What finds no room is found overdue.
const agendaSize = 50_000

// agenda holds the alarms of the next moment, hands them out in the order of their times and not before, and knows
// which are being handled, so that nobody does the same work beside them.
type agenda struct {
	mu      sync.Mutex
	queue   byTime
	known   map[key]struct{} // in the queue or being handled
	changed chan struct{}    // holds a token when there may be an earlier alarm than the one waited for
}

// key tells alarms apart. A row that is set anew for another time is another alarm, even while it is being handled.
// Milliseconds, because databases round to less than Go's nanoseconds.
type key struct {
	kind     Kind
	id       string
	revision int64
	at       int64
}

func keyOf(a Alarm) key { return key{a.Kind, a.ID, a.Revision, a.At.UnixMilli()} }

func newAgenda() *agenda {
	return &agenda{known: make(map[key]struct{}), changed: make(chan struct{}, 1)}
}

// entry is an alarm and the time to hand it out, on this machine's clock.
type entry struct {
	Alarm
	due time.Time
}

// add notes an alarm to be handed out at due, unless it is known. It returns false if there is no room.
func (g *agenda) add(a Alarm, due time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	k := keyOf(a)
	if _, known := g.known[k]; known {
		return true
	}
	if len(g.known) >= agendaSize {
		return false
	}
	g.known[k] = struct{}{}
	heap.Push(&g.queue, entry{a, due})
	select {
	case g.changed <- struct{}{}:
	default:
	}
	return true
}

// take waits until the earliest alarm is due and hands it out; done must follow. It returns false when ctx ends.
func (g *agenda) take(ctx context.Context) (Alarm, bool) {
	for {
		a, wait, ok := g.pop(time.Now())
		if ok {
			return a, true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-g.changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return Alarm{}, false
		}
	}
}

// pop returns the earliest alarm if it is due, else how long to wait for it at most.
func (g *agenda) pop(now time.Time) (a Alarm, wait time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		return Alarm{}, time.Hour, false
	}
	if wait := g.queue[0].due.Sub(now); wait > 0 {
		return Alarm{}, wait, false
	}
	return heap.Pop(&g.queue).(entry).Alarm, 0, true
}

// done forgets an alarm that was handled.
func (g *agenda) done(a Alarm) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, keyOf(a))
}

// room is how many more alarms the agenda takes.
func (g *agenda) room() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return agendaSize - len(g.known)
}

// has reports whether an alarm is in the queue or being handled.
func (g *agenda) has(a Alarm) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, known := g.known[keyOf(a)]
	return known
}

// byTime is a heap, the earliest on top.
type byTime []entry

func (q byTime) Len() int           { return len(q) }
func (q byTime) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q byTime) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byTime) Push(x any)        { *q = append(*q, x.(entry)) }
func (q *byTime) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = entry{} // lets go of its strings
	*q = (*q)[:last]
	return e
}
