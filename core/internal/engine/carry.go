package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// sequel is what is to be done once a unit is durable. A unit fills a fresh one each time it runs.
type sequel struct {
	calls   []call
	alarms  []Alarm
	errands []string // requests to be read
	told    bool     // something was announced
	answers bool     // a caller was answered
	turning string   // a run that goes on at once, in a transaction of its own; usually empty
	locked  []string // the contacts whose locks the unit holds
}

// holds returns an error that makes write run the unit again under the lock of this contact, unless it holds that: what a
// unit is about may have become another contact's, by a merge, before the lock was taken (R4).
func (out *sequel) holds(contactID string) error {
	if contactID == "" || slices.Contains(out.locked, contactID) {
		return nil
	}
	return &movedError{contactID}
}

// call is a call whose intent is committed.
type call struct {
	run     run.Run // as stored with the intent
	version *version
	effect  run.Call
	aside   string // the wait for which it is made beside its run, which is then not moved on; usually empty
}

// write runs a unit and then does what it leaves behind: alarms are set, further calls find a worker, and the last
// call is returned so that the present worker makes it.
func (e *Engine) write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx Tx, out *sequel) error) (*call, error) {
	var out sequel
	for {
		err := e.Store.Write(ctx, contactIDs, func(ctx context.Context, tx Tx) error {
			e.release(out.calls...) // of an earlier try
			out = sequel{locked: contactIDs}
			return unit(ctx, tx, &out)
		})
		var moved *movedError
		if err == nil {
			break
		}
		e.release(out.calls...)
		if !errors.As(err, &moved) {
			return nil, err
		}
		contactIDs = []string{moved.to}
	}
	e.notify(ctx, out)
	if out.answers && e.Answered != nil {
		e.Answered()
	}
	if out.turning != "" && !e.try(func(ctx context.Context) { e.turn(ctx, out.turning) }) {
		e.turn(ctx, out.turning)
	}
	if len(out.calls) == 0 {
		return nil, nil
	}
	last := len(out.calls) - 1
	for _, c := range out.calls[:last] {
		if !e.try(func(ctx context.Context) { e.perform(ctx, c) }) {
			e.perform(ctx, c)
		}
	}
	return &out.calls[last], nil
}

// notify says what is to be looked at, now that a unit is durable.
func (e *Engine) notify(ctx context.Context, out sequel) {
	if len(out.alarms) > 0 {
		e.SetAlarms(ctx, out.alarms...)
	}
	for _, requestID := range out.errands {
		e.Ready(KindRequest, requestID)
	}
	if out.told && e.Announced != nil {
		e.Announced()
	}
}

// writeAll is write for workers that make the last call too.
func (e *Engine) writeAll(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx Tx, out *sequel) error) error {
	c, err := e.write(ctx, contactIDs, unit)
	if err != nil {
		return err
	}
	if c != nil {
		e.perform(ctx, *c)
	}
	return nil
}

// advance applies an input to a run and stores what comes of it. Waits that it asks for are opened, and claimed at
// once if the reply is already there. It returns ErrLost when another transition came first.
func (e *Engine) advance(ctx context.Context, tx Tx, r run.Run, v *version, in run.Input, out *sequel) error {
	t, err := e.step(ctx, tx, &r, v, in)
	if err != nil {
		return err
	}
	return e.carry(ctx, tx, r, v, t, out, tx.SaveRun)
}

// step is run.Advance with the calendars, the limit and the fields that the version goes by.
func (e *Engine) step(ctx context.Context, tx Tx, r *run.Run, v *version, in run.Input) (run.Transition, error) {
	if len(v.flow.Calendars) > 0 {
		calendars, err := tx.Calendars(ctx, r.WorkspaceID)
		if err != nil {
			return run.Transition{}, fmt.Errorf("load calendars: %w", err)
		}
		r.State.Facts.Calendars = calendars
	}
	if err := e.limit(ctx, tx, r, v); err != nil {
		return run.Transition{}, err
	}
	if len(v.flow.Fields) > 0 {
		fields, err := tx.Fields(ctx, r.WorkspaceID)
		if err != nil {
			return run.Transition{}, fmt.Errorf("load the fields of contacts: %w", err)
		}
		r.State.Facts.Fields = append([]contactfield.Field{}, fields...)
	}
	return e.next(ctx, tx, r, v, in)
}

