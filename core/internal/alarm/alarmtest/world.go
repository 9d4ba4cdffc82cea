package alarmtest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/alarm"
)

// world is a clock at work: rows in memory and a handler that claims them and remembers each call.
type world struct {
	source *Source
	clock  *alarm.Clock
	config alarm.Config
	before func(context.Context, alarm.Alarm) error // runs before a claim; nil: nothing to do

	mu    sync.Mutex
	calls []call
}

type call struct {
	alarm.Alarm
	when    time.Time
	claimed bool
}

// start returns a running clock with an empty database.
func start(t *testing.T, cfg alarm.Config) *world {
	t.Helper()
	w := prepare(t, cfg)
	w.start(t)
	return w
}

func prepare(t *testing.T, cfg alarm.Config) *world {
	t.Helper()
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	return &world{source: &Source{}, config: cfg}
}

func (w *world) start(t *testing.T) {
	t.Helper()
	clock, err := alarm.New(w.config, w.source, w.handle)
	if err != nil {
		t.Fatal(err)
	}
	w.clock = clock
	if err := clock.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { clock.Stop(context.Background()) })
}

// park stores rows and sets their alarms, as whoever parks a row does.
func (w *world) park(rows ...alarm.Alarm) {
	w.source.Park(rows...)
	w.clock.Set(context.Background(), rows...)
}

func (w *world) handle(ctx context.Context, a alarm.Alarm) error {
	when := time.Now()
	if w.before != nil {
		if err := w.before(ctx, a); err != nil {
			return err
		}
	}
	claimed := w.source.Claim(a)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call{a, when, claimed})
	return nil
}

func (w *world) all() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]call(nil), w.calls...)
}

func (w *world) claimed() map[string]call {
	claimed := make(map[string]call)
	for _, c := range w.all() {
		if c.claimed {
			claimed[name(c.Alarm)] = c
		}
	}
	return claimed
}

// handled waits until each of the rows was claimed.
func (w *world) handled(t *testing.T, rows ...alarm.Alarm) {
	t.Helper()
	eventually(t, "all rows are handled", func() bool {
		claimed := w.claimed()
		for _, a := range rows {
			if _, ok := claimed[name(a)]; !ok {
				return false
			}
		}
		return true
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("did not come about: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
