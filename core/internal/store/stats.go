package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

var (
	runStatuses = []run.Status{run.Queued, run.Running, run.Waiting, run.Succeeded, run.Failed, run.Cancelled}
	waitStates  = []run.WaitState{run.WaitOpen, run.WaitCollecting, run.WaitReplied, run.WaitNoResponse, run.WaitInvalid, run.WaitUndelivered, run.WaitCancelled}
)

// maxTook is how many runs Tallies reads the times of at most, over all spans.
const maxTook = 10_000

// Tallies counts what a workspace began in each span.
func (s *Store) Tallies(ctx context.Context, workspaceID string, spans []inspect.Span) ([]inspect.Tally, error) {
	runs, err := counted(ctx, s.read, "runs", "status", "run", workspaceID, runStatuses, spans)
	if err != nil {
		return nil, err
	}
	waits, err := counted(ctx, s.read, "waits", "state", "wait", workspaceID, waitStates, spans)
	if err != nil {
		return nil, err
	}
	took, err := s.took(ctx, workspaceID, spans)
	if err != nil {
		return nil, err
	}
	tallies := make([]inspect.Tally, len(spans))
	for i, span := range spans {
		tallies[i] = inspect.Tally{Span: span, Runs: runs[i], Waits: waits[i], Took: took[i]}
	}
	return tallies, nil
}

// took returns how long runs took that were begun in each span and have succeeded: the newest ones, as many of each span.
func (s *Store) took(ctx context.Context, workspaceID string, spans []inspect.Span) ([][]time.Duration, error) {
	took := make([][]time.Duration, len(spans))
	if len(spans) == 0 {
		return took, nil
	}
	var parts []string
	var args []any
	for n, span := range spans {
		parts = append(parts, `SELECT * FROM (SELECT ? AS n, created_at, ended_at FROM runs
			WHERE workspace_id = ? AND status = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?) AS x`)
		args = append(args, n, workspaceID, run.Succeeded, id.First("run", span.From), id.First("run", span.Until), maxTook/len(spans))
	}
	var rows []struct {
		N                  int
		CreatedAt, EndedAt stamp
	}
	if err := s.read.NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		took[row.N] = append(took[row.N], row.EndedAt.Sub(row.CreatedAt.Time))
	}
	return took, nil
}

// counted counts a table's rows by state, for each span apart. Ids sort by time, so each count reads a stretch of the
// index on workspace, state and id, and no row.
func counted[State ~string](ctx context.Context, db bun.IDB, table, column, prefix, workspaceID string, states []State, spans []inspect.Span) ([]map[State]int, error) {
	counts := make([]map[State]int, len(spans))
	if len(spans) == 0 {
		return counts, nil
	}
	var args []any
	for i, span := range spans {
		counts[i] = map[State]int{}
		args = append(args, i, id.First(prefix, span.From), id.First(prefix, span.Until))
	}
	for _, state := range states {
		args = append(args, string(state))
	}
	var rows []struct {
		N     int
		State State
		Count int
	}
	query := "WITH spans (n, since, until) AS (VALUES " + places("(?, ?, ?)", len(spans)) + "), states (state) AS (VALUES " + places("(?)", len(states)) + `)
		SELECT spans.n, states.state, (SELECT count(*) FROM ? AS x WHERE x.workspace_id = ? AND x.? = states.state AND x.id >= spans.since AND x.id < spans.until) AS count
		FROM spans CROSS JOIN states`
	args = append(args, bun.Ident(table), workspaceID, bun.Ident(column))
	if err := db.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Count > 0 {
			counts[row.N][row.State] = row.Count
		}
	}
	return counts, nil
}

func places(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") }

// Busy tells what of a workspace is not over. due is how many of the waits that end first are wanted.
func (s *Store) Busy(ctx context.Context, workspaceID string, due int) (inspect.Busy, error) {
	always := []inspect.Span{{From: time.Unix(0, 0), Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}}
	runs, err := counted(ctx, s.read, "runs", "status", "run", workspaceID, []run.Status{run.Queued, run.Running, run.Waiting}, always)
	if err != nil {
		return inspect.Busy{}, err
	}
	waits, err := counted(ctx, s.read, "waits", "state", "wait", workspaceID, []run.WaitState{run.WaitOpen, run.WaitCollecting}, always)
	if err != nil {
		return inspect.Busy{}, err
	}
	busy := inspect.Busy{Runs: runs[0], Open: waits[0][run.WaitOpen] + waits[0][run.WaitCollecting]}
	var rows []struct {
		waitRow `bun:",extend"`

		FlowName, FlowTitle, Phone, Email, Name string
	}
	err = s.read.NewRaw(`SELECT w.*, coalesce(f.name, '') AS flow_name, coalesce(f.title, '') AS flow_title,
			coalesce(c.phone, '') AS phone, coalesce(c.email, '') AS email, coalesce(c.name, '') AS name
		FROM waits AS w
		LEFT JOIN runs AS r ON r.id = w.run_id
		LEFT JOIN flows AS f ON f.id = r.flow_id
		LEFT JOIN contacts AS c ON c.id = w.contact_id
		WHERE w.state IN ('open', 'collecting') AND w.workspace_id = ? ORDER BY w.fire_at, w.id LIMIT ?`, workspaceID, due).Scan(ctx, &rows)
	for _, row := range rows {
		busy.Due = append(busy.Due, inspect.DueWait{Wait: row.wait(), FlowName: row.FlowName, FlowTitle: row.FlowTitle,
			Contact: run.ContactFacts{ID: row.ContactID, Phone: row.Phone, Email: row.Email, Name: row.Name}})
	}
	return busy, err
}

// maxFailing is how many flows FailingFlows returns at most.
const maxFailing = 20

// FailingFlows returns the flows with runs that failed since then, those with the most first.
func (s *Store) FailingFlows(ctx context.Context, workspaceID string, since time.Time) ([]inspect.FailingFlow, error) {
	var rows []struct {
		runRow `bun:",extend"`

		FlowName, FlowTitle string
		Failures, Place     int
	}
	err := s.read.NewRaw(`SELECT x.*, coalesce(f.name, '') AS flow_name, coalesce(f.title, '') AS flow_title FROM (
			SELECT r.*, count(*) OVER (PARTITION BY r.flow_id) AS failures,
				row_number() OVER (PARTITION BY r.flow_id ORDER BY r.ended_at DESC, r.id DESC) AS place
			FROM runs AS r WHERE r.workspace_id = ? AND r.status = 'failed' AND r.ended_at >= ?
		) AS x LEFT JOIN flows AS f ON f.id = x.flow_id
		WHERE x.place = 1 ORDER BY x.failures DESC, x.ended_at DESC LIMIT ?`, workspaceID, at(since), maxFailing).Scan(ctx, &rows)
	flows := make([]inspect.FailingFlow, len(rows))
	for i, row := range rows {
		flows[i] = inspect.FailingFlow{Name: row.FlowName, Title: row.FlowTitle, Failures: row.Failures, Last: row.run()}
	}
	return flows, err
}
