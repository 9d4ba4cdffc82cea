package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
	"github.com/cordboard/cordboard/sdk/schema"
)

// Start asks for a run of a flow by hand or by the API.
type Start struct {
	WorkspaceID  string
	FlowID       string
	VersionID    string // the flow's live one
	ConnectionID string // which the flow listens to; may be empty
	// Key makes two asks one: the second finds the first one's run. Empty: a key of its own.
	Key     string
	Contact protocol.Contact // used where the flow's own mapping finds nobody
	Data    json.RawMessage  // what the flow reads as event; an object
}

// Started is the run that a Start led to.
type Started struct {
	RunID string // empty if the flow takes no further run of the contact (R12)
	Fresh bool   // false: an earlier ask with the same key began it
}

// CheckStart returns a *flow.InputError for data that the flow's trigger would never bring and for a contact that
// can't be one; all problems together.
func (e *Engine) CheckStart(ctx context.Context, in Start) error {
	v, err := e.version(ctx, in.VersionID)
	if err != nil {
		return err
	}
	return startable(v.flow, in)
}

// Start begins a run and returns as soon as it is stored. Its errors are those of CheckStart, and ErrNotFound for a
// flow that takes no events.
func (e *Engine) Start(ctx context.Context, in Start) (Started, error) {
	v, err := e.version(ctx, in.VersionID)
	if err != nil {
		return Started{}, err
	}
	if err := startable(v.flow, in); err != nil {
		return Started{}, err
	}
	if in.Key == "" {
		in.Key = id.New("key")
	}
	ev := event.Event{
		ID: id.New("evt"), WorkspaceID: in.WorkspaceID, ConnectionID: in.ConnectionID, Type: v.flow.Trigger.On,
		Key: "start:" + in.FlowID + ":" + in.Key, ReceivedAt: time.Now(), Data: in.Data,
	}
	if in.Contact != (protocol.Contact{}) {
		ev.Contact = &in.Contact
	}
	taken, err := e.takeApart(ctx, ev, intake{flowID: in.FlowID})
	if err != nil {
		return Started{}, fmt.Errorf("start flow %s: %w", in.FlowID, err)
	}
	if taken.runID != "" {
		return Started{RunID: taken.runID, Fresh: true}, nil
	}
	runID, err := e.Store.RunOfEvent(ctx, taken.eventID, in.FlowID)
	return Started{RunID: runID}, err
}

// startable finds what is wrong with the input of a start, all of it together.
func startable(v *flow.Version, in Start) error {
	problems := (schema.Type{Kind: schema.Object, Open: true}).Check(in.Data, "data")
	if len(problems) == 0 && v.Trigger.Declared.Output.Kind != "" {
		problems = v.Trigger.Declared.Output.Check(in.Data, "data")
	}
	report := func(path, message string) {
		problems = append(problems, schema.Problem{Path: path, Message: message})
	}
	if c := in.Contact.Phone; c != "" && conversation.Phone(c, "") == "" {
		report("contact.phone", "is not a phone number; write it with its country code, such as +34600111222")
	}
	if c := in.Contact.Email; c != "" && conversation.Email(c) == "" {
		report("contact.email", "is not an e-mail address")
	}
	if len(problems) > 0 {
		return &flow.InputError{Problems: problems}
	}
	return nil
}
