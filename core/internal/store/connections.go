package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type connectionRow struct {
	bun.BaseModel `bun:"table:connections,alias:c"`

	ID          string `bun:",pk"`
	WorkspaceID string
	Name        string
	Connector   string
	Settings    document
	Secrets     []byte
	KeyID       string
	Account     string
	OwnerID     string
	Health      connection.Health
	Failure     encoded[*protocol.Failure]
	CheckedAt   stamp
	HeldUntil   stamp
	Revision    int64
	CreatedAt   stamp
	UpdatedAt   stamp
}

func (r connectionRow) connection() connection.Connection {
	return connection.Connection{ID: r.ID, WorkspaceID: r.WorkspaceID, Name: r.Name, Connector: r.Connector,
		Settings: json.RawMessage(r.Settings), Secrets: r.Secrets, KeyID: r.KeyID, Account: r.Account, OwnerID: r.OwnerID, Health: r.Health,
		Failure: r.Failure.value, CheckedAt: r.CheckedAt.Time, HeldUntil: r.HeldUntil.Time, Revision: r.Revision,
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time}
}

func connectionRowOf(c connection.Connection, now time.Time) *connectionRow {
	row := &connectionRow{ID: c.ID, WorkspaceID: c.WorkspaceID, Name: c.Name, Connector: c.Connector,
		Settings: document(c.Settings), Secrets: c.Secrets, KeyID: c.KeyID, Account: c.Account, OwnerID: c.OwnerID, Health: c.Health,
		Failure: encode(c.Failure), CheckedAt: at(c.CheckedAt), Revision: c.Revision + 1, CreatedAt: at(now), UpdatedAt: at(now)}
	if len(row.Settings) == 0 {
		row.Settings = document("{}")
	}
	if row.Secrets == nil {
		row.Secrets = []byte{}
	}
	if row.Health == "" {
		row.Health = connection.HealthUnknown
	}
	return row
}

// InsertConnection stores a new connection, whose owner is whoever asks for it. ErrTaken if the workspace has one of that name.
func (s *Store) InsertConnection(ctx context.Context, c connection.Connection) (connection.Connection, error) {
	c.Revision = 0
	var row *connectionRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		c.OwnerID = t.by.ID
		row = connectionRowOf(c, t.now)
		fresh, err := changed(t.db.NewInsert().Model(row).On("CONFLICT (workspace_id, name) DO NOTHING").Exec(ctx))
		if err == nil && !fresh {
			err = ErrTaken
		}
		if err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "connection.create", Resource: c.ID, After: map[string]any{"name": c.Name, "connector": c.Connector}})
	})
	if err != nil {
		return connection.Connection{}, err
	}
	return row.connection(), nil
}

// UpdateConnection stores settings, secrets, account and health of a connection. ErrStale if it has changed since
// c.Revision; its name and connector stay.
func (s *Store) UpdateConnection(ctx context.Context, c connection.Connection) (connection.Connection, error) {
	var row *connectionRow
	err := s.update(ctx, func(ctx context.Context, t *tx) (err error) {
		row, err = t.updateConnection(ctx, c)
		return err
	})
	if err != nil {
		return connection.Connection{}, err
	}
	return row.connection(), nil
}

// ChangeConnection stores what a person has changed about a connection; see connection.Store.
func (s *Store) ChangeConnection(ctx context.Context, c connection.Connection, secrets []string, losesToken bool) (connection.Connection, error) {
	var row *connectionRow
	err := s.update(ctx, func(ctx context.Context, t *tx) (err error) {
		var before connectionRow
		if err := t.db.NewSelect().Model(&before).Column("settings").Where("id = ? AND workspace_id = ?", c.ID, c.WorkspaceID).Scan(ctx); err != nil {
			return found(err)
		}
		if row, err = t.updateConnection(ctx, c); err != nil {
			return err
		}
		if losesToken {
			if _, err := t.db.NewRaw("DELETE FROM connection_tokens WHERE connection_id = ?", c.ID).Exec(ctx); err != nil {
				return err
			}
		}
		return t.record(ctx, access.Deed{
			Action: "connection.change", Resource: c.ID, Before: map[string]any{"settings": json.RawMessage(before.Settings)},
			After: map[string]any{"settings": json.RawMessage(row.Settings), "new_secrets": secrets, "token_dropped": losesToken},
		})
	})
	if err != nil {
		return connection.Connection{}, err
	}
	return row.connection(), nil
}

func (t *tx) updateConnection(ctx context.Context, c connection.Connection) (*connectionRow, error) {
	row := connectionRowOf(c, t.now)
	saved, err := changed(t.db.NewUpdate().Model(row).
		Column("settings", "secrets", "key_id", "account", "health", "failure", "checked_at", "revision", "updated_at").
		Where("id = ? AND workspace_id = ? AND revision = ?", c.ID, c.WorkspaceID, c.Revision).Exec(ctx))
	if err == nil && !saved {
		err = ErrStale
	}
	row.CreatedAt = at(c.CreatedAt)
	return row, err
}

// SetHealth notes what a use of a connection showed. It leaves the revision alone: an edit in progress is not stale
// because of it. What needs to be reconnected stays so.
func (s *Store) SetHealth(ctx context.Context, connectionID string, health connection.Health, failure *protocol.Failure) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE connections SET health = ?, failure = ?, checked_at = ? WHERE id = ? AND health <> ?",
			health, encode(failure), at(t.now), connectionID, connection.HealthReconnect).Exec(ctx)
		return err
	})
}

// DeleteConnection removes a connection with its subscriptions. ErrNotFound if it is not there.
func (s *Store) DeleteConnection(ctx context.Context, workspaceID, connectionID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		var row connectionRow
		err := t.db.NewRaw("DELETE FROM connections WHERE id = ? AND workspace_id = ? RETURNING *", connectionID, workspaceID).Scan(ctx, &row)
		if err != nil {
			return found(err)
		}
		return t.record(ctx, access.Deed{Action: "connection.delete", Resource: connectionID, Before: map[string]any{"name": row.Name, "connector": row.Connector}})
	})
}

// Connection loads a connection by its id, of whichever workspace: webhooks name nothing else.
func (s *Store) Connection(ctx context.Context, id string) (connection.Connection, error) {
	var row connectionRow
	err := s.read.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.connection(), found(err)
}

// ConnectionByName loads a connection as flows name it.
func (s *Store) ConnectionByName(ctx context.Context, workspaceID, name string) (connection.Connection, error) {
	var row connectionRow
	err := s.read.NewSelect().Model(&row).Where("workspace_id = ? AND name = ?", workspaceID, name).Scan(ctx)
	return row.connection(), found(err)
}

// ListConnections returns a page of connections, newest first.
func (s *Store) ListConnections(ctx context.Context, workspaceID string, p list.Page) ([]connection.Connection, error) {
	var rows []connectionRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "c", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, connectionRow.connection), nil
}
