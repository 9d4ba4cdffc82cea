package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Store returns a store that counts the transitions which an engine commits.
func (m *Metrics) Store(s engine.Store) engine.Store { return &store{s, m} }

type store struct {
	engine.Store
	m *Metrics
}

// Write notes what a unit did once it is durable. A unit that is run again begins anew.
func (s *store) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	var seen *tx
	err := s.Store.Write(ctx, contactIDs, func(ctx context.Context, inner engine.Tx) error {
		seen = &tx{Tx: inner, m: s.m}
		return unit(ctx, seen)
	})
	if err == nil {
		for _, note := range seen.notes {
			note()
		}
	}
	return err
}

// tx notes what is done in a transaction.
type tx struct {
	engine.Tx
	m        *Metrics
	received time.Time // of the event that the unit stores
	notes    []func()
}

func (t *tx) note(f func()) { t.notes = append(t.notes, f) }

func (t *tx) Receive(ctx context.Context, in engine.Incoming) (engine.Received, error) {
	t.received = in.ReceivedAt
	return t.Tx.Receive(ctx, in)
}

func (t *tx) InsertRun(ctx context.Context, r run.Run, delivers bool) error {
	if err := t.Tx.InsertRun(ctx, r, delivers); err != nil {
		return err
	}
	t.status(r)
	if received, now := t.received, t.Now(); !received.IsZero() {
		t.note(func() { t.m.runStart.Observe(max(0, now.Sub(received).Seconds())) })
	}
	return nil
}

func (t *tx) SaveRun(ctx context.Context, r run.Run, changed []run.StepRun) error {
	if err := t.Tx.SaveRun(ctx, r, changed); err != nil {
		return err
	}
	if r.State.Status.Ended() {
		t.status(r)
	}
	return nil
}

func (t *tx) status(r run.Run) {
	status := "begun"
	if r.State.Status.Ended() {
		status = string(r.State.Status)
	}
	t.note(func() { t.m.runs.WithLabelValues(status).Inc() })
}

func (t *tx) SaveWait(ctx context.Context, w run.Wait, lines ...engine.WaitEvent) (bool, error) {
	saved, err := t.Tx.SaveWait(ctx, w, lines...)
	if err != nil || !saved {
		return saved, err
	}
	for _, line := range lines {
		if line.Kind == engine.WaitHeld {
			t.note(t.m.waitHeld.Inc)
		}
	}
	return true, nil
}

func (t *tx) CloseWait(ctx context.Context, w run.Wait, line engine.WaitEvent) (run.Run, bool, error) {
	r, closed, err := t.Tx.CloseWait(ctx, w, line)
	if err != nil || !closed {
		return r, closed, err
	}
	t.note(func() { t.m.waits.WithLabelValues(string(w.State)).Inc() })
	if now := t.Now(); w.State == run.WaitNoResponse && w.ClaimedBy == "timeout" {
		t.note(func() { t.m.waitLateness.Observe(max(0, now.Sub(w.FireAt).Seconds())) })
	}
	return r, true, nil
}

// Connectors returns connectors whose calls are timed.
func (m *Metrics) Connectors(c engine.Connectors) engine.Connectors { return &connectors{c, m} }

type connectors struct {
	engine.Connectors
	m *Metrics
}

func (c *connectors) Invoke(ctx context.Context, in engine.Invocation) (protocol.Result, error) {
	began := time.Now()
	result, err := c.Connectors.Invoke(ctx, in)
	c.m.calls.WithLabelValues(in.Connector, in.Action, outcome(err)).Observe(time.Since(began).Seconds())
	return result, err
}

// outcome is ok, a failure's kind, or unknown for a call that nobody knows the end of.
func outcome(err error) string {
	var f *protocol.Failure
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &f):
		return string(f.Kind)
	}
	return "unknown"
}

// Deliveries returns a store that times a sender's attempts.
func (m *Metrics) Deliveries(s delivery.Store) delivery.Store { return &deliveries{s, m} }

type deliveries struct {
	delivery.Store
	m *Metrics
}

func (d *deliveries) Settle(ctx context.Context, dl delivery.Delivery, v delivery.Verdict) error {
	if err := d.Store.Settle(ctx, dl, v); err != nil {
		return err
	}
	d.m.attempts.WithLabelValues(string(v.Outcome)).Observe(v.Duration.Seconds())
	if v.Number == 1 {
		d.m.deliveryLag.Observe(max(0, (time.Since(dl.CreatedAt) - v.Duration).Seconds()))
	}
	if v.State != delivery.Pending {
		d.m.deliveries.WithLabelValues(string(v.State)).Inc()
	}
	return nil
}
