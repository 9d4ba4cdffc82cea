package alarmtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/alarm"
)

// Exercise checks what a clock promises on any queue. It calls config for each test.
func Exercise(t *testing.T, config func(t *testing.T) alarm.Config) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, alarm.Config){
		"an alarm fires once, at its time and not before":   firesOnceWhenDue,
		"an alarm that is set twice fires once":             ignoresConflicts,
		"a row that nobody set an alarm for is promoted":    promotes,
		"rows that share an instant are all promoted":       promotesManyAtOnce,
		"R6: overdue rows are swept at a bounded rate":      sweeps,
		"a row may be set anew while it is handled":         setsAnew,
		"two clocks share the work and lose none":           worksSideBySide,
		"a failing or panicking handler is asked again":     asksAgain,
		"stop waits for handlers, and cancels the stubborn": stopsCleanly,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, config(t))
		})
	}
}

func firesOnceWhenDue(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery = time.Hour // a sweep of what a slow machine is about to handle would be a second call
	w := start(t, cfg)
	eventually(t, "the first promotion is over", w.source.lookedAhead) // or it might promote what was just handled
	now := time.Now()
	var rows []alarm.Alarm
	for i, in := range []int{-1000, 0, 250, 900, 1100, 1750, 2010, 2990} {
		rows = append(rows, row(i, now.Add(time.Duration(in)*time.Millisecond)))
	}
	w.park(rows...)
	w.handled(t, rows...)
	w.clock.Stop(t.Context())
	for _, call := range w.all() {
		if call.when.Before(call.At) {
			t.Errorf("%s fired %v early", call.ID, call.At.Sub(call.when))
		}
	}
	if calls := w.all(); len(calls) != len(rows) {
		t.Errorf("%d calls for %d rows: %v", len(calls), len(rows), calls)
	}
}

func ignoresConflicts(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery = time.Hour
	w := start(t, cfg)
	a := row(1, time.Now().Add(1500*time.Millisecond))
	w.source.Park(a)
	for range 10 {
		w.clock.Set(t.Context(), a)
	}
	w.handled(t, a)
	w.clock.Stop(t.Context())
	if calls := w.all(); len(calls) != 1 {
		t.Errorf("want one call, got %v", calls)
	}
}

func promotes(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery = time.Hour
	cfg.Horizon = 3 * time.Second
	w := prepare(t, cfg)
	soon, later := row(1, time.Now().Add(1500*time.Millisecond)), row(2, time.Now().Add(3500*time.Millisecond))
	w.source.Park(soon, later)
	w.start(t)
	w.handled(t, soon, later)
}

func promotesManyAtOnce(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery = time.Hour
	w := prepare(t, cfg)
	at := time.Now().Add(4 * time.Second)
	var rows []alarm.Alarm
	for i := range 2500 { // more than two pages
		rows = append(rows, row(i, at))
	}
	w.source.Park(rows...)
	w.start(t)
	w.handled(t, rows...)
}

func sweeps(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery = 50 * time.Millisecond
	cfg.SweepSlack = 10 * time.Millisecond
	cfg.MaxPerSecond = 100
	w := start(t, cfg)
	var rows []alarm.Alarm
	for i := range 150 {
		rows = append(rows, row(i, time.Now().Add(-time.Minute)))
	}
	begun := time.Now()
	w.source.Park(rows...)
	w.handled(t, rows...)
	if took := time.Since(begun); took < time.Second {
		t.Errorf("150 rows at 100 per second took %v", took)
	}
	if got := w.clock.Stats().Swept; got != 150 {
		t.Errorf("swept %d of 150", got)
	}
}

func setsAnew(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery = time.Hour
	w := prepare(t, cfg)
	a := row(1, time.Now().Add(100*time.Millisecond))
	again := a
	again.At = a.At.Add(1500 * time.Millisecond)
	w.before = func(_ context.Context, got alarm.Alarm) error {
		if got.At.Equal(a.At) {
			w.source.Park(again)
			w.clock.Set(t.Context(), again)
		}
		return nil
	}
	w.start(t)
	w.park(a)
	w.handled(t, again)
}

func worksSideBySide(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery, cfg.SweepSlack = 100*time.Millisecond, 100*time.Millisecond
	one := start(t, cfg)
	two := prepare(t, cfg)
	two.source = one.source
	two.start(t)
	var rows []alarm.Alarm
	for i := range 100 {
		rows = append(rows, row(i, time.Now().Add(time.Duration(i)*20*time.Millisecond)))
	}
	one.park(rows...)
	two.clock.Set(t.Context(), rows...)
	eventually(t, "all rows are claimed", func() bool { return len(one.claimed())+len(two.claimed()) >= len(rows) })
}

func asksAgain(t *testing.T, cfg alarm.Config) {
	cfg.SweepEvery, cfg.SweepSlack = 50*time.Millisecond, 50*time.Millisecond
	w := prepare(t, cfg)
	var mu sync.Mutex
	tries := 0
	w.before = func(context.Context, alarm.Alarm) error {
		mu.Lock()
		defer mu.Unlock()
		tries++
		switch tries {
		case 1:
			return errors.New("not today")
		case 2:
			panic("nor like this")
		}
		return nil
	}
	w.start(t)
	a := row(1, time.Now())
	w.park(a)
	w.handled(t, a)
	if got := w.clock.Stats().Failed; got != 2 {
		t.Errorf("counted %d failures, want 2", got)
	}
}

func stopsCleanly(t *testing.T, cfg alarm.Config) {
	w := prepare(t, cfg)
	entered, cancelled := make(chan struct{}), make(chan struct{})
	w.before = func(ctx context.Context, _ alarm.Alarm) error {
		close(entered)
		<-ctx.Done()
		close(cancelled)
		return ctx.Err()
	}
	w.start(t)
	w.park(row(1, time.Now()))
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	w.clock.Stop(ctx)
	select {
	case <-cancelled:
	default:
		t.Error("Stop returned before its handler")
	}
	if err := w.clock.Healthy(); !errors.Is(err, alarm.ErrNotRunning) {
		t.Errorf("a stopped clock says %v", err)
	}
}

// row has a time without a monotonic reading, as times from a database are.
func row(i int, at time.Time) alarm.Alarm {
	return alarm.Alarm{Kind: alarm.KindWait, ID: fmt.Sprintf("wait_%04d", i), Revision: 1, At: at.Round(0)}
}
