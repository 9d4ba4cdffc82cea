package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// watch notes what happens inside an engine, under what happened and the id that the webhook brought:
//
//	stored ID   a request is durable and its reading begins
//	called ID   a call of echo is about to be made
//	asking ID   a run waits for a reply
//	done ID     a run has succeeded
type watch struct {
	moments
	runs sync.Map // run id → the webhook's id
}

// newWatch puts itself between an engine that has not begun to work and what it works with.
func newWatch(e *engine.Engine) *watch {
	w := &watch{}
	e.Store = &watchedStore{Store: e.Store, watch: w}
	e.Connectors = &watchedConnectors{Connectors: e.Connectors, watch: w}
	return w
}

func (w *watch) saved(r run.Run) {
	id, ok := w.runs.Load(r.ID)
	switch {
	case !ok:
	case r.State.Status == run.Succeeded:
		w.runs.Delete(r.ID)
		w.note("done "+id.(string), time.Now())
	case r.State.Phase == run.PhaseAsking:
		w.note("asking "+id.(string), time.Now())
	}
}

type watchedConnectors struct {
	engine.Connectors
	watch *watch
}

func (c *watchedConnectors) Invoke(ctx context.Context, in engine.Invocation) (protocol.Result, error) {
	var input struct{ ID, To string }
	_ = json.Unmarshal(in.Input, &input) // the flows of this package make it
	if input.ID != "" {
		c.watch.note("called "+input.ID, time.Now())
	}
	c.watch.runs.Store(in.RunID, input.ID+input.To)
	return c.Connectors.Invoke(ctx, in)
}

func (c *watchedConnectors) Receive(ctx context.Context, r engine.Request) ([]protocol.Event, error) {
	if rest, ok := bytes.CutPrefix(r.Body, []byte(`{"id":"reply-`)); ok {
		id, _, _ := bytes.Cut(rest, []byte(`"`))
		c.watch.note("stored reply-"+string(id), time.Now())
	}
	return c.Connectors.Receive(ctx, r)
}

type watchedStore struct {
	engine.Store
	watch *watch
}

// Write tells of runs only once they are durable.
func (s *watchedStore) Write(ctx context.Context, contactIDs []string, unit func(context.Context, engine.Tx) error) error {
	var tx watchedTx
	err := s.Store.Write(ctx, contactIDs, func(ctx context.Context, inner engine.Tx) error {
		tx = watchedTx{Tx: inner}
		return unit(ctx, &tx)
	})
	if err == nil {
		for _, r := range tx.saved {
			s.watch.saved(r)
		}
	}
	return err
}

type watchedTx struct {
	engine.Tx
	saved []run.Run
}

func (t *watchedTx) SaveRun(ctx context.Context, r run.Run, changed []run.StepRun) error {
	err := t.Tx.SaveRun(ctx, r, changed)
	if err == nil {
		t.saved = append(t.saved, r)
	}
	return err
}
