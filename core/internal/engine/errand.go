package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
)

// InternalConnector is the connector of requests that the gateway makes to itself.
const InternalConnector = "cordboard"

// errand is what a unit leaves to another one, because it concerns flows or contacts that the unit does not hold. It is
// stored as a request with the unit, so it is as durable, and read like one that came from outside. One field is set.
type errand struct {
	Event  *raised `json:"event,omitempty"`
	Joined *rejoin `json:"joined,omitempty"`
}

// raised is an event that a run caused.
type raised struct {
	Type      string          `json:"type"` // empty: that of the flow
	Flow      string          `json:"flow"` // the one flow that it starts; empty: all that listen
	ContactID string          `json:"contact_id"`
	Data      json.RawMessage `json:"data"`
	Origin    *event.Origin   `json:"origin"` // the run; may be nil in what another version of the gateway left
}

// rejoin tells a run that the one it waits for has ended.
type rejoin struct {
	ParentID  string     `json:"parent_id"`
	StepID    string     `json:"step_id"`
	Iteration string     `json:"iteration,omitempty"`
	RunID     string     `json:"run_id"` // empty if it was never started
	Status    run.Status `json:"status"`
	Reason    string     `json:"reason"`
}

// leave stores an errand in the unit.
func (e *Engine) leave(ctx context.Context, tx Tx, workspaceID string, what errand, out *sequel) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	r := Request{ID: id.New("req"), WorkspaceID: workspaceID, Connector: InternalConnector, Method: "POST", Body: body}
	if err := tx.InsertErrand(ctx, r); err != nil {
		return fmt.Errorf("leave an errand: %w", err)
	}
	out.errands = append(out.errands, r.ID)
	return nil
}

// raise leaves an event that a run caused to the flows that listen to it, if there are any.
func (e *Engine) raise(ctx context.Context, tx Tx, workspaceID string, r raised, out *sequel) error {
	if r.Flow == "" {
		heard, err := tx.IsHeard(ctx, workspaceID, r.Type)
		if err != nil || !heard {
			return err
		}
	}
	return e.leave(ctx, tx, workspaceID, errand{Event: &r}, out)
}

// readErrand does what another unit left.
func (e *Engine) readErrand(ctx context.Context, req Request) error {
	var what errand
	if err := json.Unmarshal(req.Body, &what); err != nil {
		return e.parsed(ctx, req.ID, err.Error())
	}
	if what.Joined != nil {
		return e.rejoin(ctx, req, *what.Joined)
	}
	return e.takeRaised(ctx, req, *what.Event)
}

// takeRaised starts what an event of a run starts. A run that waits for it is told when that is nothing.
func (e *Engine) takeRaised(ctx context.Context, req Request, r raised) error {
	ev := event.Event{
		ID: id.New("evt"), WorkspaceID: req.WorkspaceID, RequestID: req.ID, Type: r.Type, Key: req.ID,
		OccurredAt: req.ReceivedAt, ReceivedAt: req.ReceivedAt, Data: r.Data, Origin: r.Origin,
	}
	in := intake{last: true}
	if r.ContactID != "" {
		about, err := e.Store.ContactByID(ctx, req.WorkspaceID, r.ContactID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("contact of errand %s: %w", req.ID, err)
		}
		in.about = about
	}
	if r.Flow == "" {
		return e.take(ctx, ev, in)
	}
	live, v, err := e.target(ctx, req.WorkspaceID, r)
	var refused *refusal
	if errors.As(err, &refused) {
		return e.refused(ctx, req, r, refused.reason)
	}
	if err != nil {
		return err
	}
	ev.Type, in.live = v.flow.Trigger.On, []LiveFlow{live}
	return e.take(ctx, ev, in)
}

// refusal says why a flow can't be started, for a person.
type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }

