package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// maxTries is how often reading a request may break before it is set aside with the reason.
const maxTries = 5

// findRequest reads a stored request unless it has been read.
func (e *Engine) findRequest(ctx context.Context, requestID string) error {
	req, deaf, err := e.Store.Request(ctx, requestID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load request %s: %w", requestID, err)
	}
	return e.readRequest(ctx, req, deaf)
}

// readRequest lets the connector read a stored webhook request and takes the events in it. It may run on several
// nodes at once and again after a crash: events are known by their keys. deaf says that the connection could not receive
// when the request was loaded; one that has just come is read without a look.
func (e *Engine) readRequest(ctx context.Context, req Request, deaf bool) error {
	switch req.Connector {
	case WebhookConnector:
		return e.readHook(ctx, req)
	case InternalConnector:
		return e.readErrand(ctx, req)
	}
	events, err := e.Connectors.Receive(ctx, req)
	if err != nil {
		return e.unreadable(ctx, req, deaf, err)
	}
	e.tries.Delete(req.ID)
	if len(events) == 0 {
		return e.read(ctx, req, deaf, "")
	}
	for i, ev := range events {
		in := intake{key: req.EndpointKey, last: i == len(events)-1}
		if in.last && deaf {
			in.with = func(ctx context.Context, tx Tx) error { return tx.Heard(ctx, req.ConnectionID) }
		}
		if err := e.take(ctx, fromConnector(req, ev), in); err != nil {
			return fmt.Errorf("take event %d of request %s: %w", i+1, req.ID, err)
		}
	}
	return nil
}

// readHook takes the event of a request to a flow's own address, which starts that flow and no other.
func (e *Engine) readHook(ctx context.Context, req Request) error {
	ev, err := fromHook(req)
	if err != nil {
		return e.parsed(ctx, req.ID, err.Error())
	}
	return e.take(ctx, ev, intake{last: true})
}

// fromConnector makes an event of what a connector read. Whose it is comes from the request, never from the
// connector.
func fromConnector(req Request, ev protocol.Event) event.Event {
	return event.Event{
		ID: id.New("evt"), WorkspaceID: req.WorkspaceID, ConnectionID: req.ConnectionID, RequestID: req.ID,
		Type: req.Connector + "." + ev.Trigger, Key: ev.Key, OccurredAt: ev.OccurredAt, ReceivedAt: req.ReceivedAt,
		Data: ev.Data, Contact: ev.Contact, Message: ev.Message, Status: ev.Status,
	}
}

// unreadable decides what becomes of a request that the connector could not read: one it refuses is set aside at
// once, one it broke on is tried again a few times.
func (e *Engine) unreadable(ctx context.Context, req Request, deaf bool, cause error) error {
	f := failure(cause)
	if f.Kind == protocol.Retryable && f.Source == protocol.FromGateway && time.Since(req.ReceivedAt) < longestOutage {
		// Nobody was there to read it: it waits for the connector.
		if err := e.Store.NotHeard(ctx, req.ConnectionID); err != nil {
			e.Logger.Error("note that a connection can't receive", "connection_id", req.ConnectionID, "error", err)
		}
		return fmt.Errorf("read request %s: %w", req.ID, cause)
	}
	if f.Kind != protocol.Invalid && f.Kind != protocol.Permanent {
		before, _ := e.tries.Swap(req.ID, 0)
		tries, _ := before.(int)
		e.tries.Store(req.ID, tries+1)
		if tries+1 < maxTries {
			return fmt.Errorf("read request %s: %w", req.ID, cause) // the sweeper comes again
		}
	}
	e.tries.Delete(req.ID)
	e.Logger.Warn("a webhook request could not be read", "request_id", req.ID, "connection_id", req.ConnectionID,
		"connector", req.Connector, "error", f.Message)
	return e.read(ctx, req, deaf, f.Message)
}

// read marks a request as dealt with, and its connection as one that receives.
func (e *Engine) read(ctx context.Context, req Request, deaf bool, failure string) error {
	return e.Store.Write(ctx, nil, func(ctx context.Context, tx Tx) error {
		if deaf {
			if err := tx.Heard(ctx, req.ConnectionID); err != nil {
				return err
			}
		}
		return tx.ParsedRequest(ctx, req.ID, failure)
	})
}

func (e *Engine) parsed(ctx context.Context, requestID, failure string) error {
	return e.Store.Write(ctx, nil, func(ctx context.Context, tx Tx) error {
		return tx.ParsedRequest(ctx, requestID, failure)
	})
}
