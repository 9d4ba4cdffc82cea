package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:e"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	ConnectionID string
	RequestID    string
	Type         string
	Key          string
	OccurredAt   stamp
	ReceivedAt   stamp
	Data         document
	Contact      encoded[*protocol.Contact]
	Message      encoded[*protocol.Message]
	Status       encoded[*protocol.Status]
	Origin       encoded[*event.Origin]
}

// InsertDelivery records that a flow's run was started for an event; see engine.Tx.
func (t *tx) InsertDelivery(ctx context.Context, eventID, flowID, runID string) (fresh bool, err error) {
	return changed(t.db.NewRaw(`INSERT INTO deliveries (event_id, flow_id, workspace_id, run_id, created_at)
		VALUES (?, ?, (SELECT workspace_id FROM events WHERE id = ?), ?, ?) ON CONFLICT DO NOTHING`,
		eventID, flowID, eventID, runID, at(t.now)).Exec(ctx))
}

// deliver records that a run has begun for an event that has no delivery yet.
func (t *tx) deliver(r run.Run) *bun.RawQuery {
	return t.db.NewRaw("INSERT INTO deliveries (event_id, flow_id, workspace_id, run_id, created_at) VALUES (?, ?, ?, ?, ?)",
		r.EventID, r.FlowID, r.WorkspaceID, r.ID, at(t.now))
}

// InsertRejection records that a flow began no run for an event; see engine.Tx.
func (t *tx) InsertRejection(ctx context.Context, eventID, flowID string) (fresh bool, err error) {
	return changed(t.db.NewRaw(`INSERT INTO deliveries (event_id, flow_id, workspace_id, run_id, created_at, rejected)
		VALUES (?, ?, (SELECT workspace_id FROM events WHERE id = ?), '', ?, true) ON CONFLICT DO NOTHING`,
		eventID, flowID, eventID, at(t.now)).Exec(ctx))
}

// withRejections fills in which flows began no run for events.
func (s *Store) withRejections(ctx context.Context, events []event.Event) ([]event.Event, error) {
	if len(events) == 0 {
		return events, nil
	}
	place := make(map[string]int, len(events))
	ids := make([]string, len(events))
	for i, e := range events {
		place[e.ID], ids[i] = i, e.ID
	}
	var rows []struct{ EventID, Name string }
	err := s.read.NewRaw(`SELECT d.event_id, f.name FROM deliveries AS d JOIN flows AS f ON f.id = d.flow_id
		WHERE d.event_id IN (?) AND d.rejected ORDER BY f.name`, bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		i := place[r.EventID]
		events[i].Rejected = append(events[i].Rejected, r.Name)
	}
	return events, err
}

// RunOfEvent returns the run that a flow began for an event; see engine.Store.
func (s *Store) RunOfEvent(ctx context.Context, eventID, flowID string) (runID string, err error) {
	err = s.read.NewRaw("SELECT run_id FROM deliveries WHERE event_id = ? AND flow_id = ?", eventID, flowID).Scan(ctx, &runID)
	return runID, found(err)
}

// Event loads an event.
func (s *Store) Event(ctx context.Context, workspaceID, eventID string) (event.Event, error) {
	var row eventRow
	err := s.read.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", eventID, workspaceID).Scan(ctx)
	return row.event(), found(err)
}

// ListEvents returns a page of events, newest first.
func (s *Store) ListEvents(ctx context.Context, workspaceID string, p list.Page) ([]event.Event, error) {
	var rows []eventRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "e", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	return s.withRejections(ctx, convert(rows, eventRow.event))
}

func (r eventRow) event() event.Event {
	return event.Event{
		ID: r.ID, WorkspaceID: r.WorkspaceID, ConnectionID: r.ConnectionID, RequestID: r.RequestID, Type: r.Type,
		Key: r.Key, OccurredAt: r.OccurredAt.Time, ReceivedAt: r.ReceivedAt.Time, Data: []byte(r.Data),
		Contact: r.Contact.value, Message: r.Message.value, Status: r.Status.value, Origin: r.Origin.value,
	}
}
