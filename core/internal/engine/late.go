package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/run"
)

// quoted is the wait that a message refers to: it quotes the question, or a text that asked for another answer to it. nil
// if it refers to none.
func (e *Engine) quoted(ctx context.Context, tx Tx, m conversation.Message, live []run.Wait) (*run.Wait, error) {
	if m.InReplyTo == "" {
		return nil, nil
	}
	for i, w := range live {
		if w.AskedRef == m.InReplyTo && w.ConnectionID == m.ConnectionID {
			return &live[i], nil
		}
	}
	sent, err := tx.SentMessage(ctx, m.ConnectionID, m.InReplyTo, "")
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find what is quoted: %w", err)
	}
	w, err := tx.WaitAskedWith(ctx, sent.ID)
	if errors.Is(err, ErrNotFound) && sent.RunID != "" {
		if w, err = tx.WaitOfStep(ctx, sent.RunID, sent.StepID); err == nil && !strings.HasPrefix(sent.CallKey, sayKey(w)) {
			return nil, nil
		}
	}
	if errors.Is(err, ErrNotFound) || err == nil && w.ContactID != m.ContactID {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the question that is quoted: %w", err)
	}
	return &w, nil
}

// couldAnswer reports whether a message would have answered a wait that is closed, had it come in time.
func couldAnswer(m conversation.Message, w run.Wait) bool {
	return conversation.IsReply(m) && m.Seq > w.SinceSeq
}

// closedBefore finds the wait that a message would have answered had it come in time; nil if there is none.
func (e *Engine) closedBefore(ctx context.Context, tx Tx, m conversation.Message) (*run.Wait, error) {
	w, err := tx.LastUnanswered(ctx, m.ContactID, m.ConnectionID)
	if errors.Is(err, ErrNotFound) || err == nil && !couldAnswer(m, w) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &w, nil
}

// attach records a message with the wait that it came too late for, where later steps of the run read it. It moves
// nothing (R13). Nobody is told of what follows an answer, or comes after the run was cancelled: that is no late answer
// for which a flow is to be begun.
func (e *Engine) attach(ctx context.Context, tx Tx, w run.Wait, m conversation.Message, out *sequel) error {
	if err := tx.SetLate(ctx, w.ID, m.ID); err != nil {
		return err
	}
	if err := tx.AddWaitEvent(ctx, WaitEvent{
		WaitID: w.ID, At: tx.Now(), Kind: WaitLateReply, MessageID: m.ID, Detail: "It came too late and changes nothing.",
	}); err != nil {
		return err
	}
	r, err := tx.Run(ctx, w.RunID)
	if err != nil {
		return fmt.Errorf("run of wait %s: %w", w.ID, err)
	}
	if output, ok := run.WithLateReply(r.State, w, said(m)); ok {
		if err := tx.SaveStepOutput(ctx, r.ID, w.StepID, w.Iteration, output); err != nil {
			return err
		}
	}
	if w.State == run.WaitReplied || w.State == run.WaitCancelled {
		return nil
	}
	return e.tellLate(ctx, tx, r, w, m, out)
}
