package store

import (
	"context"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Asked returns the newest waits, at most limit of them, the newest first.
func (s *Store) Asked(ctx context.Context, workspaceID string, f inspect.QuestionFilter, limit int) ([]inspect.Asked, error) {
	var rows []struct {
		FlowName, FlowTitle string
		StepID              string
		State               run.WaitState
		Began, Deadline     stamp
		ReplyAt, LateAt     stamp
	}
	query := s.read.NewSelect().TableExpr("waits AS w").
		ColumnExpr("f.name AS flow_name, f.title AS flow_title, w.step_id, w.state, w.clock_at AS began, w.deadline, m.effective_at AS reply_at").
		ColumnExpr(`CASE WHEN w.late_id <> '' AND w.reply_id = '' THEN (SELECT min(l.effective_at) FROM messages AS l
			WHERE l.wait_id = w.id AND l.wait_id <> '' AND l.disposition = 'late') END AS late_at`).
		// LEFT, as in runTables: the order is that of the waits.
		Join("LEFT JOIN runs AS r ON r.id = w.run_id").
		Join("LEFT JOIN flows AS f ON f.id = r.flow_id").
		Join("LEFT JOIN messages AS m ON m.id = w.reply_id AND w.reply_id <> ''").
		Where("w.workspace_id = ? AND w.id >= ?", workspaceID, id.First("wait", f.Since)).
		OrderExpr("w.id DESC").Limit(int64(limit))
	if f.FlowID != "" {
		query = query.Where("r.flow_id = ?", f.FlowID)
	}
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	asked := make([]inspect.Asked, len(rows))
	for i, row := range rows {
		asked[i] = inspect.Asked{FlowName: row.FlowName, FlowTitle: row.FlowTitle, StepID: row.StepID, State: row.State,
			From: row.Began.Time, Deadline: row.Deadline.Time, AnswerAt: row.ReplyAt.Time}
		if !row.LateAt.IsZero() {
			asked[i].AnswerAt, asked[i].Late = row.LateAt.Time, true
		}
	}
	return asked, nil
}
