// Package retention removes what is older than it may become. It decides what goes and in which order; what a live run
// or an open wait still needs is known to the store, which leaves it.
package retention

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Kind is something that gets old.
type Kind string

const (
	Requests       Kind = "requests"        // webhook requests as they were received
	Refused        Kind = "refused"         // notes of requests that were not kept
	StepPayloads   Kind = "step_payloads"   // inputs, outputs and variables of runs that have ended and won't be retried
	EventData      Kind = "event_data"      // what events say; that they came stays known, so that copies are recognised
	MessageBodies  Kind = "message_bodies"  // texts, payloads and media
	Runs           Kind = "runs"            // ended ones, with steps, waits and timelines
	Repairs        Kind = "repairs"         // that have ended
	Events         Kind = "events"          // of which no run is left
	Messages       Kind = "messages"        // of which no run or wait is left
	Deliveries     Kind = "deliveries"      // to outside systems, ended or waiting for a disabled endpoint, with their attempts
	OutgoingEvents Kind = "outgoing_events" // of which no delivery is left
	Audit          Kind = "audit"           // the oldest entries of the audit log; that they are gone is an entry too
	Keys           Kind = "idempotency_keys"
)

// Ages say how long things are kept; zero: for ever. Nothing is removed before it is that old.
type Ages struct {
	Payloads   time.Duration // of requests, runs, events and messages: what people and shops said
	Runs       time.Duration // and the events and messages that are about them
	Deliveries time.Duration
	Audit      time.Duration
	Keys       time.Duration
}

// of lists what is removed, in that order: what others refer to goes after them.
func (a Ages) of() []aged {
	return []aged{
		{Requests, a.Payloads}, {Refused, a.Payloads}, {StepPayloads, a.Payloads}, {EventData, a.Payloads}, {MessageBodies, a.Payloads},
		{Runs, a.Runs}, {Repairs, a.Runs}, {Events, a.Runs}, {Messages, a.Runs},
		{Deliveries, a.Deliveries}, {OutgoingEvents, a.Deliveries},
		{Audit, a.Audit}, {Keys, a.Keys},
	}
}

type aged struct {
	kind Kind
	age  time.Duration
}

// Store removes things. Its clock decides how old they are.
type Store interface {
	// Prune removes, in one short transaction, at most limit things of a kind that are older than age and that nothing
	// needs. It begins behind after and returns where to go on; "" at the end.
	Prune(ctx context.Context, kind Kind, age time.Duration, after string, limit int) (next string, removed int, err error)
}

const (
	batch  = 200 // a run goes with all that happened in it, which is many rows more
	every  = 6 * time.Hour
	first  = 5 * time.Minute        // after the start, when there is more important work
	breath = 100 * time.Millisecond // between batches, so that others come in between
)

// Pruner removes what is too old, a few times a day. Several may work on one database.
type Pruner struct {
	Store Store
	Ages  Ages
	Log   *slog.Logger
}

// Run works until ctx ends.
func (p *Pruner) Run(ctx context.Context) {
	for pause := first + rand.N(first); sleep(ctx, pause); pause = every + rand.N(time.Hour) {
		p.Prune(ctx)
	}
}

// Prune goes through everything once. What fails is left for the next time.
func (p *Pruner) Prune(ctx context.Context) {
	for _, what := range p.Ages.of() {
		if what.age == 0 {
			continue
		}
		total := 0
		for after := ""; ; {
			next, removed, err := p.Store.Prune(ctx, what.kind, what.age, after, batch)
			total += removed
			if err != nil && ctx.Err() == nil {
				p.Log.Error("remove what is old", "kind", what.kind, "error", err)
			}
			pause := breath
			if removed == 0 { // and nobody was kept waiting
				pause /= 10
			}
			if err != nil || next == "" || !sleep(ctx, pause) {
				break
			}
			after = next
		}
		if total > 0 {
			p.Log.Info("removed what is old", "kind", what.kind, "count", total)
		}
	}
}

// sleep reports whether it was left to sleep to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
