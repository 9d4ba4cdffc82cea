package engine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// counting counts the requests that are being read.
type counting struct {
	engine.Connectors
	now, most, done atomic.Int32
}

func (c *counting) Receive(ctx context.Context, r engine.Request) ([]protocol.Event, error) {
	n := c.now.Add(1)
	defer c.done.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	return c.Connectors.Receive(ctx, r)
}

const readers = 4

// flooded is a world in which all readers are at work and one request of twelve more is read, that came while senders waited.
func flooded(t *testing.T, url string) (w *world, c *counting, crowded *atomic.Bool, requests []string) {
	c, crowded = &counting{}, &atomic.Bool{}
	crowded.Store(true)
	w = newWorld(t, url, askFlow, func(cfg *engine.Config) {
		withoutAlarms(cfg)
		c.Connectors, cfg.Connectors = cfg.Connectors, c
		cfg.Workers, cfg.Crowded = readers, crowded.Load
	})
	gate := make(chan struct{})
	w.gate.Store(&gate)
	read := func(n int) {
		for range n {
			requests = append(requests, w.receive())
			w.engine.Read(engine.Request{ID: requests[len(requests)-1], WorkspaceID: w.workspace.ID, ConnectionID: w.connection.ID, Connector: "chat", Method: "POST", Body: []byte("[]"), ReceivedAt: time.Now()})
		}
	}
	read(readers)
	w.until("all are at work", func() bool { return c.now.Load() == readers })
	read(12)
	w.until("one more is read", func() bool { return c.now.Load() == readers+1 })
	return w, c, crowded, requests
}

// letThrough lets go on who waits at the gate, and others wait at a new one.
func (w *world) letThrough() (next chan struct{}) {
	next = make(chan struct{})
	close(*w.gate.Swap(&next))
	return next
}

func TestReadingYieldsToStoring(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w, c, _, requests := flooded(t, url)
		next := w.letThrough()
		w.until("those are done and the next is read", func() bool { return c.done.Load() == readers+1 && c.now.Load() == 1 })
		c.most.Store(0)
		w.check(w.engine.Handle(t.Context(), engine.Alarm{Kind: engine.KindRequest, ID: requests[len(requests)-1]})) // an alarm makes no exception
		close(next)
		w.until("all are read", func() bool { return int(c.done.Load()) == len(requests) })
		if c.most.Load() != 1 {
			t.Errorf("%d were read at once", c.most.Load())
		}
	})
}

func TestReadingCatchesUpWhenNoSenderWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w, c, crowded, requests := flooded(t, url)
		crowded.Store(false)
		next := w.letThrough()
		w.until("those are done and as many are read as there is room for", func() bool { return c.done.Load() == readers+1 && c.now.Load() == readers })
		close(next)
		w.until("all are read, each once", func() bool { return int(c.done.Load()) == len(requests) })
	})
}