// next is run.Advance with when the contact was last heard, where the run comes to a call that depends on it.
func (e *Engine) next(ctx context.Context, tx Tx, r *run.Run, v *version, in run.Input) (run.Transition, error) {
	r.State.Facts.Heard = nil // of an earlier transition
	for {
		t, err := run.Advance(v.flow, r.State, in, tx.Now())
		var unheard *run.UnheardError
		if !errors.As(err, &unheard) {
			return t, err
		}
		heard, err := e.lastHeard(ctx, tx, *r, unheard.Connection)
		if err != nil {
			return run.Transition{}, fmt.Errorf("when contact %s was heard on %s: %w", r.ContactID, unheard.Connection, err)
		}
		facts := map[string]run.Heard{unheard.Connection: heard}
		maps.Copy(facts, r.State.Facts.Heard)
		r.State.Facts.Heard = facts
	}
}

// lastHeard says when the run's contact was last heard on a connection.
func (e *Engine) lastHeard(ctx context.Context, tx Tx, r run.Run, connection string) (run.Heard, error) {
	connectionID, err := e.connectionID(ctx, r.WorkspaceID, connection)
	if err != nil || connectionID == "" {
		return run.Heard{Deaf: true}, err
	}
	reception, err := tx.Reception(ctx, connectionID)
	if err != nil {
		return run.Heard{}, err
	}
	at, err := tx.LastHeard(ctx, r.ContactID, connectionID)
	return run.Heard{At: at, Deaf: !reception.LostAt.IsZero()}, err
}

// carry carries out the effects of a transition inside the unit, then stores the run with save.
func (e *Engine) carry(ctx context.Context, tx Tx, r run.Run, v *version, t run.Transition, out *sequel,
	save func(ctx context.Context, r run.Run, changed []run.StepRun) error) error {
	t, err := e.toldBefore(ctx, tx, r, v, t)
	if err != nil {
		return err
	}
	changed, begins := t.Changed, r.State.Status == run.Queued && t.State.Status != run.Queued
	others := t.Others
	for t.Ask != nil {
		r.State = t.State // what a reply is judged by
		claim, err := e.open(ctx, tx, r, v, *t.Ask, out)
		if err != nil {
			return fmt.Errorf("open the wait of step %s: %w", t.Ask.StepID, err)
		}
		if r.ContactID != "" { // else there was nobody to wait for
			if err := e.announce(ctx, tx, waitOpened(r, *t.Ask, tx.Now()), out); err != nil {
				return err
			}
		}
		if claim == nil {
			break
		}
		if t, err = e.next(ctx, tx, &r, v, claim); err != nil {
			return err
		}
		changed = merge(changed, t.Changed)
		others = others.Then(t.Others)
	}
	r.State, r.Owner = t.State, ""
	r.EndedAt = time.Time{} // of a run that is taken up again
	if t.State.Status.Ended() {
		r.EndedAt = tx.Now()
	}
	if t.Call != nil {
		r.Owner = e.Node
	}
	if err := save(ctx, r, changed); err != nil {
		return err
	}
	r.Revision++
	if err := e.announceRun(ctx, tx, r, begins, changed, out); err != nil {
		return err
	}
	if err := e.reach(ctx, tx, r, others, out); err != nil {
		return err
	}
	if t.State.Status.Ended() {
		return e.ended(ctx, tx, r, v, out)
	}
	if t.Call != nil {
		if t.Call.Sends {
			if err := e.intend(ctx, tx, r, *t.Call); err != nil {
				return fmt.Errorf("note the intent of step %s: %w", t.Call.StepID, err)
			}
		}
		out.calls = append(out.calls, e.promise(call{run: r, version: v, effect: *t.Call}))
	}
	if t.State.Phase == run.PhaseTurning {
		out.turning = r.ID
	}
	if t.State.Status == run.Waiting && !t.State.WakeAt.IsZero() {
		out.alarms = append(out.alarms, Alarm{Kind: KindRun, ID: r.ID, Revision: r.Revision, At: t.State.WakeAt})
	}
	return nil
}

