package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
)

type repairRow struct {
	bun.BaseModel `bun:"table:repairs,alias:p"`

	ID          string `bun:",pk"`
	WorkspaceID string
	Action      engine.RepairAction
	Selection   encoded[engine.Selection]
	VersionID   string
	Reason      string
	State       engine.RepairState
	AfterRun    string
	Total       int
	AskedBy     string
	CreatedAt   stamp
	DueAt       stamp
	EndedAt     stamp
}

// countedRepair is a repair with what it has done so far.
type countedRepair struct {
	repairRow `bun:",extend"`

	Done        int
	Skipped     int
	AskedByName string
}

func (r countedRepair) repair() engine.Repair {
	return engine.Repair{
		ID: r.ID, WorkspaceID: r.WorkspaceID, Action: r.Action, Select: r.Selection.value, VersionID: r.VersionID, Reason: r.Reason,
		State: r.State, AfterRun: r.AfterRun, Total: r.Total, Done: r.Done, Skipped: r.Skipped, AskedBy: r.AskedBy, AskedByName: r.AskedByName,
		CreatedAt: r.CreatedAt.Time, EndedAt: r.EndedAt.Time,
	}
}

type repairedRow struct {
	bun.BaseModel `bun:"table:repaired_runs,alias:q"`

	ID          string `bun:",pk"`
	WorkspaceID string
	RepairID    string
	RunID       string
	Action      engine.RepairAction
	Outcome     engine.RepairOutcome
	Detail      string
	NewRunID    string
	AskedBy     string
	At          stamp
}

func (r repairedRow) repaired() engine.Repaired {
	return engine.Repaired{ID: r.ID, WorkspaceID: r.WorkspaceID, RepairID: r.RepairID, RunID: r.RunID, Action: r.Action, Outcome: r.Outcome,
		Detail: r.Detail, NewRunID: r.NewRunID, AskedBy: r.AskedBy, At: r.At.Time}
}

// InsertRepair stores a repair; see engine.Store.
func (s *Store) InsertRepair(ctx context.Context, r engine.Repair) (engine.Repair, error) {
	err := s.update(ctx, func(ctx context.Context, t *tx) (err error) {
		if r.Total, err = countRepair(ctx, t.db, r); err != nil {
			return err
		}
		r.CreatedAt, r.AskedBy = t.now, t.by.ID
		row := repairRow{
			ID: r.ID, WorkspaceID: r.WorkspaceID, Action: r.Action, Selection: encode(r.Select), VersionID: r.VersionID, Reason: r.Reason,
			State: r.State, AfterRun: r.AfterRun, Total: r.Total, AskedBy: r.AskedBy, CreatedAt: at(t.now), DueAt: at(t.now),
		}
		if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "repair.start", Resource: r.ID, After: map[string]any{"action": r.Action, "runs": r.Total}})
	})
	return r, err
}

// repairs selects repairs with their counts.
func (s *Store) repairs() *bun.SelectQuery {
	count := "(SELECT count(*) FROM repaired_runs AS q WHERE q.repair_id = p.id AND q.repair_id <> '' AND q.outcome = ?) AS ?"
	return s.read.NewSelect().TableExpr("repairs AS p").ColumnExpr("p.*").
		ColumnExpr("coalesce((SELECT name FROM users WHERE id = p.asked_by), (SELECT name FROM api_tokens WHERE id = p.asked_by), '') AS asked_by_name").
		ColumnExpr(count, engine.RunRepaired, bun.Ident("done")).ColumnExpr(count, engine.RunSkipped, bun.Ident("skipped"))
}

// Repair loads a repair; see engine.Store.
func (s *Store) Repair(ctx context.Context, id string) (engine.Repair, error) {
	var row countedRepair
	err := s.repairs().Where("p.id = ?", id).Scan(ctx, &row)
	return row.repair(), found(err)
}

// ListRepairs returns a page of a workspace's repairs, newest first.
func (s *Store) ListRepairs(ctx context.Context, workspaceID string, p list.Page) ([]engine.Repair, error) {
	var rows []countedRepair
	err := paged(p, s.repairs(), "p", workspaceID).Scan(ctx, &rows)
	return convert(rows, countedRepair.repair), err
}

// RepairedRuns returns a page of what a repair did, newest first.
func (s *Store) RepairedRuns(ctx context.Context, workspaceID, repairID string, p list.Page) ([]engine.Repaired, error) {
	var rows []repairedRow
	err := paged(p, s.read.NewSelect().Model(&rows), "q", workspaceID).Where("q.repair_id = ? AND q.repair_id <> ''", repairID).Scan(ctx)
	return convert(rows, repairedRow.repaired), err
}