// target finds the flow that an event is for. The error is a *refusal if it can't start with it.
func (e *Engine) target(ctx context.Context, workspaceID string, r raised) (LiveFlow, *version, error) {
	live, err := e.Store.LiveFlow(ctx, workspaceID, r.Flow)
	if errors.Is(err, ErrNotFound) {
		return live, nil, &refusal{fmt.Sprintf("The flow %q is not published, or it is switched off.", r.Flow)}
	}
	if err != nil {
		return live, nil, fmt.Errorf("find flow %s: %w", r.Flow, err)
	}
	v, err := e.version(ctx, live.VersionID)
	if err != nil {
		return live, nil, err
	}
	if err := startable(v.flow, Start{Data: r.Data}); err != nil {
		return live, nil, &refusal{fmt.Sprintf("The flow %q can't start with this: %s.", r.Flow, err)}
	}
	return live, v, nil
}

// refused notes why an event started nothing, and tells the run that waits for it.
func (e *Engine) refused(ctx context.Context, req Request, r raised, reason string) error {
	var by event.Origin
	if r.Origin != nil {
		by = *r.Origin
	}
	e.Logger.Warn("a flow could not be started", "flow", r.Flow, "run_id", by.RunID, "step", by.StepID, "reason", reason)
	_, err := e.write(ctx, nil, func(ctx context.Context, tx Tx, out *sequel) error {
		if err := tx.ParsedRequest(ctx, req.ID, reason); err != nil {
			return err
		}
		return e.tellParent(ctx, tx, req.WorkspaceID, r.Origin, rejoin{Reason: reason}, out)
	})
	return err
}

// tellParent tells the run that waits for another one how that ended; nothing is done if none waits.
func (e *Engine) tellParent(ctx context.Context, tx Tx, workspaceID string, origin *event.Origin, how rejoin, out *sequel) error {
	if origin == nil || !origin.Waits {
		return nil
	}
	how.ParentID, how.StepID, how.Iteration = origin.RunID, origin.StepID, origin.Iteration
	return e.leave(ctx, tx, workspaceID, errand{Joined: &how}, out)
}

// rejoin moves on the run that waited for another one.
func (e *Engine) rejoin(ctx context.Context, req Request, how rejoin) error {
	parent, err := e.Store.Run(ctx, how.ParentID)
	if errors.Is(err, ErrNotFound) {
		return e.parsed(ctx, req.ID, "")
	}
	if err != nil {
		return fmt.Errorf("load run %s: %w", how.ParentID, err)
	}
	v, err := e.version(ctx, parent.VersionID)
	if err != nil {
		return err
	}
	return e.writeAll(ctx, []string{parent.ContactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		if err := tx.ParsedRequest(ctx, req.ID, ""); err != nil {
			return err
		}
		r, err := tx.Run(ctx, how.ParentID)
		if err != nil {
			return fmt.Errorf("load run %s: %w", how.ParentID, err)
		}
		if err := out.holds(r.ContactID); err != nil {
			return err
		}
		err = e.advance(ctx, tx, r, v, run.Joined{StepID: how.StepID, Iteration: how.Iteration, RunID: how.RunID, Status: how.Status, Reason: how.Reason}, out)
		if errors.Is(err, run.ErrNotExpected) {
			return nil // it was cancelled meanwhile
		}
		return err
	})
}

// reach carries out what a transition does to other runs.
func (e *Engine) reach(ctx context.Context, tx Tx, r run.Run, others run.Others, out *sequel) error {
	for _, change := range others.Contact {
		origin := event.Origin{RunID: r.ID, StepID: r.State.Cursor, Hops: r.State.Facts.Hops + 1}
		if _, err := e.change(ctx, tx, r.WorkspaceID, r.ContactID, change, origin, out); err != nil {
			return fmt.Errorf("change contact %s: %w", r.ContactID, err)
		}
	}
	for _, raise := range others.Raised {
		if raise.Type != "" {
			data := about(r)
			data["step"], data["data"] = raise.Origin.StepID, raise.Data
			if err := e.announce(ctx, tx, news{r.WorkspaceID, raise.Type, tx.Now(), data}, out); err != nil {
				return err
			}
		}
		if err := e.raise(ctx, tx, r.WorkspaceID, raised{
			Type: raise.Type, Flow: raise.Flow, ContactID: r.ContactID, Data: raise.Data, Origin: &raise.Origin,
		}, out); err != nil {
			return err
		}
	}
	for _, answer := range others.Answers {
		if err := e.answer(ctx, tx, r, answer, out); err != nil {
			return err
		}
	}
	for _, end := range others.Ends {
		if err := e.endOthers(ctx, tx, r, end, out); err != nil {
			return err
		}
	}
	return nil
}

