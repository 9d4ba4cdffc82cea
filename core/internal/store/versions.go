package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/publish"
)

type versionRow struct {
	bun.BaseModel `bun:"table:flow_versions,alias:v"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	FlowID       string
	Number       int
	Source       string
	Connectors   encoded[map[string]string]
	EventType    string
	ConnectionID string
	CreatedAt    stamp
	CreatedBy    string
}

func (r versionRow) version(live string) inspect.PublishedVersion {
	return inspect.PublishedVersion{ID: r.ID, FlowID: r.FlowID, Number: r.Number, Source: []byte(r.Source),
		Connectors: r.Connectors.value, EventType: r.EventType, ConnectionID: r.ConnectionID, Live: r.ID == live,
		CreatedAt: r.CreatedAt.Time, By: r.CreatedBy}
}

// Publish stores a new version with the flow's next number and makes it live. When the live version is the same in
// all respects nothing is stored, and fresh is false. ErrNotFound if there is no such flow.
func (s *Store) Publish(ctx context.Context, p publish.Publication) (v inspect.PublishedVersion, fresh bool, err error) {
	if p.Connectors == nil {
		p.Connectors = map[string]string{}
	}
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		var f flowRow
		// The update locks the flow's row, so that two publishers get two numbers.
		err := t.db.NewRaw("UPDATE flows SET updated_at = ? WHERE workspace_id = ? AND name = ? RETURNING *",
			at(t.now), p.WorkspaceID, p.Name).Scan(ctx, &f)
		if err != nil {
			return found(err)
		}
		row := versionRow{ID: id.New("ver"), WorkspaceID: p.WorkspaceID, FlowID: f.ID, Number: 1, Source: string(p.Source),
			Connectors: encode(p.Connectors), EventType: p.EventType, ConnectionID: p.ConnectionID, CreatedAt: at(t.now), CreatedBy: p.By}
		var newest versionRow
		err = t.db.NewSelect().Model(&newest).Where("flow_id = ?", f.ID).OrderExpr("number DESC").Limit(1).Scan(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if newest.ID != "" && newest.ID == f.LiveVersionID && newest.same(row) {
			v, fresh = newest.version(newest.ID), false
			return nil // and its poll, if it has one, is there
		}
		row.Number += newest.Number
		if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		if err := t.setPoll(ctx, f.ID, p); err != nil {
			return err
		}
		v, fresh = row.version(row.ID), true
		if _, err = t.db.NewRaw("UPDATE flows SET live_version_id = ?, revision = revision + 1 WHERE id = ?", row.ID, f.ID).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "flow.publish", Resource: f.ID, Before: map[string]any{"version": newest.Number},
			After: map[string]any{"name": f.Name, "version": row.Number}})
	})
	return v, fresh, err
}

// same reports whether two versions would run alike.
func (r versionRow) same(o versionRow) bool {
	return r.Source == o.Source && r.EventType == o.EventType && r.ConnectionID == o.ConnectionID &&
		maps.Equal(r.Connectors.value, o.Connectors.value)
}

// ListVersions returns the published versions of a flow, newest first.
func (s *Store) ListVersions(ctx context.Context, workspaceID, flowName string, p list.Page) ([]inspect.PublishedVersion, error) {
	f, err := s.Flow(ctx, workspaceID, flowName)
	if err != nil {
		return nil, err
	}
	var rows []versionRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "v", workspaceID).Where("flow_id = ?", f.ID).Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, func(r versionRow) inspect.PublishedVersion { return r.version(f.LiveVersionID) }), nil
}

// VersionNumbered loads a flow's version by its number.
func (s *Store) VersionNumbered(ctx context.Context, workspaceID, flowName string, number int) (inspect.PublishedVersion, error) {
	f, err := s.Flow(ctx, workspaceID, flowName)
	if err != nil {
		return inspect.PublishedVersion{}, err
	}
	var row versionRow
	err = s.read.NewSelect().Model(&row).Where("flow_id = ? AND number = ?", f.ID, number).Scan(ctx)
	return row.version(f.LiveVersionID), found(err)
}

// PublishedVersion loads one version.
func (s *Store) PublishedVersion(ctx context.Context, workspaceID, versionID string) (inspect.PublishedVersion, error) {
	var row versionRow
	err := s.read.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", versionID, workspaceID).Scan(ctx)
	return row.version(versionID), found(err)
}

// VersionID returns the id of a flow's version by its number.
func (s *Store) VersionID(ctx context.Context, flowID string, number int) (id string, err error) {
	err = s.read.NewRaw("SELECT id FROM flow_versions WHERE flow_id = ? AND number = ?", flowID, number).Scan(ctx, &id)
	return id, found(err)
}

// namedVersion is a version with the names that a run wants to know.
type namedVersion struct {
	versionRow `bun:",extend"`

	FlowName      string
	WorkspaceName string
	TimeZone      string
}

const selectVersions = `SELECT v.*, f.name AS flow_name, w.name AS workspace_name, w.time_zone
	FROM flow_versions AS v JOIN flows AS f ON f.id = v.flow_id JOIN workspaces AS w ON w.id = v.workspace_id `

func (v namedVersion) engineVersion() engine.Version {
	return engine.Version{ID: v.ID, FlowID: v.FlowID, FlowName: v.FlowName, Number: v.Number, WorkspaceID: v.WorkspaceID,
		WorkspaceName: v.WorkspaceName, TimeZone: v.TimeZone, Source: []byte(v.Source), Connectors: v.Connectors.value}
}

// Version loads a published version; see engine.Store.
func (s *Store) Version(ctx context.Context, id string) (engine.Version, error) {
	var row namedVersion
	err := s.read.NewRaw(selectVersions+"WHERE v.id = ?", id).Scan(ctx, &row)
	return row.engineVersion(), found(err)
}

// IsHeard reports whether a flow listens to an event of ours; see engine.Tx.
func (t *tx) IsHeard(ctx context.Context, workspaceID, eventType string) (heard bool, err error) {
	return rowOf[bool](ctx, t.db, t.db.NewRaw(`SELECT EXISTS (SELECT 1 FROM flows AS f JOIN flow_versions AS v ON v.id = f.live_version_id
		WHERE v.workspace_id = ? AND v.event_type = ? AND f.enabled)`, workspaceID, eventType))
}

// LiveFlow returns a flow by its name; see engine.Store.
func (s *Store) LiveFlow(ctx context.Context, workspaceID, name string) (engine.LiveFlow, error) {
	var live engine.LiveFlow
	err := s.read.NewRaw("SELECT id AS flow_id, live_version_id AS version_id FROM flows WHERE workspace_id = ? AND name = ? AND enabled AND live_version_id <> ''",
		workspaceID, name).Scan(ctx, &live)
	return live, found(err)
}

// LiveFlows returns the flows that take an event; see engine.Store.
func (s *Store) LiveFlows(ctx context.Context, workspaceID, connectionID string, eventTypes ...string) ([]engine.LiveFlow, error) {
	return rowsOf[engine.LiveFlow](ctx, s.read, s.read.NewRaw(`SELECT f.id AS flow_id, v.id AS version_id FROM flows AS f JOIN flow_versions AS v ON v.id = f.live_version_id
		WHERE v.workspace_id = ? AND v.event_type IN (?) AND f.enabled AND v.connection_id IN ('', ?) ORDER BY f.name`,
		workspaceID, bun.List(eventTypes), connectionID))
}

// LiveFlowsOf returns the enabled flows whose trigger names the connection; see engine.Store.
func (s *Store) LiveFlowsOf(ctx context.Context, connectionID string) ([]engine.LiveFlow, error) {
	return rowsOf[engine.LiveFlow](ctx, s.read, s.read.NewRaw(`SELECT f.id AS flow_id, v.id AS version_id FROM flows AS f JOIN flow_versions AS v ON v.id = f.live_version_id
		WHERE v.connection_id = ? AND f.enabled ORDER BY f.name`, connectionID))
}

// LiveSources returns the flows that have a live version, each with that version's document in the place of its draft.
func (s *Store) LiveSources(ctx context.Context, workspaceID string) ([]inspect.Flow, error) {
	var rows []flowRow
	err := s.read.NewRaw(`SELECT f.id, f.workspace_id, f.name, f.title, f.enabled, f.archived, f.live_version_id, v.source AS draft FROM flows AS f
		JOIN flow_versions AS v ON v.id = f.live_version_id WHERE f.workspace_id = ? AND f.name <> ? ORDER BY f.name`, workspaceID, flow.Rented).Scan(ctx, &rows)
	return convert(rows, flowRow.flow), err
}
