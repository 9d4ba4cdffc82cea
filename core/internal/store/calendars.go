package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/calendar"
)

type calendarRow struct {
	bun.BaseModel `bun:"table:calendars,alias:k"`

	WorkspaceID string `bun:",pk"`
	Name        string `bun:",pk"`
	Document    encoded[calendar.Calendar]
}

// Calendars returns a workspace's calendars by name.
func (s *Store) Calendars(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error) {
	return calendars(ctx, s.read, workspaceID)
}

// Calendars returns a workspace's calendars by name; see engine.Tx.
func (t *tx) Calendars(ctx context.Context, workspaceID string) (map[string]calendar.Calendar, error) {
	return calendars(ctx, t.db, workspaceID)
}

func calendars(ctx context.Context, db bun.IDB, workspaceID string) (map[string]calendar.Calendar, error) {
	var rows []calendarRow
	if err := db.NewSelect().Model(&rows).Where("workspace_id = ?", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	all := make(map[string]calendar.Calendar, len(rows))
	for _, r := range rows {
		all[r.Name] = r.Document.value
	}
	return all, nil
}

// SaveCalendar stores a calendar under its name, in the place of one that has it.
func (s *Store) SaveCalendar(ctx context.Context, workspaceID string, c calendar.Calendar) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		row := calendarRow{WorkspaceID: workspaceID, Name: c.Name, Document: encode(c)}
		if _, err := t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO UPDATE").Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "calendar.save", Resource: c.Name, After: map[string]any{"time_zone": c.TimeZone, "hours": c.Hours, "holidays": len(c.Holidays)}})
	})
}

// DeleteCalendar removes a calendar; ErrNotFound if there is none of that name.
func (s *Store) DeleteCalendar(ctx context.Context, workspaceID, name string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		gone, err := changed(t.db.NewDelete().Model((*calendarRow)(nil)).Where("workspace_id = ? AND name = ?", workspaceID, name).Exec(ctx))
		if err == nil && !gone {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "calendar.delete", Resource: name})
	})
}
