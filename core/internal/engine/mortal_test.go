package engine_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// errDead is what a node gets from all that it asks for after its death. Nothing of it is ever stored.
var errDead = errors.New("the node is dead")

// window is a moment of a node's work at which it may die.
type window string

const (
	beforeCommit window = "before the commit" // the transaction is rolled back
	afterCommit  window = "after the commit"  // it is stored, and nobody here learns of it
	beforeCall   window = "before the call"   // its intent is committed, and nothing has gone out
	afterCall    window = "after the call"    // it has happened outside, and nobody here learns of it
)

// mortal is a node that dies at one moment, as a process that is killed there does: its transactions up to then stand,
// whatever it would have done next does not happen.
type mortal struct {
	engine.Store
	engine.Connectors

	at   window
	only func(in engine.Invocation) bool // at the calls among the windows: which; nil is any
	fuse atomic.Int64                    // how many such moments come first; the node lives on when it is below zero
	dead atomic.Bool
	died chan struct{}
	stop func()
	once sync.Once
}

// mortalNode starts an engine that dies at the nth moment of a kind, counted from 0.
func (w *world) mortalNode(at window, n int64, change func(*engine.Config)) *mortal {
	m := &mortal{at: at, died: make(chan struct{})}
	m.fuse.Store(n)
	w.join(func(c *engine.Config) {
		if change != nil {
			change(c)
		}
		m.Store, m.Connectors = c.Store, c.Connectors
		c.Store, c.Connectors = mortalStore{m}, mortalConnectors{m}
	})
	e := w.engine
	m.stop = func() {
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		e.Stop(gone)
	}
	return m
}

// meets reports whether the node dies here.
func (m *mortal) meets(at window) bool {
	if m.at != at || m.fuse.Add(-1) != -1 {
		return false
	}
	m.die()
	return true
}

func (m *mortal) die() {
	m.once.Do(func() {
		m.dead.Store(true)
		close(m.died)
		go m.stop() // it waits for the worker that is here
	})
}

type mortalStore struct{ *mortal }

func (m mortalStore) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	if m.dead.Load() {
		return errDead
	}
	err := m.Store.Write(ctx, contactIDs, func(ctx context.Context, tx engine.Tx) error {
		if err := unit(ctx, tx); err != nil {
			return err
		}
		if m.meets(beforeCommit) || m.at == beforeCommit && m.dead.Load() {
			return errDead
		}
		return nil
	})
	if err == nil && (m.meets(afterCommit) || m.dead.Load()) {
		return errDead
	}
	return err
}

type mortalConnectors struct{ *mortal }

func (m mortalConnectors) ConnectionID(ctx context.Context, workspaceID, name string) (string, error) {
	return m.Connectors.ConnectionID(ctx, workspaceID, name)
}

func (m mortalConnectors) Receive(ctx context.Context, r engine.Request) ([]protocol.Event, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Connectors.Receive(ctx, r)
}

func (m mortalConnectors) Invoke(ctx context.Context, in engine.Invocation) (protocol.Result, error) {
	chosen := m.only == nil || m.only(in)
	if m.dead.Load() || chosen && m.meets(beforeCall) {
		return protocol.Result{}, errDead
	}
	result, err := m.Connectors.Invoke(ctx, in)
	if chosen && m.meets(afterCall) || m.dead.Load() {
		return protocol.Result{}, errDead
	}
	return result, err
}

// succeed starts a node after the death of the present one, whose silence is taken to have been long enough.
func (w *world) succeed(change func(*engine.Config)) {
	w.Helper()
	w.check(w.store.LeaveNode(w.Context(), w.node))
	w.join(change)
}

// sweep looks at what is due until a condition holds, as the clock does that has lost all its alarms.
func (w *world) sweep(what string, holds func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			w.Fatalf("it never came true that %s", what)
		}
		overdue, err := w.store.Overdue(w.Context(), 0, 1000)
		if err != nil {
			w.Logf("look for what is due: %v", err) // the database may be restarting
		}
		unmade, err := w.engine.Unmade(w.Context())
		if err != nil {
			w.Logf("look for calls that nobody makes: %v", err)
		}
		overdue = append(overdue, unmade...)
		var looks sync.WaitGroup
		for _, a := range overdue {
			looks.Go(func() { w.look(w.engine, a) })
		}
		looks.Wait()
		time.Sleep(2 * time.Millisecond)
	}
}

// reschedule gives a wait another deadline, which a test can be beside.
func (w *world) reschedule(waitID string, deadline time.Time) run.Wait {
	w.Helper()
	wait, err := w.store.Wait(w.Context(), waitID)
	w.check(err)
	w.check(w.store.Write(w.Context(), []string{wait.ContactID}, func(ctx context.Context, tx engine.Tx) error {
		wait.Deadline, wait.FireAt = deadline, deadline
		saved, err := tx.SaveWait(ctx, wait)
		if err == nil && !saved {
			err = errors.New("the wait is over")
		}
		return err
	}))
	wait.Revision++
	return wait
}

// beats lets the present node say each second that it lives, in tests that last longer than a node may be silent.
func (w *world) beats() {
	ctx, cancel := context.WithCancel(w.Context())
	node := w.node
	var beating sync.WaitGroup
	beating.Go(func() {
		for ctx.Err() == nil {
			_ = w.store.Heartbeat(ctx, node) // the database may be restarting
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	w.Cleanup(func() { cancel(); beating.Wait() })
}
