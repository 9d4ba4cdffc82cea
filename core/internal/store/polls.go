package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/publish"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type pollRow struct {
	bun.BaseModel `bun:"table:polls,alias:p"`

	FlowID       string `bun:",pk"`
	WorkspaceID  string
	ConnectionID string
	Connector    string
	Trigger      string
	Input        document
	Every        int64
	Cursor       string
	DueAt        stamp
	FailingSince stamp
	Failure      encoded[*protocol.Failure]
	Revision     int64
}

func (r pollRow) poll() trigger.Poll {
	return trigger.Poll{FlowID: r.FlowID, WorkspaceID: r.WorkspaceID, ConnectionID: r.ConnectionID, Connector: r.Connector,
		Trigger: r.Trigger, Input: []byte(r.Input), Every: time.Duration(r.Every) * time.Microsecond, Cursor: r.Cursor,
		DueAt: r.DueAt.Time, FailingSince: r.FailingSince.Time, Failure: r.Failure.value, Revision: r.Revision}
}

// setPoll makes a flow's poll what its new live version says; nil ends it. A poll that asks for the same as before
// reads on from where it was, any other begins anew.
func (t *tx) setPoll(ctx context.Context, flowID string, p publish.Publication) error {
	if p.Poll == nil {
		_, err := t.db.NewRaw("DELETE FROM polls WHERE flow_id = ?", flowID).Exec(ctx)
		return err
	}
	row := pollRow{FlowID: flowID, WorkspaceID: p.WorkspaceID, ConnectionID: p.ConnectionID, Connector: p.Poll.Connector,
		Trigger: p.Poll.Trigger, Input: document(p.Poll.Input), Every: p.Poll.Every.Microseconds(), DueAt: at(t.now), Revision: 1}
	var old pollRow
	err := t.db.NewSelect().Model(&old).Where("flow_id = ?", flowID).Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case old.ConnectionID == row.ConnectionID && old.Connector == row.Connector && old.Trigger == row.Trigger && string(old.Input) == string(row.Input):
		row.Cursor, row.Revision = old.Cursor, old.Revision+1
	default:
		row.Revision = old.Revision + 1
	}
	_, err = t.db.NewInsert().Model(&row).On("CONFLICT (flow_id) DO UPDATE").Exec(ctx)
	return err
}

// restartPoll makes a flow that takes events again begin with what is new from then on, as a webhook would.
func (t *tx) restartPoll(ctx context.Context, flowID string) error {
	_, err := t.db.NewRaw("UPDATE polls SET cursor = '', due_at = ?, failing_since = NULL, failure = NULL, revision = revision + 1 WHERE flow_id = ?",
		at(t.now), flowID).Exec(ctx)
	return err
}

// DuePolls returns the polls to carry out; see trigger.PollStore.
func (s *Store) DuePolls(ctx context.Context, by time.Time, limit int) ([]trigger.Poll, error) {
	var rows []pollRow
	err := s.read.NewSelect().Model(&rows).Join("JOIN flows AS f ON f.id = p.flow_id").
		Where("p.due_at <= ? AND f.enabled", at(by)).OrderExpr("p.due_at, p.flow_id").Limit(int64(limit)).Scan(ctx)
	return convert(rows, pollRow.poll), err
}

// SavePoll stores how far a poll has come; see trigger.PollStore.
func (s *Store) SavePoll(ctx context.Context, p trigger.Poll) (saved bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) (err error) {
		saved, err = t.savePoll(ctx, p)
		return err
	})
	return saved, err
}

func (t *tx) savePoll(ctx context.Context, p trigger.Poll) (saved bool, err error) {
	return changed(t.db.NewRaw(`UPDATE polls SET cursor = ?, due_at = ?, failing_since = ?, failure = ?, revision = revision + 1
		WHERE flow_id = ? AND revision = ?`,
		p.Cursor, at(p.DueAt), at(p.FailingSince), encode(p.Failure), p.FlowID, p.Revision).Exec(ctx))
}

// SavePage is SavePoll inside a transaction; see engine.Tx.
func (t *tx) SavePage(ctx context.Context, flowID string, revision int64, cursor string, dueAt time.Time) (saved bool, err error) {
	return t.savePoll(ctx, trigger.Poll{FlowID: flowID, Revision: revision, Cursor: cursor, DueAt: dueAt})
}
