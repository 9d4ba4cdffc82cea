package engine

import (
	"context"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// say asks the contact of an open wait for another answer, unless they want no messages. The run stays where it is, so this
// is a call beside it, to the connector's version that the run is pinned to: its intent is committed with the refusal, it is made
// once, and its outcome is told on the timeline only. After a crash it is not made again: a customer is never messaged twice.
func (e *Engine) say(ctx context.Context, tx Tx, w run.Wait, out *sequel) error {
	contact, err := tx.Contact(ctx, w.WorkspaceID, w.ContactID)
	if err != nil {
		return fmt.Errorf("contact of wait %s: %w", w.ID, err)
	}
	if contact.Facts().Unwanted() != "" {
		return nil
	}
	r, err := tx.Run(ctx, w.RunID)
	if err != nil {
		return fmt.Errorf("run of wait %s: %w", w.ID, err)
	}
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return err
	}
	c := call{aside: w.ID, version: v, run: run.Run{ID: w.RunID, WorkspaceID: w.WorkspaceID, ContactID: w.ContactID}, effect: run.Call{
		StepID: w.StepID, Iteration: w.Iteration, Connector: w.Say.Connector, Action: w.Say.Action, Connection: w.Say.Connection, Input: w.Say.Input,
		Attempt: 1, IdempotencyKey: fmt.Sprint(sayKey(w), w.Attempts), Sends: true,
	}}
	if err := e.intend(ctx, tx, c.run, c.effect); err != nil {
		return fmt.Errorf("note the intent of wait %s: %w", w.ID, err)
	}
	out.calls = append(out.calls, c)
	return nil
}

// sayKey is what the keys of the calls begin with that ask for another answer to a wait.
func sayKey(w run.Wait) string { return run.CallKey(w.RunID, w.StepID, w.Iteration) + ":say:" }

// asked stores how the call of a say went.
func (e *Engine) asked(ctx context.Context, tx Tx, c call, result protocol.Result, callErr error) error {
	if err := e.sent(ctx, tx, c, result, callErr); err != nil {
		return err
	}
	we := WaitEvent{WaitID: c.aside, At: tx.Now(), Kind: WaitSaid}
	if callErr != nil {
		we.Detail = "It could not be sent: " + failure(callErr).Message
	}
	return tx.AddWaitEvent(ctx, we)
}
