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

// Activity tells what flows have done since then, by their ids. It is one query for a page of them, and reads so many runs
// of each at most: a list must not get slower with each run.
func (s *Store) Activity(ctx context.Context, workspaceID string, flowIDs []string, since time.Time) (map[string]inspect.Activity, error) {
	activity := make(map[string]inspect.Activity, len(flowIDs))
	if len(flowIDs) == 0 {
		return activity, nil
	}
	var rows []struct {
		ID, Trigger, ChangedBy, RunID, RunStatus, Recent string
		Live                                             int
		RunCreatedAt                                     stamp
	}
	err := s.read.NewRaw(`SELECT f.id, coalesce(v.event_type, '') AS trigger, coalesce(v.number, 0) AS live, coalesce(nullif(u.name, ''), u.email, k.name, '') AS changed_by,
			coalesce(r.id, '') AS run_id, coalesce(r.status, '') AS run_status, r.created_at AS run_created_at,
			coalesce((SELECT string_agg(x.status, ' ') FROM (
				SELECT n.status FROM runs AS n WHERE n.workspace_id = f.workspace_id AND n.flow_id = f.id AND n.id >= ? ORDER BY n.id DESC LIMIT ?
			) AS x), '') AS recent
		FROM flows AS f
		LEFT JOIN flow_versions AS v ON v.id = f.live_version_id
		LEFT JOIN runs AS r ON r.id = (SELECT o.id FROM runs AS o WHERE o.workspace_id = f.workspace_id AND o.flow_id = f.id ORDER BY o.id DESC LIMIT 1)
		LEFT JOIN audit_events AS a ON a.workspace_id = f.workspace_id AND a.number = (
			SELECT e.number FROM audit_events AS e WHERE e.workspace_id = f.workspace_id AND e.resource = f.id AND e.action <> 'flow.test_step' ORDER BY e.number DESC LIMIT 1)
		LEFT JOIN users AS u ON u.workspace_id = f.workspace_id AND u.id = a.actor
		LEFT JOIN api_tokens AS k ON k.workspace_id = f.workspace_id AND k.id = a.actor
		WHERE f.workspace_id = ? AND f.id IN (?)`, id.First("run", since), inspect.MaxRecent, workspaceID, bun.List(flowIDs)).Scan(ctx, &rows)
	for _, row := range rows {
		recent := map[run.Status]int{}
		for _, status := range strings.Fields(row.Recent) {
			recent[run.Status(status)]++
		}
		activity[row.ID] = inspect.Activity{Trigger: row.Trigger, LiveVersion: row.Live, ChangedBy: row.ChangedBy, Recent: recent,
			LastRun: run.Run{ID: row.RunID, CreatedAt: row.RunCreatedAt.Time, State: run.State{Status: run.Status(row.RunStatus)}}}
	}
	return activity, err
}
