package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Triggers returns the triggers of the enabled flows that listen to a connection. An error comes with those that could be
// read all the same.
func (e *Engine) Triggers(ctx context.Context, connectionID string) ([]flow.Trigger, error) {
	live, err := e.Store.LiveFlowsOf(ctx, connectionID)
	if err != nil {
		return nil, fmt.Errorf("flows of connection %s: %w", connectionID, err)
	}
	var triggers []flow.Trigger
	var wrong []error
	for _, l := range live {
		v, err := e.version(ctx, l.VersionID)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		triggers = append(triggers, v.flow.Trigger)
	}
	return triggers, errors.Join(wrong...)
}

// listening looks for the flows that may start with an event while its caller does something else, and returns them when it
// is called.
func (e *Engine) listening(ctx context.Context, ev event.Event, in intake) func() ([]LiveFlow, error) {
	if in.live != nil {
		return func() ([]LiveFlow, error) { return in.live, nil }
	}
	var live []LiveFlow
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		live, err = e.Store.LiveFlows(ctx, ev.WorkspaceID, ev.ConnectionID, types(ev)...)
	}()
	return func() ([]LiveFlow, error) {
		<-done
		return live, err
	}
}

// asked reports whether an event came at the address at which a flow has it sent. Where the flow was chosen before, nothing
// came anywhere.
func (in intake) asked(ev event.Event, t flow.Trigger) bool {
	if in.flowID != "" || in.live != nil {
		return true
	}
	_, name, _ := strings.Cut(ev.Type, ".")
	return t.Awaits(name, in.key)
}

// types lists the types under which flows listen to an event.
func types(ev event.Event) []string {
	if ev.Message != nil && ev.Message.Direction == protocol.Inbound && !ev.Message.NotReply {
		return []string{ev.Type, flow.Message}
	}
	return []string{ev.Type}
}

// hears reports whether a message is one of those that the flow's trigger wants; true for a trigger that wants no messages.
func (e *Engine) hears(ctx context.Context, ev event.Event, v *version, contact conversation.Contact) (bool, error) {
	f := v.flow.Trigger.Message
	if f == nil || ev.Message == nil {
		return true, nil
	}
	if !conversation.Passes(*f, *ev.Message) {
		return false, nil
	}
	if f.During == "" && f.Outside == "" {
		return true, nil
	}
	calendars, err := e.Store.Calendars(ctx, ev.WorkspaceID)
	if err != nil {
		return false, fmt.Errorf("load calendars: %w", err)
	}
	open := func(name string) bool {
		c := calendars[name]
		return c.Open(ev.EffectiveAt(), c.Zone(contact.TimeZone, v.TimeZone))
	}
	return (f.During == "" || open(f.During)) && (f.Outside == "" || !open(f.Outside)), nil
}

// ownFailure reports whether a flow that listens to failures would start with one of its own.
func ownFailure(ev event.Event, v *version) bool {
	var failed struct{ Flow string }
	return json.Unmarshal(ev.Data, &failed) == nil && failed.Flow == v.FlowName
}
