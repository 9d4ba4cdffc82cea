package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Answer is a reply that an outside system or an admin gives for the contact.
type Answer struct {
	WaitID      string
	WorkspaceID string
	// Key makes two answers one: the second gets the first one's result (R14). Empty: a key of its own.
	Key     string
	Text    string
	Payload string // of a button or list choice; may be empty
}

// ClosedError says that a wait can't be answered any more, and who came first (R3, R14).
type ClosedError struct{ Wait run.Wait }

func (e *ClosedError) Error() string {
	switch e.Wait.State {
	case run.WaitCollecting:
		return "the contact is answering at this moment"
	case run.WaitOpen:
		return "the deadline passed at " + e.Wait.Deadline.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("the wait was closed as %s by %s at %s", e.Wait.State, e.Wait.ClaimedBy, e.Wait.ClosedAt.UTC().Format(time.RFC3339))
}

// Answer claims a wait for the contact, as their own reply would, and returns it as it then is. It returns ErrNotFound
// for a wait that is not the workspace's and a *ClosedError for one that is over.
func (e *Engine) Answer(ctx context.Context, in Answer) (run.Wait, error) {
	w, err := e.Store.Wait(ctx, in.WaitID)
	if err != nil {
		return run.Wait{}, err
	}
	if w.WorkspaceID != in.WorkspaceID {
		return run.Wait{}, ErrNotFound
	}
	if in.Key == "" {
		in.Key = id.New("key")
	}
	next, err := e.write(ctx, []string{w.ContactID}, func(ctx context.Context, tx Tx, out *sequel) (err error) {
		w, err = e.answerOnce(ctx, tx, in, out)
		return err
	})
	if next != nil && !e.try(func(ctx context.Context) { e.perform(ctx, *next) }) {
		e.perform(e.ctx, *next)
	}
	return w, err
}

// answerOnce is Answer under the contact's lock. An answer at or after the deadline does not count, although the
// timeout has not fired yet (R5).
func (e *Engine) answerOnce(ctx context.Context, tx Tx, in Answer, out *sequel) (run.Wait, error) {
	w, err := tx.Wait(ctx, in.WaitID)
	if err == nil {
		err = out.holds(w.ContactID)
	}
	if err != nil {
		return w, err
	}
	key := "api:" + w.ID + ":" + in.Key // a provider's ids never look like it
	if w.State != run.WaitOpen {
		if first, err := tx.Message(ctx, w.ReplyID); err == nil && first.ProviderID == key {
			return w, nil
		} else if err != nil && !errors.Is(err, ErrNotFound) {
			return w, err
		}
		return w, &ClosedError{Wait: w}
	}
	if w.Overdue(tx.Now()) {
		return w, &ClosedError{Wait: w}
	}
	m, _, err := tx.InsertMessage(ctx, conversation.Message{
		ID: id.New("msg"), WorkspaceID: w.WorkspaceID, ContactID: w.ContactID, ConnectionID: w.ConnectionID,
		Direction: protocol.Inbound, ProviderID: key, Kind: "text", Text: in.Text, Payload: in.Payload, EffectiveAt: tx.Now(),
		ReceivedAt: tx.Now(), Status: conversation.Received, Disposition: conversation.Matched, DecidedBy: string(conversation.RuleAPI),
		WaitID: w.ID,
	})
	if err != nil {
		return w, fmt.Errorf("store answer: %w", err)
	}
	r, closed, err := e.close(ctx, tx, w, run.WaitReplied, "api", m.ID, WaitReplied, "Answered for the contact.")
	if err != nil {
		return w, err
	}
	if !closed {
		return w, ErrLost
	}
	if err := e.resume(ctx, tx, over{r, run.Replied{Ending: w.Ending(), Reply: reply(w, string(conversation.RuleAPI), m)}}, out); err != nil {
		return w, err
	}
	return tx.Wait(ctx, w.ID)
}
