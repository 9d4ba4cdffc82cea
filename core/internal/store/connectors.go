package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type connectorRow struct {
	bun.BaseModel `bun:"table:connectors,alias:k"`

	Name        string `bun:",pk"`
	Version     string `bun:",pk"`
	SHA256      string `bun:"sha256"`
	Manifest    encoded[protocol.Manifest]
	InstalledAt stamp
	ChosenAt    stamp
	SignedBy    string
}

func (r connectorRow) connector() catalog.Connector {
	return catalog.Connector{Name: r.Name, Version: r.Version, SHA256: r.SHA256, Manifest: r.Manifest.value,
		InstalledAt: r.InstalledAt.Time, ChosenAt: r.ChosenAt.Time, SignedBy: r.SignedBy}
}

// SaveConnector stores a connector in place of what has the same name and version.
func (s *Store) SaveConnector(ctx context.Context, c catalog.Connector) error {
	row := connectorRow{Name: c.Name, Version: c.Version, SHA256: c.SHA256, Manifest: encode(c.Manifest), InstalledAt: at(c.InstalledAt),
		ChosenAt: at(c.ChosenAt), SignedBy: c.SignedBy}
	deed := access.Deed{Action: "connector.install", Resource: c.Name, After: map[string]any{
		"version": c.Version, "sha256": c.SHA256, "signed_by": c.SignedBy,
	}}
	if c.ChosenAt.After(c.InstalledAt) {
		deed.Action = "connector.choose"
	}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.db.NewInsert().Model(&row).On("CONFLICT (name, version) DO UPDATE").Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, deed)
	})
}

// ListConnectors returns all versions of all connectors, by name and the oldest first.
func (s *Store) ListConnectors(ctx context.Context) ([]catalog.Connector, error) {
	var rows []connectorRow
	if err := s.read.NewSelect().Model(&rows).OrderExpr("name, installed_at, version").Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, connectorRow.connector), nil
}

// DirectConnectors returns the names of the connectors that may dial by themselves; see catalog.Store.
func (s *Store) DirectConnectors(ctx context.Context) (names []string, err error) {
	err = s.read.NewRaw("SELECT name FROM direct_connectors ORDER BY name").Scan(ctx, &names)
	return names, err
}

// SetDirect says whether a connector may dial by itself; see catalog.Store.
func (s *Store) SetDirect(ctx context.Context, name string, allowed bool) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		query := t.db.NewRaw("DELETE FROM direct_connectors WHERE name = ?", name)
		if allowed {
			query = t.db.NewRaw("INSERT INTO direct_connectors (name, allowed_at) VALUES (?, ?) ON CONFLICT DO NOTHING", name, at(t.now))
		}
		if _, err := query.Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "connector.direct", Resource: name, After: map[string]any{"allowed": allowed}})
	})
}

// unusedAfter is how long a package is kept that belongs to no connector: its installation may be under way.
const unusedAfter = time.Hour

// SavePackage keeps the package of a program with that checksum, and drops those that no connector has any more.
func (s *Store) SavePackage(ctx context.Context, sha256 string, raw []byte, now time.Time) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.db.NewRaw(`DELETE FROM connector_packages WHERE stored_at < ? AND sha256 NOT IN (SELECT sha256 FROM connectors)`,
			at(now.Add(-unusedAfter))).Exec(ctx); err != nil {
			return err
		}
		_, err := t.db.NewRaw(`INSERT INTO connector_packages (sha256, package, stored_at) VALUES (?, ?, ?)
			ON CONFLICT (sha256) DO UPDATE SET package = excluded.package, stored_at = excluded.stored_at`, sha256, raw, at(now)).Exec(ctx)
		return err
	})
}

// Package returns the package of a program with that checksum; empty if none is kept.
func (s *Store) Package(ctx context.Context, sha256 string) (raw []byte, err error) {
	err = s.read.NewRaw("SELECT package FROM connector_packages WHERE sha256 = ?", sha256).Scan(ctx, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return raw, err
}
