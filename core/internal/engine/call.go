package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// perform makes a call, stores its outcome and goes on with the next call of that run, until the run waits, sleeps,
// backs off or ends.
func (e *Engine) perform(ctx context.Context, c call) {
	for next := &c; next != nil; {
		made := *next
		try := run.Attempt{StepID: next.effect.StepID, Iteration: next.effect.Iteration, Attempt: next.effect.Attempt, StartedAt: time.Now()}
		result, err := e.invoke(ctx, *next, &try)
		if ctx.Err() != nil {
			return // stopping: whoever comes next sees an intent without outcome
		}
		try.EndedAt, try.Outcome = time.Now(), run.AttemptSucceeded
		if err != nil {
			try.Failure = failure(err)
			try.Outcome = string(try.Failure.Kind)
		}
		next = e.settle(ctx, made, try, result, err)
		if ctx.Err() == nil {
			e.release(made)
		}
	}
}

// intent is a call that a run has come to.
type intent struct {
	runID    string
	revision int64 // of the run with the intent
}

// promise notes that this node is to make a call, before its intent is committed. A stored intent of this node that is not promised
// is then one whose commit the database did not answer: nobody makes that call, and nobody else may while this node lives.
func (e *Engine) promise(c call) call {
	e.promises.Store(intent{c.run.ID, c.run.Revision}, true)
	return c
}

// isPromised reports whether this node makes, or is about to make, the call that a run has come to.
func (e *Engine) isPromised(runID string, revision int64) bool {
	_, promised := e.promises.Load(intent{runID, revision})
	return promised
}

// release notes that calls were made, or that their intent could not be stored.
func (e *Engine) release(calls ...call) {
	for _, c := range calls {
		e.promises.Delete(intent{c.run.ID, c.run.Revision})
	}
}

// Unmade lists the runs whose calls this node was to make and does not: the database stored their intent and could not say so.
func (e *Engine) Unmade(ctx context.Context) ([]Alarm, error) {
	calling, err := e.Store.Calling(ctx, e.Node)
	return slices.DeleteFunc(calling, func(a Alarm) bool { return e.isPromised(a.ID, a.Revision) }), err
}

