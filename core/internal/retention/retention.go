// Package retention removes what is older than it may become. It decides what goes, for each workspace by its own ages,
// and in which order; what a live run or an open wait still needs is known to the store, which leaves it.
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

// kept is how long something is kept; zero: for ever. Nothing is removed before it is that old.
type kept struct {
	kind Kind
	age  time.Duration
}

// of lists what is removed, in that order: what others refer to goes after them.
func (a Ages) of() []kept {
	// What was said outlives the runs that it was said in, if it is to be kept longer.
	messages := max(a.Runs, a.Messages)
	if a.Runs == 0 || a.Messages == 0 {
		messages = 0
	}
	return []kept{
		{Requests, a.Requests}, {Refused, a.Requests}, {StepPayloads, a.Payloads}, {EventData, a.Payloads}, {MessageBodies, a.Messages},
		{Runs, a.Runs}, {Repairs, a.Runs}, {Events, a.Runs}, {Messages, messages},
		{Deliveries, a.Deliveries}, {OutgoingEvents, a.Deliveries},
		{Audit, a.Audit},
	}
}

// Store removes things. Its clock decides how old they are.
type Store interface {
	// Workspaces returns all workspaces.
	Workspaces(ctx context.Context) (ids []string, err error)
	// Retention returns the ages that a workspace has chosen.
	Retention(ctx context.Context, workspaceID string) (Chosen, error)
	// Prune removes, in one short transaction, at most limit things of a kind that a workspace has had for longer than age
	// and that nothing needs. It begins behind after and returns where to go on; "" at the end.
	Prune(ctx context.Context, workspaceID string, kind Kind, age time.Duration, after string, limit int) (next string, removed int, err error)
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
	Ages  Ages          // of workspaces that have chosen none
	Keys  time.Duration // how long answers to repeated requests are kept; no workspace's choice
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
	workspaces, err := p.Store.Workspaces(ctx)
	if err != nil && ctx.Err() == nil {
		p.Log.Error("list the workspaces, to remove what is old", "error", err)
	}
	for _, id := range workspaces {
		// Not knowing what a workspace has chosen, nothing of it is touched: it may want to keep more than others.
		chosen, err := p.Store.Retention(ctx, id)
		if err != nil {
			if ctx.Err() == nil {
				p.Log.Error("read how long things are kept", "workspace_id", id, "error", err)
			}
			continue
		}
		for _, what := range append(chosen.Over(p.Ages).of(), kept{Keys, p.Keys}) {
			if what.age != 0 {
				p.remove(ctx, id, what)
			}
		}
	}
}

func (p *Pruner) remove(ctx context.Context, workspaceID string, what kept) {
	total := 0
	for after := ""; ; {
		next, removed, err := p.Store.Prune(ctx, workspaceID, what.kind, what.age, after, batch)
		total += removed
		if err != nil && ctx.Err() == nil {
			p.Log.Error("remove what is old", "workspace_id", workspaceID, "kind", what.kind, "error", err)
		}
		pause := breath
		if removed == 0 { // and nobody was kept waiting
			pause /= 10
		}
		if err != nil || !sleep(ctx, pause) || next == "" {
			break
		}
		after = next
	}
	if total > 0 {
		p.Log.Info("removed what is old", "workspace_id", workspaceID, "kind", what.kind, "count", total)
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