// answer tells the caller of the flow's own address; of several answers the first one counts.
func (e *Engine) answer(ctx context.Context, tx Tx, r run.Run, a run.Answer, out *sequel) error {
	if err := tx.InsertAnswer(ctx, r.EventID, r.ID, a); err != nil {
		return fmt.Errorf("answer the caller: %w", err)
	}
	out.answers = true
	return nil
}

// failed leaves a run's failure to the flows that listen to failures.
func (e *Engine) failed(ctx context.Context, tx Tx, r run.Run, out *sequel) error {
	hops := r.State.Facts.Hops + 1
	if hops > event.MaxHops {
		return nil
	}
	f := r.State.Failure
	data, err := json.Marshal(map[string]any{
		"run_id": r.ID, "flow": r.State.Facts.FlowName, "step": r.State.Cursor,
		"failure": map[string]any{"kind": f.Kind, "message": f.Message, "detail": f.Detail},
	})
	if err != nil {
		return err
	}
	return e.raise(ctx, tx, r.WorkspaceID, raised{
		Type: event.RunFailed, ContactID: r.ContactID, Data: data, Origin: &event.Origin{RunID: r.ID, StepID: r.State.Cursor, Hops: hops},
	}, out)
}

// tellLate leaves a message that came too late to whoever wants it: endpoints, flows that listen, and the flow that the
// step names.
func (e *Engine) tellLate(ctx context.Context, tx Tx, r run.Run, w run.Wait, m conversation.Message, out *sequel) error {
	reply := run.ReplyJSON(said(m))
	told := about(r)
	told["step"], told["reply"] = w.StepID, reply
	if err := e.announce(ctx, tx, news{r.WorkspaceID, event.WaitLateReply, tx.Now(), told}, out); err != nil {
		return err
	}
	hops := r.State.Facts.Hops + 1
	if hops > event.MaxHops {
		return nil
	}
	data, err := json.Marshal(map[string]any{"run_id": r.ID, "flow": r.State.Facts.FlowName, "step": w.StepID, "reply": reply})
	if err != nil {
		return err
	}
	late := raised{Type: event.WaitLateReply, ContactID: w.ContactID, Data: data, Origin: &event.Origin{RunID: r.ID, StepID: w.StepID, Hops: hops}}
	if err := e.raise(ctx, tx, r.WorkspaceID, late, out); err != nil || w.Terms.LateFlow == "" {
		return err
	}
	late.Type, late.Flow = "", w.Terms.LateFlow
	return e.raise(ctx, tx, r.WorkspaceID, late, out)
}

// endOthers ends the contact's other runs.
func (e *Engine) endOthers(ctx context.Context, tx Tx, r run.Run, end run.EndRuns, out *sequel) error {
	if r.ContactID == "" {
		return nil
	}
	active, err := tx.ActiveRuns(ctx, r.ContactID)
	if err != nil {
		return fmt.Errorf("find the runs of %s: %w", r.ContactID, err)
	}
	// The newest first: one that waits in a queue must not begin because the one before it has ended.
	for _, other := range slices.Backward(active) {
		if other.RunID == r.ID || len(end.Flows) > 0 && !slices.Contains(end.Flows, other.FlowName) {
			continue
		}
		if err := e.cancelRun(ctx, tx, other.RunID, "cancel", end.Reason, out); err != nil {
			return err
		}
	}
	return nil
}
