package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
)

type outgoingEventRow struct {
	bun.BaseModel `bun:"table:outgoing_events,alias:o"`

	ID          string `bun:",pk"`
	WorkspaceID string
	Type        string
	Payload     string
	CreatedAt   stamp
}

type outgoingRow struct {
	bun.BaseModel `bun:"table:outgoing_deliveries,alias:d"`

	ID          string `bun:",pk"`
	WorkspaceID string
	EndpointID  string
	EventID     string
	State       delivery.DeliveryState
	Attempts    int
	Step        int
	DueAt       stamp
	CreatedAt   stamp
	EndedAt     stamp
}

// toldRow is a delivery with its event.
type toldRow struct {
	outgoingRow `bun:",extend"`

	Type    string
	Payload string
}

func (r toldRow) delivery() delivery.Delivery {
	return delivery.Delivery{ID: r.ID, WorkspaceID: r.WorkspaceID, EndpointID: r.EndpointID, EventID: r.EventID, Type: r.Type,
		State: r.State, Attempts: r.Attempts, Step: r.Step, DueAt: r.DueAt.Time, CreatedAt: r.CreatedAt.Time, EndedAt: r.EndedAt.Time,
		Payload: []byte(r.Payload)}
}

type attemptRow struct {
	bun.BaseModel `bun:"table:delivery_attempts,alias:t"`

	DeliveryID string `bun:",pk"`
	Number     int    `bun:",pk"`
	At         stamp
	Duration   int64 // microseconds
	Status     int
	Outcome    delivery.Outcome
	Failure    string
	Response   string
}

func (r attemptRow) attempt() delivery.Attempt {
	return delivery.Attempt{Number: r.Number, At: r.At.Time, Duration: time.Duration(r.Duration) * time.Microsecond, Status: r.Status,
		Outcome: r.Outcome, Failure: r.Failure, Response: r.Response}
}

// Announce stores an event for outside systems with a delivery to each endpoint; see engine.Tx.
func (t *tx) Announce(ctx context.Context, o event.Outgoing, endpoints []string) error {
	_, err := t.announce(ctx, o, endpoints)
	return err
}

func (t *tx) announce(ctx context.Context, o event.Outgoing, endpoints []string) (deliveries []string, err error) {
	row := outgoingEventRow{ID: o.ID, WorkspaceID: o.WorkspaceID, Type: o.Type, Payload: string(o.Payload), CreatedAt: at(t.now)}
	if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil || len(endpoints) == 0 {
		return nil, err
	}
	rows := make([]outgoingRow, len(endpoints))
	for i, endpointID := range endpoints {
		rows[i] = t.newDelivery(o.WorkspaceID, endpointID, o.ID)
		deliveries = append(deliveries, rows[i].ID)
	}
	_, err = t.db.NewInsert().Model(&rows).Exec(ctx)
	return deliveries, err
}

func (t *tx) newDelivery(workspaceID, endpointID, eventID string) outgoingRow {
	return outgoingRow{ID: id.New("dlv"), WorkspaceID: workspaceID, EndpointID: endpointID, EventID: eventID,
		State: delivery.Pending, DueAt: at(t.now), CreatedAt: at(t.now)}
}

// Announce stores an event for endpoints in a unit of its own; see delivery.Store.
func (s *Store) Announce(ctx context.Context, o event.Outgoing, endpoints []string) (deliveries []string, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		if deliveries, err = t.announce(ctx, o, endpoints); err != nil {
			return err
		}
		for i, endpointID := range endpoints {
			if err := t.record(ctx, access.Deed{Action: "endpoint.send", Resource: endpointID, After: map[string]any{"type": o.Type, "delivery": deliveries[i]}}); err != nil {
				return err
			}
		}
		return nil
	})
	return deliveries, err
}

const toldTables = "outgoing_deliveries AS d JOIN outgoing_events AS o ON o.id = d.event_id"

// Delivery loads a delivery with its payload and attempts; see delivery.Store.
func (s *Store) Delivery(ctx context.Context, workspaceID, deliveryID string) (delivery.Delivery, error) {
	var row toldRow
	err := s.read.NewRaw("SELECT d.*, o.type, o.payload FROM "+toldTables+" WHERE d.id = ? AND d.workspace_id = ?", deliveryID, workspaceID).Scan(ctx, &row)
	if err != nil {
		return delivery.Delivery{}, found(err)
	}
	var tries []attemptRow
	if err := s.read.NewSelect().Model(&tries).Where("delivery_id = ?", deliveryID).OrderExpr("number").Scan(ctx); err != nil {
		return delivery.Delivery{}, err
	}
	d := row.delivery()
	d.Tries = convert(tries, attemptRow.attempt)
	return d, nil
}