// meant narrows a query of runs to those that a repair is about and has not dealt with.
func meant(q *bun.SelectQuery, r engine.Repair) *bun.SelectQuery {
	q = q.TableExpr("runs AS r").Where("r.workspace_id = ?", r.WorkspaceID)
	before := r.AfterRun
	if before == "" { // ids sort by time: what began after the repair was asked for is not meant
		before = "run" + strings.TrimPrefix(r.ID, "rep")
	}
	q = q.Where("r.id < ?", before)
	if len(r.Select.RunIDs) > 0 {
		return q.Where("r.id IN (?)", bun.List(r.Select.RunIDs))
	}
	if r.Select.Status != "" {
		q = q.Where("r.status = ?", r.Select.Status)
	}
	if r.Select.FlowID != "" {
		q = q.Where("r.flow_id = ?", r.Select.FlowID)
	}
	if r.Select.ContactID != "" {
		q = q.Where("r.contact_id = ? AND r.contact_id <> ''", r.Select.ContactID)
	}
	if r.Select.Behind {
		q = q.Where("r.status IN ('queued', 'running', 'waiting') AND r.version_id <> ?", r.VersionID)
	}
	return q
}

// RepairRuns returns the next runs of a repair; see engine.Store.
func (s *Store) RepairRuns(ctx context.Context, r engine.Repair, limit int) (ids []string, err error) {
	err = meant(s.read.NewSelect().ColumnExpr("r.id"), r).OrderExpr("r.id DESC").Limit(int64(limit)).Scan(ctx, &ids)
	return ids, err
}

// CountRepair counts the runs of a repair; see engine.Store.
func (s *Store) CountRepair(ctx context.Context, r engine.Repair) (int, error) {
	return countRepair(ctx, s.read, r)
}

func countRepair(ctx context.Context, db bun.IDB, r engine.Repair) (n int, err error) {
	err = meant(db.NewSelect().ColumnExpr("count(*)"), r).Scan(ctx, &n)
	return n, err
}

// ForeignRuns returns those of the ids that are no run of the workspace.
func (s *Store) ForeignRuns(ctx context.Context, workspaceID string, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var known []string
	if err := s.read.NewRaw("SELECT id FROM runs WHERE workspace_id = ? AND id IN (?)", workspaceID, bun.List(ids)).Scan(ctx, &known); err != nil {
		return nil, err
	}
	here := make(map[string]bool, len(known))
	for _, id := range known {
		here[id] = true
	}
	var foreign []string
	for _, id := range ids {
		if !here[id] {
			foreign = append(foreign, id)
		}
	}
	return foreign, nil
}

// AdvanceRepair notes how far a repair is; see engine.Store.
func (s *Store) AdvanceRepair(ctx context.Context, id, afterRun string, lease time.Duration) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE repairs SET after_run = ?, due_at = ? WHERE id = ? AND state = ? AND (after_run = '' OR after_run > ?)",
			afterRun, at(t.now.Add(lease)), id, engine.RepairRunning, afterRun).Exec(ctx)
		return err
	})
}

// EndRepair ends a repair; see engine.Store. It is recorded as the deed of whoever ends it, or else of whoever asked for it.
func (s *Store) EndRepair(ctx context.Context, workspaceID, id string, as engine.RepairState) error {
	r, err := s.Repair(ctx, id)
	if err != nil {
		return err
	}
	if r.WorkspaceID != workspaceID {
		return ErrNotFound
	}
	deed := "repair.stop"
	if as == engine.RepairDone {
		deed = "repair.end"
		if r.AskedBy != "" {
			ctx = access.ActingAs(ctx, access.Actor{WorkspaceID: workspaceID, ID: r.AskedBy})
		}
	}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		ended, err := changed(t.db.NewRaw("UPDATE repairs SET state = ?, due_at = NULL, ended_at = ? WHERE id = ? AND state = ?",
			as, at(t.now), id, engine.RepairRunning).Exec(ctx))
		if err != nil || !ended {
			return err
		}
		return t.record(ctx, access.Deed{Action: deed, Resource: id, After: map[string]any{"action": r.Action, "done": r.Done, "skipped": r.Skipped}})
	})
}

// NoteRepaired stores what was done to a run; see engine.Tx.
func (t *tx) NoteRepaired(ctx context.Context, r engine.Repaired) (fresh bool, err error) {
	row := repairedRow{ID: id.New("rpr"), WorkspaceID: r.WorkspaceID, RepairID: r.RepairID, RunID: r.RunID, Action: r.Action, Outcome: r.Outcome,
		Detail: r.Detail, NewRunID: r.NewRunID, AskedBy: r.AskedBy, At: at(t.now)}
	if row.AskedBy == "" {
		row.AskedBy = t.by.ID
	}
	fresh, err = changed(t.db.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx))
	if err != nil {
		err = fmt.Errorf("note what was done to run %s: %w", r.RunID, err)
	}
	return fresh, err
}

// repairsOf returns what was done to a run and the run that it is a replay of, the oldest first.
func repairsOf(ctx context.Context, db bun.IDB, runID string) ([]engine.Repaired, error) {
	var rows []repairedRow
	err := db.NewSelect().Model(&rows).Where("q.outcome = ?", engine.RunRepaired).
		Where("q.run_id = ? OR (q.new_run_id = ? AND q.new_run_id <> '')", runID, runID).OrderExpr("q.id").Scan(ctx)
	return convert(rows, repairedRow.repaired), err
}
