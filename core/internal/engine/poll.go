package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Page is what a poll of one flow has read.
type Page struct {
	FlowID       string // who asked; only this flow starts with the events
	WorkspaceID  string
	ConnectionID string
	Connector    string // empty: by a schedule
	Events       []protocol.Event
	Revision     int64 // of the poll as it was claimed
	Cursor       string
	DueAt        time.Time // of the next read
}

func (p Page) eventType(ev protocol.Event) string {
	if p.Connector == "" {
		return flow.Schedule
	}
	return p.Connector + "." + ev.Trigger
}

// TakePage takes the events of a page and stores the cursor with the last of them. It returns ErrLost when another
// node has taken the poll over; what it read is then read again there and known by its keys.
func (e *Engine) TakePage(ctx context.Context, p Page) error {
	keep := func(ctx context.Context, tx Tx) error {
		saved, err := tx.SavePage(ctx, p.FlowID, p.Revision, p.Cursor, p.DueAt)
		if err == nil && !saved {
			err = ErrLost
		}
		return err
	}
	if len(p.Events) == 0 {
		return e.Store.Write(ctx, "", keep)
	}
	for i, ev := range p.Events {
		in := intake{flowID: p.FlowID}
		if i == len(p.Events)-1 {
			in.with = keep
		}
		err := e.take(ctx, event.Event{
			ID: id.New("evt"), WorkspaceID: p.WorkspaceID, ConnectionID: p.ConnectionID, Type: p.eventType(ev),
			Key: ev.Key, OccurredAt: ev.OccurredAt, ReceivedAt: time.Now(), Data: ev.Data, Contact: ev.Contact,
			Message: ev.Message, Status: ev.Status,
		}, in)
		if err != nil {
			return fmt.Errorf("take event %d of a page: %w", i+1, err)
		}
	}
	return nil
}
