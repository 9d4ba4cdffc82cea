package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// provider lets subscriptions reach a connection's provider.
type provider struct {
	connections *connection.Service
	callback    func(connectionID string) string
}

func (p provider) Declared(ctx context.Context, connectionID string) (string, protocol.Manifest, error) {
	o, err := p.connections.Open(ctx, connectionID)
	if errors.Is(err, engine.ErrNotFound) || err == nil && o.Manifest.Inbox == nil {
		return "", protocol.Manifest{}, trigger.ErrNoInbox
	}
	return o.WorkspaceID, o.Manifest, err
}

func (p provider) Subscribe(ctx context.Context, sub trigger.Subscription) (protocol.Subscription, error) {
	address := p.callback(sub.ConnectionID)
	if sub.EndpointKey != "" {
		address += "/" + sub.EndpointKey
	}
	given, _, err := p.connections.Subscribe(ctx, sub.ConnectionID, protocol.SubscribeRequest{
		Trigger: sub.Trigger, Input: sub.Input, CallbackURL: address, ID: sub.ExternalID,
	})
	return given, err
}

func (p provider) Unsubscribe(ctx context.Context, sub trigger.Subscription) error {
	_, err := p.connections.Unsubscribe(ctx, sub.ConnectionID, protocol.UnsubscribeRequest{Trigger: sub.Trigger, Input: sub.Input, ID: sub.ExternalID})
	return err
}

// fetch lets the poller ask a connection's provider for a page.
func fetch(connections *connection.Service, s *store.Store) func(ctx context.Context, p trigger.Poll) (protocol.Page, time.Time, error) {
	return func(ctx context.Context, p trigger.Poll) (protocol.Page, time.Time, error) {
		if p.Connector == "" {
			zone, err := s.TimeZone(ctx, p.WorkspaceID)
			if err != nil {
				return protocol.Page{}, time.Time{}, fmt.Errorf("time zone of the workspace: %w", err)
			}
			if p.Trigger == flow.Date {
				return trigger.DateTick(ctx, s, p, zone, time.Now())
			}
			return trigger.Tick(p, zone, time.Now())
		}
		page, _, err := connections.Fetch(ctx, p.ConnectionID, protocol.FetchRequest{Trigger: p.Trigger, Input: p.Input, Cursor: p.Cursor})
		return page, time.Time{}, err
	}
}

// takePage hands a page to the engine.
func takePage(e *engine.Engine) func(ctx context.Context, p trigger.Poll, events []protocol.Event) error {
	return func(ctx context.Context, p trigger.Poll, events []protocol.Event) error {
		return e.TakePage(ctx, engine.Page{
			FlowID: p.FlowID, WorkspaceID: p.WorkspaceID, ConnectionID: p.ConnectionID, Connector: p.Connector, Events: events,
			Revision: p.Revision, Cursor: p.Cursor, DueAt: p.DueAt,
		})
	}
}
