package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

// running is a hub at work, in a bubble.
func running(t *testing.T) *Hub {
	t.Helper()
	h := New(slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { h.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return h
}

func runs(ids ...string) Changes { return Changes{WorkspaceID: "ws_1", Runs: ids} }

func TestListenersHearOfTheirWorkspaceTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := running(t)
		var told []Changes
		h.Broadcast = func(_ context.Context, c Changes) error { told = append(told, c); return errors.New("nobody") }
		a, b, other := h.Listen("ws_1"), h.Listen("ws_1"), h.Listen("ws_2")
		h.Changed(runs("run_1"))
		synctest.Wait()
		<-a.Ready()
		if got := a.News(); !slices.Equal(got.Runs, []string{"run_1"}) || got.Many {
			t.Errorf("at once: %+v", got)
		}
		for _, c := range []Changes{runs("run_1"), runs("run_2"), {WorkspaceID: "ws_1", Waits: []string{"wait_1"}}, {WorkspaceID: "ws_1"}} {
			h.Changed(c)
		}
		time.Sleep(gather)
		synctest.Wait()
		<-a.Ready()
		if got := a.News(); !slices.Equal(got.Runs, []string{"run_1", "run_2"}) || !slices.Equal(got.Waits, []string{"wait_1"}) {
			t.Errorf("together: %+v", got)
		}
		<-b.Ready() // who is slow hears of all at once
		if got := b.News(); !slices.Equal(got.Runs, []string{"run_1", "run_2"}) || len(got.Waits) != 1 {
			t.Errorf("the slow one: %+v", got)
		}
		if len(told) != 2 || told[1].WorkspaceID != "ws_1" || len(told[1].Runs) != 2 {
			t.Errorf("other nodes are told %+v", told)
		}
		a.Close()
		h.Take(runs("run_3"))
		if got := a.News(); !got.empty() {
			t.Errorf("after Close: %+v", got)
		}
		if got := b.News(); !slices.Equal(got.Runs, []string{"run_3"}) || len(told) != 2 {
			t.Errorf("from another node: %+v, told %d times", got, len(told))
		}
		if got := other.News(); !got.empty() {
			t.Errorf("another workspace hears %+v", got)
		}
	})
}

func TestTooManyAreNotListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := running(t)
		l := h.Listen("ws_1")
		for i := range 2 * most {
			h.Changed(runs(fmt.Sprint(i)))
		}
		time.Sleep(2 * gather)
		synctest.Wait()
		if got := l.News(); len(got.Runs) != most || !got.Many {
			t.Errorf("%d runs, many %v", len(got.Runs), got.Many)
		}
	})
}

// memory runs each unit twice, as after a deadlock, and may undo it.
type memory struct {
	engine.Store
	err error
}

func (m memory) Write(ctx context.Context, _ []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	_ = unit(ctx, memoryTx{})
	return errors.Join(unit(ctx, memoryTx{}), m.err)
}

type memoryTx struct{ engine.Tx }

func (memoryTx) InsertRun(context.Context, run.Run, bool) error                  { return nil }
func (memoryTx) SaveRun(context.Context, run.Run, []run.StepRun) error           { return nil }
func (memoryTx) InsertWait(context.Context, run.Wait, ...engine.WaitEvent) error { return nil }
func (memoryTx) SaveWait(_ context.Context, w run.Wait, _ ...engine.WaitEvent) (bool, error) {
	return w.ID == "wait_2", nil
}
func (memoryTx) CloseWait(_ context.Context, w run.Wait, _ engine.WaitEvent) (run.Run, bool, error) {
	return run.Run{}, w.ID == "wait_4", nil
}

func TestWhatBecomesDurableIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := running(t)
		l := h.Listen("ws_1")
		unit := func(ctx context.Context, tx engine.Tx) error {
			_, err := tx.SaveWait(ctx, run.Wait{ID: "wait_2", WorkspaceID: "ws_1"})
			_, lost := tx.SaveWait(ctx, run.Wait{ID: "wait_3", WorkspaceID: "ws_1"})
			_, _, over := tx.CloseWait(ctx, run.Wait{ID: "wait_4", WorkspaceID: "ws_1"}, engine.WaitEvent{})
			_, _, before := tx.CloseWait(ctx, run.Wait{ID: "wait_5", WorkspaceID: "ws_1"}, engine.WaitEvent{})
			return errors.Join(err, lost, over, before, tx.InsertRun(ctx, run.Run{ID: "run_1", WorkspaceID: "ws_1"}, false), tx.SaveRun(ctx, run.Run{ID: "run_2", WorkspaceID: "ws_1"}, nil),
				tx.InsertWait(ctx, run.Wait{ID: "wait_1", WorkspaceID: "ws_1"}))
		}
		if err := h.Store(memory{err: errors.New("undone")}).Write(t.Context(), nil, unit); err == nil {
			t.Fatal("no error")
		}
		synctest.Wait()
		if got := l.News(); !got.empty() {
			t.Errorf("what was undone is told: %+v", got)
		}
		if err := h.Store(memory{}).Write(t.Context(), nil, unit); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := l.News(); !slices.Equal(got.Runs, []string{"run_1", "run_2"}) || !slices.Equal(got.Waits, []string{"wait_2", "wait_4", "wait_1"}) {
			t.Errorf("told of %+v", got)
		}
	})
}
