package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/cordboard/cordboard/migrations"
)

// ErrSchema is returned when the tables are not those that this program was made for.
var ErrSchema = errors.New("database schema")

// Ready reports whether the database answers and has exactly the tables that this program needs. A server that is
// not ready serves nothing. It costs two short reads, so it may be asked often.
func (s *Store) Ready(ctx context.Context) error {
	current, target, err := s.schema(ctx)
	if err == nil && current < target {
		err = fmt.Errorf("%w is at version %d and this program needs %d: run cordboard migrate", ErrSchema, current, target)
	}
	return err
}

// schema returns the version that the tables have, 0 if there are none, and the newest one that this program knows.
// It refuses a schema that this program can't migrate.
func (s *Store) schema(ctx context.Context) (current, target int64, err error) {
	known, err := fs.Glob(migrations.Files, "postgres/*.up.sql") // sqlite/ has the same
	if err != nil {
		return 0, 0, err
	}
	applied, err := s.appliedVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read the schema's version: %w", err)
	}
	if len(applied) > 0 {
		current = slices.Max(applied)
	}
	missing := int64(0)
	for _, name := range known {
		version, err := versionOf(name)
		if err != nil {
			return 0, 0, err
		}
		target = max(target, version)
		if version < current && missing == 0 && !slices.Contains(applied, version) {
			missing = version
		}
	}
	if current > target {
		return 0, 0, fmt.Errorf("%w is at version %d, made by a newer program; this one knows %d at most: install the newer one",
			ErrSchema, current, target)
	}
	if missing > 0 {
		return 0, 0, fmt.Errorf("%w is dirty: it is at version %d but lacks migration %d; restore a backup",
			ErrSchema, current, missing)
	}
	return current, target, nil
}

// appliedVersions reads goose's list, which a new database does not have.
func (s *Store) appliedVersions(ctx context.Context) (versions []int64, err error) {
	listed := "SELECT to_regclass('goose_db_version') IS NOT NULL"
	if isSQLite(s.read) {
		listed = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')"
	}
	var there bool
	if err := s.read.NewRaw(listed).Scan(ctx, &there); err != nil || !there {
		return nil, err
	}
	err = s.read.NewRaw("SELECT version_id FROM goose_db_version WHERE is_applied ORDER BY id").Scan(ctx, &versions)
	return versions, err
}