// toldBefore goes on with a run whose send has an unknown outcome if the provider's status came before that was known.
func (e *Engine) toldBefore(ctx context.Context, tx Tx, r run.Run, v *version, t run.Transition) (run.Transition, error) {
	if t.State.Phase != run.PhaseSettling {
		return t, nil
	}
	connectionID, err := e.connectionID(ctx, r.WorkspaceID, v.flow.Steps[t.State.Cursor].Do.Connection)
	if err != nil {
		return t, err
	}
	m, err := tx.SentMessage(ctx, connectionID, "", run.CallKey(r.ID, t.State.Cursor, t.State.Steps[t.State.Cursor].Iteration))
	if errors.Is(err, ErrNotFound) || err == nil && m.Status == conversation.Sending {
		return t, nil
	}
	if err != nil {
		return t, fmt.Errorf("message of step %s: %w", t.State.Cursor, err)
	}
	r.State = t.State
	next, err := e.next(ctx, tx, &r, v, answerOf(m))
	next.Changed, next.Others = merge(t.Changed, next.Changed), t.Others.Then(next.Others)
	return next, err
}

// ended does what the end of a run leads to: whoever waits for it is told, whoever listens to failures learns of one, and
// a run that waited for its end begins.
func (e *Engine) ended(ctx context.Context, tx Tx, r run.Run, v *version, out *sequel) error {
	how := rejoin{RunID: r.ID, Status: r.State.Status, Reason: r.State.Reason}
	if r.State.Failure != nil {
		how.Reason = r.State.Failure.Message
	}
	if err := e.tellParent(ctx, tx, r.WorkspaceID, r.State.Facts.Parent, how, out); err != nil {
		return err
	}
	if v.flow.Trigger.Answers > 0 {
		if err := e.answer(ctx, tx, r, run.UnansweredBy(r), out); err != nil {
			return err
		}
	}
	if r.State.Status == run.Failed {
		if err := e.failed(ctx, tx, r, out); err != nil {
			return err
		}
	}
	if v.flow.PerContact != flow.Queue || r.ContactID == "" {
		return nil
	}
	return e.beginQueued(ctx, tx, r, out)
}

// merge puts later versions of step runs in place of earlier ones.
func merge(steps, later []run.StepRun) []run.StepRun {
	for _, l := range later {
		i := slices.IndexFunc(steps, func(s run.StepRun) bool { return s.Key() == l.Key() })
		if i < 0 {
			steps = append(steps, l)
			continue
		}
		steps[i] = l
	}
	return steps
}

// intend stores a message that is about to be sent, with the newest inbound number of its contact: whoever answers
// from now on has answered it (R1). A repeated attempt keeps the first number.
func (e *Engine) intend(ctx context.Context, tx Tx, r run.Run, c run.Call) error {
	connectionID, err := e.connectionID(ctx, r.WorkspaceID, c.Connection)
	if err != nil {
		return err
	}
	return tx.InsertIntent(ctx, conversation.Message{
		ID: id.New("msg"), WorkspaceID: r.WorkspaceID, ContactID: r.ContactID, ConnectionID: connectionID,
		Direction: protocol.Outbound, CallKey: c.IdempotencyKey, RunID: r.ID, StepID: c.StepID,
		ReceivedAt: tx.Now(), EffectiveAt: tx.Now(), Status: conversation.Sending,
	})
}

// connectionID is Connectors.ConnectionID for steps that may name no connection, or one that is gone: the call
// itself will say so.
func (e *Engine) connectionID(ctx context.Context, workspaceID, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	connectionID, err := e.Connectors.ConnectionID(ctx, workspaceID, name)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return connectionID, err
}
