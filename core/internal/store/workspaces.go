package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/id"
)

// Workspace is what all other rows belong to.
type Workspace struct {
	ID        string // wsp_…
	Name      string
	TimeZone  string // IANA name
	CreatedAt time.Time
}

type workspaceRow struct {
	bun.BaseModel `bun:"table:workspaces,alias:w"`

	ID        string `bun:",pk"`
	Name      string
	TimeZone  string
	CreatedAt stamp
}

// RequiredOf says of whom a workspace asks for a second factor; empty if it does not say.
func (s *Store) RequiredOf(ctx context.Context, workspaceID string) (of access.RequiredOf, err error) {
	err = s.read.NewRaw("SELECT second_factor_of FROM workspaces WHERE id = ?", workspaceID).Scan(ctx, &of)
	return of, found(err)
}

// SetRequiredOf changes of whom a workspace asks for a second factor.
func (s *Store) SetRequiredOf(ctx context.Context, workspaceID string, of access.RequiredOf) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		var before access.RequiredOf
		if err := t.db.NewRaw("SELECT second_factor_of FROM workspaces WHERE id = ?", workspaceID).Scan(ctx, &before); err != nil {
			return found(err)
		}
		if before == of {
			return nil
		}
		if _, err := t.db.NewRaw("UPDATE workspaces SET second_factor_of = ? WHERE id = ?", of, workspaceID).Exec(ctx); err != nil {
			return err
		}
		named := func(of access.RequiredOf) map[string]any {
			if of == access.RequiredByDefault {
				of = "default"
			}
			return map[string]any{"second_factor_of": of}
		}
		return t.record(ctx, access.Deed{Action: "workspace.change", Resource: workspaceID, Before: named(before), After: named(of)})
	})
}

func (r workspaceRow) workspace() Workspace {
	return Workspace{ID: r.ID, Name: r.Name, TimeZone: r.TimeZone, CreatedAt: r.CreatedAt.Time}
}

// EnsureWorkspace returns the workspace of that name and makes it if there is none; then timeZone is its zone.
func (s *Store) EnsureWorkspace(ctx context.Context, name, timeZone string) (Workspace, error) {
	var row workspaceRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		fresh := workspaceRow{ID: id.New("wsp"), Name: name, TimeZone: timeZone, CreatedAt: at(t.now)}
		if _, err := t.db.NewInsert().Model(&fresh).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return err
		}
		return t.db.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	})
	return row.workspace(), err
}

// ListWorkspaces returns all of them, the oldest first.
func (s *Store) ListWorkspaces(ctx context.Context) ([]Workspace, error) {
	var rows []workspaceRow
	err := s.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx)
	return convert(rows, workspaceRow.workspace), err
}

// TimeZone returns a workspace's time zone by its IANA name.
func (s *Store) TimeZone(ctx context.Context, workspaceID string) (zone string, err error) {
	err = s.read.NewRaw("SELECT time_zone FROM workspaces WHERE id = ?", workspaceID).Scan(ctx, &zone)
	return zone, found(err)
}