// invoke makes one call. A panic on the way is a call of unknown outcome, not the end of the process.
func (e *Engine) invoke(ctx context.Context, c call, try *run.Attempt) (result protocol.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			e.Logger.Error("panic in a call", "run_id", c.run.ID, "step", c.effect.StepID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	connectionID, err := e.connectionID(ctx, c.run.WorkspaceID, c.effect.Connection)
	if err == nil && connectionID == "" && c.effect.Connection != "" {
		return result, &protocol.Failure{
			Kind: protocol.Permanent, Source: protocol.FromGateway,
			Message: fmt.Sprintf("The connection %q does not exist any more. Make it again, then retry the run.", c.effect.Connection),
		}
	}
	if err != nil { // nothing has gone out
		return result, &protocol.Failure{
			Kind: protocol.Retryable, Source: protocol.FromGateway, Message: "The connection could not be read from the database.",
		}
	}
	timeout := c.effect.Timeout
	if timeout == 0 {
		timeout = e.CallTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return e.Connectors.Invoke(ctx, Invocation{
		WorkspaceID: c.run.WorkspaceID, ConnectionID: connectionID, Connector: c.effect.Connector,
		ConnectorVersion: c.version.Connectors[c.effect.Connector], Action: c.effect.Action,
		Input: c.effect.Input, RunID: c.run.ID, StepID: c.effect.StepID, Attempt: c.effect.Attempt,
		IdempotencyKey: c.effect.IdempotencyKey, Hops: c.run.State.Facts.Hops + 1, Timeout: timeout,
		Exchanged: func(all []run.Exchange) { try.Exchanges = bounded(all) },
	})
}

// Of an attempt so much is kept.
const (
	maxExchanges = 50
	maxPath      = 300 // bytes of an exchange's path
)

func bounded(all []run.Exchange) []run.Exchange {
	kept := slices.Clone(all[:min(len(all), maxExchanges)])
	for i := range kept {
		if len(kept[i].Path) > maxPath {
			kept[i].Path = strings.ToValidUTF8(kept[i].Path[:maxPath], "") + "…"
		}
	}
	return kept
}

// worthTelling reports whether an attempt is worth a line: one that was held back before anything left is not, because it is made
// again and again until the hold is over.
func worthTelling(a run.Attempt) bool {
	f := a.Failure
	held := f != nil && f.Source == protocol.FromGateway && (f.Kind == protocol.RateLimited || f.Kind == protocol.Unauthorized)
	return !held || len(a.Exchanges) > 0
}

// settle stores the outcome of a call and returns the run's next call, if it makes one. The outcome must not be lost
// to a database that is away for a moment, so it is tried until it is stored or the node stops.
func (e *Engine) settle(ctx context.Context, c call, try run.Attempt, result protocol.Result, callErr error) *call {
	unit := func(ctx context.Context, tx Tx, out *sequel) error {
		if c.aside != "" {
			if err := e.asked(ctx, tx, c, result, callErr); err != nil {
				return err
			}
			return tx.AddAttempt(ctx, c.run.ID, try)
		}
		if c.effect.Sends {
			if err := e.sent(ctx, tx, c, result, callErr); err != nil {
				return err
			}
		}
		r := c.run
		r.ContactID = out.locked[0] // another one than the call's once they were merged

		if r.ContactID != "" { // the steps that follow go by what is known now: an opt-out may have come during the call
			contact, err := tx.Contact(ctx, r.WorkspaceID, r.ContactID)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return fmt.Errorf("load contact %s: %w", r.ContactID, err)
			}
			if err == nil {
				if err := out.holds(contact.ID); err != nil {
					return err
				}
				r.State.Facts.Contact = contact.Facts()
			}
		}
		if err := e.advance(ctx, tx, r, c.version, outcome(result, callErr), out); err != nil || !worthTelling(try) {
			return err
		}
		return tx.AddAttempt(ctx, r.ID, try)
	}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		next, err := e.write(ctx, []string{c.run.ContactID}, unit)
		switch {
		case err == nil:
			return next
		case errors.Is(err, ErrLost), errors.Is(err, run.ErrNotExpected):
			e.Logger.Warn("an outcome came too late", "run_id", c.run.ID, "step", c.effect.StepID, "attempt", c.effect.Attempt, "error", err)
			return nil
		}
		e.Logger.Error("store an outcome", "run_id", c.run.ID, "step", c.effect.StepID, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func outcome(result protocol.Result, err error) run.Input {
	if err == nil {
		return run.Called{Result: result}
	}
	return run.CallFailed{Failure: failure(err)}
}

// failure reads a call's error: anything that is not a Failure says nothing about what happened outside.
func failure(err error) *protocol.Failure {
	var f *protocol.Failure
	if errors.As(err, &f) {
		return f
	}
	return &protocol.Failure{
		Kind: protocol.Unknown, Source: protocol.FromConnector,
		Message: "The call broke off, so its outcome is not known.", Detail: err.Error(),
	}
}

// sent brings the message of a sending call up to date. A status may have come before the answer, so the message
// never goes back to a lower one.
func (e *Engine) sent(ctx context.Context, tx Tx, c call, result protocol.Result, callErr error) error {
	connectionID, err := e.connectionID(ctx, c.run.WorkspaceID, c.effect.Connection)
	if err != nil {
		return err
	}
	m, err := tx.SentMessage(ctx, connectionID, "", c.effect.IdempotencyKey)
	if err != nil {
		return fmt.Errorf("message of step %s: %w", c.effect.StepID, err)
	}
	if callErr != nil {
		f := failure(callErr)
		final := f.Kind == protocol.Permanent || f.Kind == protocol.Invalid || c.aside != "" && f.Kind != protocol.Unknown
		if !final {
			return nil // it may be sent yet
		}
		m.Status, m.Failure = conversation.SendFailed, f
		return tx.UpdateMessage(ctx, m)
	}
	if result.Sent == nil {
		return nil
	}
	m.ProviderID, m.Kind, m.Text, m.EffectiveAt = result.Sent.ID, "text", result.Sent.Text, tx.Now()
	if conversation.Newer(m.Status, conversation.Sent) {
		m.Status = conversation.Sent
	}
	if err := tx.UpdateMessage(ctx, m); err != nil {
		return err
	}
	// The provider may know the person under another key than we wrote to, and answers come from that one.
	if result.Sent.Recipient == "" || c.run.ContactID == "" {
		return nil
	}
	return tx.AddIdentity(ctx, c.run.WorkspaceID, c.run.ContactID, conversation.Identity{
		Kind: conversation.ExternalIdentity, Scope: connectionID, Value: result.Sent.Recipient,
	})
}

// sentOutput is the least that an action which sends a message yields; a message that is settled by a status has
// nothing more.
func sentOutput(providerID string) json.RawMessage {
	b, _ := json.Marshal(map[string]string{"message_id": providerID})
	return b
}