// ListDeliveries returns a page of deliveries, newest first; see delivery.Store.
func (s *Store) ListDeliveries(ctx context.Context, workspaceID string, f delivery.Filter, p list.Page) ([]delivery.Delivery, error) {
	var rows []toldRow
	q := s.read.NewSelect().ColumnExpr("d.*, o.type").TableExpr(toldTables)
	for column, value := range map[string]string{"d.endpoint_id": f.EndpointID, "d.state": string(f.State), "o.type": f.Type} {
		if value != "" {
			q = q.Where("? = ?", bun.Safe(column), value)
		}
	}
	err := paged(p, q, "d", workspaceID).Scan(ctx, &rows)
	return convert(rows, toldRow.delivery), err
}

// Resend makes a delivery due now; see delivery.Store.
func (s *Store) Resend(ctx context.Context, workspaceID, deliveryID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		known, err := changed(t.db.NewRaw(`UPDATE outgoing_deliveries SET state = 'pending', step = 0, due_at = ?, ended_at = NULL
			WHERE id = ? AND workspace_id = ?`, at(t.now), deliveryID, workspaceID).Exec(ctx))
		if err == nil && !known {
			err = engine.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "delivery.resend", Resource: deliveryID})
	})
}

// recoverBatch is how many events one unit of Recover looks at.
const recoverBatch = 500

