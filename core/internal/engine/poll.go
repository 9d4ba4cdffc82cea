package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
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
	Connector    string // empty: by the clock
	Events       []protocol.Event
	Revision     int64 // of the poll as it was claimed
	Cursor       string
	DueAt        time.Time // of the next read
}

func (p Page) eventType(ev protocol.Event) string {
	if p.Connector == "" {
		return ev.Trigger
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
	about, err := e.aboutDates(ctx, &p)
	if err != nil {
		return err
	}
	if len(p.Events) == 0 {
		return e.Store.Write(ctx, nil, keep)
	}
	for i, ev := range p.Events {
		in := intake{flowID: p.FlowID}
		if about != nil {
			in.about = about[i]
		}
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

// aboutDates loads whom the dates of a page are about, and drops the dates of those who are gone or blocked; nil for a page
// of anything else.
func (e *Engine) aboutDates(ctx context.Context, p *Page) ([]conversation.Contact, error) {
	var about []conversation.Contact
	var events []protocol.Event
	for _, ev := range p.Events {
		if p.Connector != "" || ev.Trigger != flow.Date {
			return nil, nil
		}
		var of struct {
			ContactID string `json:"contact_id"`
		}
		if err := json.Unmarshal(ev.Data, &of); err != nil {
			return nil, fmt.Errorf("read whom a date is about: %w", err)
		}
		c, err := e.Store.ContactByID(ctx, p.WorkspaceID, of.ContactID)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, fmt.Errorf("load contact %s: %w", of.ContactID, err)
		case !c.Blocked:
			about, events = append(about, c), append(events, ev)
		}
	}
	p.Events = events
	return about, nil
}
