package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/publish"
)

// EnsureRented stores a version of the flow of rented waits, unless there is one that is the same in all respects: its id
// says what is in it. See publish.Store.
func (s *Store) EnsureRented(ctx context.Context, p publish.Publication) (live engine.LiveFlow, err error) {
	pins, err := json.Marshal(p.Connectors)
	if err != nil {
		return live, err
	}
	live.VersionID = id.Of("ver", p.WorkspaceID+"\n"+string(pins)+"\n"+string(p.Source))
	err = s.read.NewRaw("SELECT flow_id FROM flow_versions WHERE id = ?", live.VersionID).Scan(ctx, &live.FlowID)
	if !errors.Is(err, sql.ErrNoRows) {
		return live, err
	}
	return live, s.update(ctx, func(ctx context.Context, t *tx) error {
		row := flowRow{ID: id.New("flow"), WorkspaceID: p.WorkspaceID, Name: p.Name, Title: rentedTitle, Revision: 1, CreatedAt: at(t.now), UpdatedAt: at(t.now)}
		// The update locks the row that is there, so that two versions get two numbers.
		err := t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO UPDATE").Set("updated_at = excluded.updated_at").Returning("*").Scan(ctx)
		if err != nil {
			return err
		}
		live.FlowID = row.ID
		v := versionRow{ID: live.VersionID, WorkspaceID: p.WorkspaceID, FlowID: row.ID, Source: string(p.Source), Connectors: encode(p.Connectors),
			EventType: p.EventType, CreatedAt: at(t.now), CreatedBy: p.By}
		_, err = t.db.NewInsert().Model(&v).Value("number", "(SELECT coalesce(max(number), 0) + 1 FROM flow_versions WHERE flow_id = ?)", row.ID).
			On("CONFLICT (id) DO NOTHING").Exec(ctx)
		return err
	})
}

// rentedTitle is what people read in the place of the flow's name.
const rentedTitle = "Waits by API"