// missed hands over, batch by batch, the events since then that an endpoint wants and has not taken.
func (s *Store) missed(ctx context.Context, e delivery.Endpoint, since time.Time, each func(eventIDs []string) error) error {
	for after := ""; ; {
		var events []struct{ ID, Type, State string }
		err := s.read.NewRaw(`SELECT o.id, o.type, coalesce(d.state, '') AS state FROM outgoing_events AS o
			LEFT JOIN outgoing_deliveries AS d ON d.event_id = o.id AND d.endpoint_id = ?
			WHERE o.workspace_id = ? AND o.created_at >= ? AND o.id > ? ORDER BY o.id LIMIT ?`,
			e.ID, e.WorkspaceID, at(since), after, recoverBatch).Scan(ctx, &events)
		if err != nil || len(events) == 0 {
			return err
		}
		after = events[len(events)-1].ID
		var ids []string
		for _, o := range events {
			if e.Wants(o.Type) && (o.State == "" || o.State == string(delivery.Failed)) {
				ids = append(ids, o.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if err := each(ids); err != nil {
			return err
		}
	}
}

// Missed counts what an endpoint has not taken since then; see delivery.Store.
func (s *Store) Missed(ctx context.Context, e delivery.Endpoint, since time.Time) (n int, err error) {
	err = s.missed(ctx, e, since, func(eventIDs []string) error {
		n += len(eventIDs)
		return nil
	})
	return n, err
}

// Recover makes due what an endpoint has not taken since then; see delivery.Store.
func (s *Store) Recover(ctx context.Context, e delivery.Endpoint, since time.Time) (n int, err error) {
	err = s.missed(ctx, e, since, func(eventIDs []string) error {
		err := s.update(ctx, func(ctx context.Context, t *tx) error {
			rows := make([]outgoingRow, len(eventIDs))
			for i, eventID := range eventIDs {
				rows[i] = t.newDelivery(e.WorkspaceID, e.ID, eventID)
			}
			_, err := t.db.NewInsert().Model(&rows).On("CONFLICT (endpoint_id, event_id) DO UPDATE").
				Set("state = excluded.state, step = 0, due_at = excluded.due_at, ended_at = NULL").Where("d.state = 'failed'").Exec(ctx)
			if err != nil {
				return err
			}
			return t.record(ctx, access.Deed{Action: "endpoint.recover", Resource: e.ID, After: map[string]any{"since": since.UTC(), "deliveries": len(rows)}})
		})
		if err == nil {
			n += len(eventIDs)
		}
		return err
	})
	return n, err
}

// EndpointsDue lists the active endpoints that have something due; see delivery.Store.
func (s *Store) EndpointsDue(ctx context.Context) (endpoints []string, err error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	err = s.read.NewRaw(`SELECT e.id FROM endpoints AS e WHERE e.state = 'active' AND EXISTS (
		SELECT 1 FROM outgoing_deliveries AS d WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.due_at <= ?)`, at(now)).Scan(ctx, &endpoints)
	return endpoints, err
}

// Claim takes the endpoint's delivery that has been due the longest; see delivery.Store.
func (s *Store) Claim(ctx context.Context, endpointID string, lease time.Duration) (d delivery.Delivery, e delivery.Endpoint, ok bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		ok = false
		skip := ""
		if !isSQLite(t.db) { // which has one writer
			skip = "FOR UPDATE SKIP LOCKED"
		}
		var row toldRow
		err := t.db.NewRaw(`UPDATE outgoing_deliveries SET attempts = attempts + 1, due_at = ? WHERE id = (
				SELECT q.id FROM outgoing_deliveries AS q
				WHERE q.endpoint_id = ? AND q.state = 'pending' AND q.due_at <= ?
					AND EXISTS (SELECT 1 FROM endpoints AS e WHERE e.id = q.endpoint_id AND e.state = 'active')
				ORDER BY q.due_at LIMIT 1 ?)
			RETURNING *`, at(t.now.Add(lease)), endpointID, at(t.now), bun.Safe(skip)).Scan(ctx, &row.outgoingRow)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.db.NewRaw("SELECT type, payload FROM outgoing_events WHERE id = ?", row.EventID).Scan(ctx, &row.Type, &row.Payload); err != nil {
			return err
		}
		var to endpointRow
		if err := t.db.NewSelect().Model(&to).Where("id = ?", endpointID).Scan(ctx); err != nil {
			return err
		}
		d, e, ok = row.delivery(), to.endpoint(), true
		_, err = t.db.NewInsert().Model(&attemptRow{DeliveryID: d.ID, Number: d.Attempts, At: at(t.now), Outcome: delivery.AttemptUnknown}).Exec(ctx)
		return err
	})
	return d, e, ok, err
}

// Settle stores what came of an attempt; see delivery.Store.
func (s *Store) Settle(ctx context.Context, d delivery.Delivery, v delivery.Verdict) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw(`UPDATE delivery_attempts SET duration = ?, status = ?, outcome = ?, failure = ?, response = ?
			WHERE delivery_id = ? AND number = ?`,
			v.Duration.Microseconds(), v.Status, v.Outcome, v.Failure, v.Response, d.ID, v.Number).Exec(ctx)
		if err != nil {
			return err
		}
		if v.Outcome == delivery.AttemptUnknown {
			_, err = t.db.NewRaw("UPDATE outgoing_deliveries SET due_at = ? WHERE id = ? AND attempts = ? AND step = ? AND state = 'pending'",
				at(v.DueAt), d.ID, d.Attempts, d.Step).Exec(ctx)
			return err
		}
		var ended time.Time
		if v.State != delivery.Pending {
			ended = t.now
		}
		_, err = t.db.NewRaw(`UPDATE outgoing_deliveries SET state = ?, step = step + 1, due_at = ?, ended_at = ?
			WHERE id = ? AND attempts = ? AND step = ? AND state = 'pending'`, v.State, at(v.DueAt), at(ended), d.ID, d.Attempts, d.Step).Exec(ctx)
		if err != nil {
			return err
		}
		if v.Outcome == delivery.AttemptDelivered {
			_, err = t.db.NewRaw("UPDATE endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL", d.EndpointID).Exec(ctx)
			return err
		}
		if _, err = t.db.NewRaw("UPDATE endpoints SET failing_since = ? WHERE id = ? AND failing_since IS NULL", at(t.now), d.EndpointID).Exec(ctx); err != nil || v.Disable == "" {
			return err
		}
		done, err := t.db.NewRaw("UPDATE endpoints SET state = 'disabled', reason = ? WHERE id = ? AND state = 'active'", v.Disable, d.EndpointID).Exec(ctx)
		if err != nil || v.Notice == nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err // another attempt has disabled it, and told so
		}
		return t.Announce(ctx, v.Notice.Outgoing, v.Notice.Endpoints)
	})
}
