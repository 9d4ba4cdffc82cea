package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/retention"
)

type retentionRow struct {
	bun.BaseModel `bun:"table:retentions,alias:k"`

	WorkspaceID string `bun:",pk"`
	Ages        encoded[retention.Chosen]
}

// Workspaces returns the ids of all workspaces; see retention.Store.
func (s *Store) Workspaces(ctx context.Context) (ids []string, err error) {
	err = s.read.NewRaw("SELECT id FROM workspaces ORDER BY id").Scan(ctx, &ids)
	return ids, err
}

// Retention returns the ages that a workspace has chosen.
func (s *Store) Retention(ctx context.Context, workspaceID string) (retention.Chosen, error) {
	return chosenAges(ctx, s.read, workspaceID)
}

// Retention is Store.Retention inside the transaction.
func (t *tx) Retention(ctx context.Context, workspaceID string) (retention.Chosen, error) {
	return chosenAges(ctx, t.db, workspaceID)
}

func chosenAges(ctx context.Context, db bun.IDB, workspaceID string) (retention.Chosen, error) {
	var row retentionRow
	err := db.NewSelect().Model(&row).Where("workspace_id = ?", workspaceID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return retention.Chosen{}, nil
	}
	if err != nil {
		return retention.Chosen{}, fmt.Errorf("read how long things are kept: %w", err)
	}
	return row.Ages.value, nil
}

// SaveRetention stores the ages that a workspace chooses, in the place of those it had.
func (s *Store) SaveRetention(ctx context.Context, workspaceID string, c retention.Chosen) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		before, err := t.Retention(ctx, workspaceID)
		if err != nil {
			return err
		}
		row := retentionRow{WorkspaceID: workspaceID, Ages: encode(c)}
		if _, err := t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id) DO UPDATE").Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "retention.save", Resource: workspaceID, Before: before.Days(), After: c.Days()})
	})
}
