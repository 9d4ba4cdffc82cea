package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Rental asks for a wait by the API.
type Rental struct {
	WorkspaceID string
	LiveFlow    // the version of flow.Rented that it follows
	// Key makes two asks one: the second finds the first one's run. Empty: a key of its own.
	Key       string
	ContactID string           // of one who is known
	Contact   protocol.Contact // else how to find or make them
	Data      json.RawMessage  // what the version reads as event; an object
}

// askedAt is when the renter of a wait asked, if they say so; else the zero time.
func askedAt(r run.Run) time.Time {
	var rental struct {
		AskedAt time.Time `json:"asked_at"`
	}
	if r.State.Facts.FlowName == flow.Rented {
		_ = json.Unmarshal(r.State.Facts.Event, &rental) // it was composed by publish.Rent
	}
	return rental.AskedAt
}

// askPatience is how long Rent waits for the question to be sent.
const askPatience = 10 * time.Second

// Rent begins the run of a rented wait. It returns once the run waits, or ended before, or after askPatience while the
// question is still being sent. The error is a *flow.InputError for a contact that can't be one or is not there.
func (e *Engine) Rent(ctx context.Context, in Rental) (Started, error) {
	if in.Key == "" {
		in.Key = id.New("key")
	}
	v, err := e.version(ctx, in.VersionID)
	if err != nil {
		return Started{}, err
	}
	ev := event.Event{
		ID: id.New("evt"), WorkspaceID: in.WorkspaceID, Type: v.flow.Trigger.On, Key: "rent:" + in.Key, ReceivedAt: time.Now(), Data: in.Data,
	}
	how := intake{live: []LiveFlow{in.LiveFlow}}
	if in.ContactID != "" {
		if how.about, err = e.Store.ContactByID(ctx, in.WorkspaceID, in.ContactID); err != nil {
			return Started{}, fmt.Errorf("find contact: %w", err)
		}
	} else {
		ev.Contact = &in.Contact
	}
	t, next, err := e.storeEvent(ctx, ev, how)
	if err != nil {
		return Started{}, fmt.Errorf("rent a wait: %w", err)
	}
	if next != nil {
		e.performWithin(ctx, *next, askPatience)
	}
	if t.runID != "" {
		return Started{RunID: t.runID, Fresh: true}, nil
	}
	runID, err := e.Store.RunOfEvent(ctx, t.eventID, in.FlowID)
	return Started{RunID: runID}, err
}

// performWithin makes a call and waits for its end, though no longer than patience or than the caller does: the call itself
// goes on. While the engine stops no call is begun, and there is nothing to wait for.
func (e *Engine) performWithin(ctx context.Context, next call, patience time.Duration) {
	done := make(chan struct{})
	select {
	case e.slots <- struct{}{}:
		if !e.spawn(func(ctx context.Context) { defer close(done); e.perform(ctx, next) }) {
			return
		}
	default:
		e.perform(e.ctx, next)
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(patience):
	}
}

// RentedWait loads the run of a rented wait with the wait, which is the zero Wait while there is none.
func (e *Engine) RentedWait(ctx context.Context, runID string) (r run.Run, w run.Wait, err error) {
	if r, err = e.Store.Run(ctx, runID); err != nil {
		return r, w, err
	}
	w, err = e.Store.WaitOfStep(ctx, runID, flow.RentedStep)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return r, w, err
}
