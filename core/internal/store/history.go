package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
)

// ListRuns returns a page of runs, newest first. They come without steps, variables and the event's data.
func (s *Store) ListRuns(ctx context.Context, workspaceID string, filter inspect.RunFilter, p list.Page) ([]inspect.ListedRun, error) {
	var rows []wholeRun
	query := paged(p, s.read.NewSelect().ColumnExpr(runColumns).TableExpr(runTables), "r", workspaceID)
	if filter.Status != "" {
		query = query.Where("r.status = ?", filter.Status)
	}
	if filter.FlowID != "" {
		query = query.Where("r.flow_id = ?", filter.FlowID)
	}
	if filter.ContactID != "" {
		query = query.Where("r.contact_id = ? AND r.contact_id <> ''", filter.ContactID)
	}
	if err := s.narrowed(query, filter).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	listed := make([]inspect.ListedRun, len(rows))
	var asking []string
	for i, row := range rows {
		listed[i].Run = row.whole()
		if row.Phase == run.PhaseAsking {
			asking = append(asking, row.ID)
		}
	}
	if len(asking) == 0 {
		return listed, nil
	}
	waits, err := someWaits(ctx, s.read, 0, "run_id IN (?) AND state IN ('open', 'collecting')", bun.List(asking))
	for _, w := range waits {
		i := slices.IndexFunc(listed, func(r inspect.ListedRun) bool { return r.ID == w.RunID })
		listed[i].Deadline, listed[i].PausedAt = w.Deadline, w.PausedAt
	}
	return listed, err
}

// narrowed adds the conditions of a filter that no index is made for: what they leave out is read over.
func (s *Store) narrowed(query *bun.SelectQuery, f inspect.RunFilter) *bun.SelectQuery {
	if f.Phase != "" {
		query = query.Where("r.phase = ?", f.Phase)
	}
	if f.Version != 0 {
		query = query.Where("v.number = ?", f.Version)
	}
	if f.Failure != "" {
		query = query.Where("r.failure ->> 'kind' = ?", f.Failure)
	}
	if !f.Since.IsZero() { // ids sort by time
		query = query.Where("r.id >= ?", id.First("run", f.Since))
	}
	if !f.Until.IsZero() {
		query = query.Where("r.id < ?", id.First("run", f.Until))
	}
	if f.Longer > 0 {
		longer := "coalesce(r.ended_at, ?) >= r.created_at + ? * interval '1 microsecond'"
		if isSQLite(s.read) {
			longer = "coalesce(r.ended_at, ?) >= r.created_at + ?"
		}
		query = query.Where(longer, at(time.Now()), f.Longer.Microseconds())
	}
	return query
}

// maxShown is how many step runs of a run are shown at most, the newest: a loop may make thousands.
const maxShown = 2000

// RunDetail loads a run with its timeline, all of it as it was at one moment.
func (s *Store) RunDetail(ctx context.Context, workspaceID, runID string) (detail inspect.RunDetail, err error) {
	err = s.read.RunInTx(ctx, &sql.TxOptions{Isolation: s.snapshot(), ReadOnly: true}, func(ctx context.Context, db bun.Tx) error {
		detail, err = runDetail(ctx, db, workspaceID, runID)
		return err
	})
	return detail, err
}

// snapshot is the isolation in which several reads see the same; SQLite has no other.
func (s *Store) snapshot() sql.IsolationLevel {
	if isSQLite(s.read) {
		return sql.LevelDefault
	}
	return sql.LevelRepeatableRead
}

func runDetail(ctx context.Context, db bun.IDB, workspaceID, runID string) (inspect.RunDetail, error) {
	r, err := loadRun(ctx, db, runID)
	if err != nil {
		return inspect.RunDetail{}, err
	}
	if r.WorkspaceID != workspaceID {
		return inspect.RunDetail{}, ErrNotFound
	}
	var steps []stepRunRow
	if err := db.NewSelect().Model(&steps).Where("run_id = ?", runID).OrderExpr("number DESC").Limit(maxShown).Scan(ctx); err != nil {
		return inspect.RunDetail{}, err
	}
	slices.Reverse(steps)
	detail := inspect.RunDetail{Run: r, Steps: convert(steps, stepRunRow.stepRun)}
	if detail.Waits, err = someWaits(ctx, db, 0, "run_id = ?", runID); err != nil {
		return inspect.RunDetail{}, err
	}
	slices.Reverse(detail.Waits)

	waits := db.NewSelect().Model((*waitRow)(nil)).Column("id").Where("run_id = ?", runID)
	var events []waitEventRow
	if err := db.NewSelect().Model(&events).Where("wait_id IN (?)", waits).OrderExpr("id").Scan(ctx); err != nil {
		return inspect.RunDetail{}, err
	}
	if detail.Attempts, err = attempts(ctx, db, runID); err != nil {
		return inspect.RunDetail{}, err
	}
	detail.WaitEvents = convert(events, waitEventRow.waitEvent)
	if detail.Repairs, err = repairsOf(ctx, db, runID); err != nil {
		return inspect.RunDetail{}, err
	}
	if detail.Messages, err = conversationOf(ctx, db, runID, waits); err != nil {
		return inspect.RunDetail{}, err
	}
	return detail, nil
}

func conversationOf(ctx context.Context, db bun.IDB, runID string, waits *bun.SelectQuery) ([]conversation.Message, error) {
	var rows []messageRow
	err := db.NewSelect().Model(&rows).
		Where("m.run_id = ? AND m.run_id <> ''", runID).
		WhereOr("m.wait_id <> '' AND m.wait_id IN (?)", waits).
		OrderExpr("m.received_at, m.id").Scan(ctx)
	return convert(rows, messageRow.message), err
}

// ListWaits returns a page of a workspace's waits, newest first.
func (s *Store) ListWaits(ctx context.Context, workspaceID string, f inspect.WaitFilter, p list.Page) ([]run.Wait, error) {
	var rows []waitRow
	query := paged(p, s.read.NewSelect().Model(&rows), "w", workspaceID)
	if f.State != "" {
		query = query.Where("w.state = ?", f.State)
	}
	if f.ContactID != "" {
		query = query.Where("w.contact_id = ?", f.ContactID)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, waitRow.wait), nil
}

// ListMessages returns a page of a workspace's messages, or of one contact's, newest first.
func (s *Store) ListMessages(ctx context.Context, workspaceID, contactID string, p list.Page) ([]conversation.Message, error) {
	var rows []messageRow
	query := paged(p, s.read.NewSelect().Model(&rows), "m", workspaceID)
	if contactID != "" {
		query = query.Where("m.contact_id = ?", contactID)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, messageRow.message), nil
}
