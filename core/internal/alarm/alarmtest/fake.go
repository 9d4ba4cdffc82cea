// Package alarmtest helps to test with alarms: a fake clock and a fake database in memory, and the suite that every
// kind of queue passes.
package alarmtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/alarm"
)

// Fake keeps alarms in memory and calls the handler when they are due, with nothing but timers, so that it runs on
// the virtual time of testing/synctest. Like the real clock it treats an alarm that is set twice as one.
type Fake struct {
	handle alarm.Handler

	mu      sync.Mutex
	pending map[alarm.Alarm]*time.Timer
	stopped bool
	calls   sync.WaitGroup
}

// NewFake returns a clock that calls handle. With a nil handler it only remembers what was set.
func NewFake(handle alarm.Handler) *Fake {
	return &Fake{handle: handle, pending: make(map[alarm.Alarm]*time.Timer)}
}

// Set works like Clock.Set.
func (f *Fake) Set(_ context.Context, alarms ...alarm.Alarm) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range alarms {
		a.At = a.At.Round(0).UTC() // times that are equal are the same map key
		if _, known := f.pending[a]; known || f.stopped {
			continue
		}
		var timer *time.Timer
		if f.handle != nil {
			timer = time.AfterFunc(time.Until(a.At), func() { f.fire(a) })
		}
		f.pending[a] = timer
	}
}

func (f *Fake) fire(a alarm.Alarm) {
	f.mu.Lock()
	if f.stopped {
		f.mu.Unlock()
		return
	}
	delete(f.pending, a)
	f.calls.Add(1)
	f.mu.Unlock()
	defer f.calls.Done()
	_ = f.handle(context.Background(), a) // the real clock only logs it
}

// Pending returns the alarms that were set and have not fired, the earliest first.
func (f *Fake) Pending() []alarm.Alarm {
	f.mu.Lock()
	defer f.mu.Unlock()
	var pending []alarm.Alarm
	for a := range f.pending {
		pending = append(pending, a)
	}
	slices.SortFunc(pending, func(a, b alarm.Alarm) int { return a.At.Compare(b.At) })
	return pending
}

// Lose forgets all alarms, as a flushed Redis does.
func (f *Fake) Lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clear()
}

// Stop forgets all alarms, takes no more, and waits for handlers that are at work.
func (f *Fake) Stop() {
	f.mu.Lock()
	f.stopped = true
	f.clear()
	f.mu.Unlock()
	f.calls.Wait()
}

func (f *Fake) clear() {
	for _, timer := range f.pending {
		if timer != nil {
			timer.Stop()
		}
	}
	clear(f.pending)
}
