package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
)

type flowRow struct {
	bun.BaseModel `bun:"table:flows,alias:f"`

	ID            string `bun:",pk"`
	WorkspaceID   string
	Name          string
	Title         string
	Enabled       bool
	Archived      bool
	Tags          encoded[[]string]
	Draft         string
	LiveVersionID string
	Revision      int64
	CreatedAt     stamp
	UpdatedAt     stamp
}

func (r flowRow) flow() inspect.Flow {
	return inspect.Flow{ID: r.ID, WorkspaceID: r.WorkspaceID, Name: r.Name, Title: r.Title, Enabled: r.Enabled, Archived: r.Archived, Tags: r.Tags.value,
		Draft: []byte(r.Draft), LiveVersionID: r.LiveVersionID, Revision: r.Revision,
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time}
}

// FlowNames lists the names of a workspace's flows.
func (s *Store) FlowNames(ctx context.Context, workspaceID string) ([]string, error) {
	var names []string
	err := s.read.NewRaw("SELECT name FROM flows WHERE workspace_id = ? AND name <> ? ORDER BY name", workspaceID, flow.Rented).Scan(ctx, &names)
	return names, err
}

// SaveDraft stores a draft under its name, making the flow if there is none; nothing that runs changes. ErrStale
// when the flow has moved on from the draft's revision, or is there although it should be new.
func (s *Store) SaveDraft(ctx context.Context, d publish.Draft) (inspect.Flow, error) {
	var row flowRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row = flowRow{ID: id.New("flow"), WorkspaceID: d.WorkspaceID, Name: d.Name, Title: d.Title, Enabled: true,
			Draft: string(d.Source), Revision: 1, CreatedAt: at(t.now), UpdatedAt: at(t.now)}
		query := t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO UPDATE").
			Set("title = excluded.title, draft = excluded.draft, updated_at = excluded.updated_at, revision = f.revision + 1")
		switch {
		case d.New:
			query = t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO NOTHING")
		case d.Revision != 0:
			query = query.Where("f.revision = ?", d.Revision)
		}
		var old flowRow
		err := t.db.NewSelect().Model(&old).Where("workspace_id = ? AND name = ?", d.WorkspaceID, d.Name).Scan(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		err = query.Returning("*").Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrStale
		}
		if err != nil || old.ID != "" && old.Draft == row.Draft {
			return err // what is applied again and again is one change
		}
		action := "flow.save_draft"
		if row.Revision == 1 {
			action = "flow.create"
		}
		return t.record(ctx, access.Deed{Action: action, Resource: row.ID, After: map[string]any{"name": row.Name, "revision": row.Revision}})
	})
	return row.flow(), err
}

// SetFlowEnabled lets a flow take events or not. One that does is not in the archive.
func (s *Store) SetFlowEnabled(ctx context.Context, workspaceID, name string, enabled bool) (inspect.Flow, error) {
	var row flowRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row = flowRow{}
		err := t.db.NewRaw(`UPDATE flows SET enabled = ?0, archived = archived AND NOT ?0, updated_at = ?1
			WHERE workspace_id = ?2 AND name = ?3 RETURNING *`, enabled, at(t.now), workspaceID, name).Scan(ctx, &row)
		if err != nil {
			return err
		}
		action := "flow.disable"
		if enabled {
			action = "flow.enable"
			if err := t.restartPoll(ctx, row.ID); err != nil {
				return err
			}
		}
		return t.record(ctx, access.Deed{Action: action, Resource: row.ID, After: map[string]any{"name": row.Name}})
	})
	return row.flow(), found(err)
}

// FileFlow changes how a flow is filed; one that goes into the archive takes no more events.
func (s *Store) FileFlow(ctx context.Context, workspaceID, name string, f publish.Filing) (inspect.Flow, error) {
	var row flowRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row = flowRow{}
		if err := t.db.NewSelect().Model(&row).Where("workspace_id = ? AND name = ?", workspaceID, name).Scan(ctx); err != nil {
			return err
		}
		before := filing(row)
		query := t.db.NewUpdate().Model(&row).Set("updated_at = ?", at(t.now)).WherePK().Returning("*")
		if f.Tags != nil {
			query = query.Set("tags = ?", encode(f.Tags))
		}
		if f.Archived != nil {
			query = query.Set("archived = ?0", *f.Archived).Set("enabled = enabled AND NOT ?0", *f.Archived)
		}
		if _, err := query.Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "flow.file", Resource: row.ID, Before: before, After: filing(row)})
	})
	return row.flow(), found(err)
}

// filing is what the audit log says of how a flow is filed.
func filing(r flowRow) map[string]any {
	return map[string]any{"name": r.Name, "tags": r.Tags.value, "archived": r.Archived, "enabled": r.Enabled}
}

// Flow loads a flow by its name.
func (s *Store) Flow(ctx context.Context, workspaceID, name string) (inspect.Flow, error) {
	var row flowRow
	err := s.read.NewSelect().Model(&row).Where("workspace_id = ? AND name = ?", workspaceID, name).Scan(ctx)
	return row.flow(), found(err)
}

// ListFlows returns a page of flows, newest first. The one of rented waits is nobody's to edit and left out.
func (s *Store) ListFlows(ctx context.Context, workspaceID string, p list.Page) ([]inspect.Flow, error) {
	var rows []flowRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "f", workspaceID).Where("f.name <> ?", flow.Rented).Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, flowRow.flow), nil
}
