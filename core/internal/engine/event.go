package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// start is a run that an event may start: a live flow and the person it will be about.
type start struct {
	flowID  string
	version *version
	contact conversation.Contact
}

// intake says how an event came.
type intake struct {
	flowID string                                 // the only flow that may start with it; empty: all that listen
	with   func(ctx context.Context, tx Tx) error // goes into the event's transaction; may be nil
}

// taken is what became of an event.
type taken struct {
	eventID string // under which it is stored
	runID   string // that it began; empty if none, or if it had begun one before
}

// take stores an event with all that it causes, and makes the call that comes of it.
func (e *Engine) take(ctx context.Context, ev event.Event, in intake) error {
	_, next, err := e.storeEvent(ctx, ev, in)
	if next != nil {
		e.perform(ctx, *next)
	}
	return err
}

// takeApart is take for a caller who does not wait for calls.
func (e *Engine) takeApart(ctx context.Context, ev event.Event, in intake) (taken, error) {
	t, next, err := e.storeEvent(ctx, ev, in)
	if next != nil && !e.try(func(ctx context.Context) { e.perform(ctx, *next) }) {
		e.perform(e.ctx, *next)
	}
	return t, err
}

// storeEvent stores an event: a message is matched to waits, a status moves the message it is about, and flows that
// listen to it begin their runs. The call that is to be made next is returned.
func (e *Engine) storeEvent(ctx context.Context, ev event.Event, in intake) (t taken, next *call, err error) {
	var contact conversation.Contact
	if ev.Contact != nil {
		if contact, err = e.recognise(ctx, ev.WorkspaceID, *ev.Contact, ev.ConnectionID); err != nil {
			return t, nil, err
		}
	}
	starts, err := e.starts(ctx, ev, contact, in.flowID)
	if err != nil {
		return t, nil, err
	}
	lock, err := e.lock(ctx, ev, contact)
	if err != nil {
		return t, nil, err
	}
	next, err = e.write(ctx, lock, func(ctx context.Context, tx Tx, out *sequel) error {
		eventID, fresh, err := tx.InsertEvent(ctx, ev)
		if err != nil {
			return fmt.Errorf("store event: %w", err)
		}
		ev := ev
		ev.ID = eventID
		t = taken{eventID: eventID}
		if in.with != nil {
			if err := in.with(ctx, tx); err != nil {
				return err
			}
		}
		switch {
		case ev.Message != nil && contact.ID != "":
			return e.hear(ctx, tx, ev, contact, starts, out)
		case ev.Status != nil && fresh:
			if err := e.follow(ctx, tx, ev, out); err != nil {
				return err
			}
		}
		t.runID, err = e.beginRuns(ctx, tx, ev, starts, out)
		return err
	})
	return t, next, err
}

// lock names the contact whose other units an event must not run beside: whoever said something, or whoever the
// message went to that a status is about.
func (e *Engine) lock(ctx context.Context, ev event.Event, contact conversation.Contact) (string, error) {
	switch {
	case ev.Message != nil:
		return contact.ID, nil
	case ev.Status != nil:
		m, err := e.Store.SentMessage(ctx, ev.ConnectionID, ev.Status.MessageID, ev.Status.IdempotencyKey)
		if errors.Is(err, ErrNotFound) {
			return "", nil
		}
		return m.ContactID, err
	}
	return "", nil
}

// recognise finds or makes a contact; the zero Contact when nothing is said by which to know one.
func (e *Engine) recognise(ctx context.Context, workspaceID string, c protocol.Contact, connectionID string) (conversation.Contact, error) {
	person := conversation.Recognise(c, connectionID, "")
	if len(person.Identities) == 0 {
		return conversation.Contact{}, nil
	}
	contact, err := e.Store.Contact(ctx, workspaceID, person)
	if err != nil {
		return contact, fmt.Errorf("find contact: %w", err)
	}
	return contact, nil
}

// starts lists the flows that listen to an event, each with its contact: the one the flow's mapping names, or else
// the one the event is about. only, if not empty, is the one flow that is asked for.
func (e *Engine) starts(ctx context.Context, ev event.Event, about conversation.Contact, only string) ([]start, error) {
	live, err := e.Store.LiveFlows(ctx, ev.WorkspaceID, ev.Type, ev.ConnectionID)
	if err != nil {
		return nil, fmt.Errorf("find flows for %s: %w", ev.Type, err)
	}
	starts := make([]start, 0, len(live))
	for _, l := range live {
		if only != "" && l.FlowID != only {
			continue
		}
		v, err := e.version(ctx, l.VersionID)
		if err != nil {
			return nil, err
		}
		s := start{flowID: l.FlowID, version: v, contact: about}
		switch named, ok, err := run.Contact(v.flow, facts(ev, v, "", time.Now()), time.Now()); {
		case err != nil:
			e.Logger.Warn("the contact of a run could not be worked out", "flow_id", l.FlowID, "event_id", ev.ID, "error", err)
		case ok:
			found, err := e.recognise(ctx, ev.WorkspaceID, named, "")
			if err != nil {
				return nil, err
			}
			if found.ID != "" {
				s.contact = found
			}
		}
		starts = append(starts, s)
	}
	return starts, nil
}

// beginRuns begins the runs of an event, one for each flow, and returns the last one's id. A flow that has already
// begun one for this event is passed over.
func (e *Engine) beginRuns(ctx context.Context, tx Tx, ev event.Event, starts []start, out *sequel) (runID string, err error) {
	for _, s := range starts {
		r := newRun(ev, s, tx)
		fresh, err := tx.InsertDelivery(ctx, ev.ID, s.flowID, r.ID)
		if err != nil {
			return "", fmt.Errorf("store delivery: %w", err)
		}
		if !fresh {
			continue
		}
		t, err := run.Advance(s.version.flow, r.State, run.Start{}, tx.Now())
		if err != nil {
			return "", err
		}
		err = e.carry(ctx, tx, r, s.version, t, out, func(ctx context.Context, r run.Run, _ []run.StepRun) error { return tx.InsertRun(ctx, r) })
		if err != nil {
			return "", fmt.Errorf("start run: %w", err)
		}
		runID = r.ID
	}
	return runID, nil
}

func newRun(ev event.Event, s start, tx Tx) run.Run {
	r := run.Run{
		ID: id.New("run"), WorkspaceID: ev.WorkspaceID, FlowID: s.flowID, VersionID: s.version.ID, EventID: ev.ID,
		ContactID: s.contact.ID, CreatedAt: tx.Now(),
	}
	f := facts(ev, s.version, r.ID, r.CreatedAt)
	f.Contact = run.ContactFacts{ID: s.contact.ID, Phone: s.contact.Phone, Email: s.contact.Email, Name: s.contact.Name}
	r.State = run.State{Status: run.Queued, Facts: f}
	return r
}

// facts is what a run of v that ev starts knows.
func facts(ev event.Event, v *version, runID string, at time.Time) run.Facts {
	return run.Facts{
		RunID: runID, StartedAt: at, FlowName: v.FlowName, FlowVersion: v.Number, WorkspaceID: v.WorkspaceID,
		WorkspaceName: v.WorkspaceName, TimeZone: v.TimeZone, Event: ev.Data,
	}
}
