package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// news is something that outside systems may want to be told.
type news struct {
	workspaceID string
	kind        string // a type of event.OutgoingTypes
	at          time.Time
	data        map[string]any
}

// announce stores news in the unit of what it tells, if an endpoint wants it.
func (e *Engine) announce(ctx context.Context, tx Tx, n news, out *sequel) error {
	if e.Subscribers == nil {
		return nil
	}
	endpoints, wanted, err := e.Subscribers(ctx, n.workspaceID, n.kind)
	if err != nil {
		return fmt.Errorf("find who wants %s: %w", n.kind, err)
	}
	if !wanted {
		return nil
	}
	out.told = true
	if err := tx.Announce(ctx, event.NewOutgoing(n.workspaceID, n.kind, n.at, n.data), endpoints); err != nil {
		return fmt.Errorf("announce %s: %w", n.kind, err)
	}
	return nil
}

// announceRun tells of a run's beginning and end, and of the waits that ended with this transition.
func (e *Engine) announceRun(ctx context.Context, tx Tx, r run.Run, begins bool, steps []run.StepRun, out *sequel) error {
	var all []news
	if begins {
		all = append(all, runEvent(r, event.RunStarted, r.CreatedAt))
	}
	for _, s := range steps {
		if s.Kind == string(flow.KindCustomerResponse) && !s.EndedAt.IsZero() {
			all = append(all, waitEnded(r, s))
		}
	}
	if r.State.Status.Ended() {
		all = append(all, runEvent(r, "run."+string(r.State.Status), r.EndedAt))
	}
	for _, n := range all {
		if err := e.announce(ctx, tx, n, out); err != nil {
			return err
		}
	}
	return nil
}

// about is what the data of each event of a run begins with.
func about(r run.Run) map[string]any {
	f := r.State.Facts
	data := map[string]any{
		"run_id": r.ID, "flow": f.FlowName, "flow_version": f.FlowVersion, "event_id": r.EventID,
		"contact": person(f.Contact.ID, f.Contact.Phone, f.Contact.Email, f.Contact.Name),
	}
	if f.FlowName == flow.Rented { // its renter knows it by what they said
		var rented map[string]json.RawMessage
		_ = json.Unmarshal(f.Event, &rented) // nothing is left of it once it was removed for its age
		for _, name := range []string{"reference", "data"} {
			if said := rented[name]; said != nil {
				data[name] = said
			}
		}
	}
	return data
}

// person is a contact in an event; nil if there is nobody.
func person(id, phone, email, name string) any {
	if id == "" {
		return nil
	}
	return map[string]any{"id": id, "phone": phone, "email": email, "name": name}
}

func runEvent(r run.Run, kind string, at time.Time) news {
	data := about(r)
	data["started_at"] = r.CreatedAt.UTC()
	if r.State.Status.Ended() && kind != event.RunStarted {
		data["ended_at"] = r.EndedAt.UTC()
		if r.State.Reason != "" {
			data["reason"] = r.State.Reason
		}
		if f := r.State.Failure; f != nil {
			data["failure"] = told(f)
		}
	}
	return news{r.WorkspaceID, kind, at, data}
}

// told is a failure without the provider's own words, which may quote what was sent.
func told(f *protocol.Failure) map[string]any {
	return map[string]any{"kind": f.Kind, "message": f.Message}
}

func waitOpened(r run.Run, ask run.Ask, at time.Time) news {
	data := about(r)
	data["step"], data["deadline"] = ask.StepID, ask.Deadline.UTC()
	if !ask.SentAt.IsZero() { // else somebody else asks
		data["asked_at"] = ask.SentAt.UTC()
	}
	return news{r.WorkspaceID, event.WaitOpened, at, data}
}

// waitEnded tells how a Customer Response ended. result is what later steps read of it (waits.md R18).
func waitEnded(r run.Run, s run.StepRun) news {
	kind := "wait." + s.Exit
	switch {
	case s.Status == run.StepCancelled:
		kind = event.WaitCancelled
	case s.Exit == "default":
		kind = event.WaitReplied
	case s.Exit == "":
		kind = event.WaitUndelivered // the step failed for want of a branch for it
	}
	data := about(r)
	data["step"] = s.StepID
	if len(s.Output) > 0 {
		data["result"] = s.Output
	}
	return news{r.WorkspaceID, kind, s.EndedAt, data}
}

// heard stores what became of something a contact said, and tells of it.
func (e *Engine) heard(ctx context.Context, tx Tx, m conversation.Message, c conversation.Contact, out *sequel) error {
	if err := tx.KeepMessage(ctx, m); err != nil {
		return fmt.Errorf("store message: %w", err)
	}
	return e.announce(ctx, tx, messageEvent(m, event.MessageReceived, person(c.ID, c.Phone, c.Email, c.Name), tx.Now()), out)
}

func messageEvent(m conversation.Message, kind string, contact any, at time.Time) news {
	data := map[string]any{"message_id": m.ID, "connection_id": m.ConnectionID, "contact_id": m.ContactID, "provider_id": m.ProviderID, "kind": m.Kind}
	if contact != nil {
		data["contact"] = contact
	}
	if m.Direction == protocol.Inbound {
		data["text"], data["payload"], data["disposition"] = m.Text, m.Payload, m.Disposition
		data["received_at"] = m.EffectiveAt.UTC()
	}
	if m.WaitID != "" {
		data["wait_id"] = m.WaitID
	}
	if runID := m.RunID + m.StartedRunID; runID != "" {
		data["run_id"] = runID
	}
	if m.Failure != nil {
		data["failure"] = told(m.Failure)
	}
	return news{m.WorkspaceID, kind, at, data}
}
