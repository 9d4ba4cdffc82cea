package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/cordboard/cordboard/migrations"
)

// ErrSchema is returned when the tables are not those that this program was made for.
var ErrSchema = errors.New("database schema")

// Migrate brings the tables to the newest version that this program knows. Each migration is one transaction, so a
// kill leaves whole steps; of several nodes that start at once one migrates and the others wait for it. It refuses a
// database that a newer program has migrated, and one whose list of migrations has holes.
func (s *Store) Migrate(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if err := sound(ctx, provider); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// MigrateTo goes up or down to a version; 0 drops all tables.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if err := sound(ctx, provider); err != nil {
		return err
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if version < current {
		_, err = provider.DownTo(ctx, version)
	} else {
		_, err = provider.UpTo(ctx, version)
	}
	if err != nil {
		return fmt.Errorf("migrate to %d: %w", version, err)
	}
	return nil
}

// Ready reports whether the database answers and has exactly the tables that this program needs. A server that is
// not ready serves nothing.
func (s *Store) Ready(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if err := sound(ctx, provider); err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current < target {
		return fmt.Errorf("%w is at version %d and this program needs %d: run cordboard migrate", ErrSchema, current, target)
	}
	return nil
}

// sound refuses a schema that this program can't migrate.
func sound(ctx context.Context, provider *goose.Provider) error {
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("%w is at version %d, made by a newer program; this one knows %d at most: install the newer one",
			ErrSchema, current, target)
	}
	status, err := provider.Status(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	for _, m := range status {
		if m.State == goose.StatePending && m.Source.Version < current {
			return fmt.Errorf("%w is dirty: it is at version %d but lacks migration %d; restore a backup",
				ErrSchema, current, m.Source.Version)
		}
	}
	return nil
}

// migrations returns goose with this dialect's list.
func (s *Store) migrations() (*goose.Provider, error) {
	folder, dialect := "postgres", goose.DialectPostgres
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if isSQLite(s.write) {
		folder, dialect = "sqlite", goose.DialectSQLite3
	} else {
		locker, err := lock.NewPostgresTableLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithLocker(locker))
	}
	list, err := readMigrations(migrations.Files, folder)
	if err != nil {
		return nil, err
	}
	options = append(options, goose.WithGoMigrations(list...))
	return goose.NewProvider(dialect, s.write.DB, nil, options...)
}

// readMigrations pairs the up and down files of a folder.
func readMigrations(files fs.FS, folder string) ([]*goose.Migration, error) {
	names, err := fs.Glob(files, path.Join(folder, "*.up.sql"))
	if err != nil {
		return nil, err
	}
	var list []*goose.Migration
	for _, up := range names {
		number, _, _ := strings.Cut(path.Base(up), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: its name does not begin with a number", up)
		}
		upFunc, err := readMigration(files, up)
		if err != nil {
			return nil, err
		}
		downFunc, err := readMigration(files, strings.TrimSuffix(up, ".up.sql")+".down.sql")
		if err != nil {
			return nil, err
		}
		list = append(list, goose.NewGoMigration(version, upFunc, downFunc))
	}
	return list, nil
}

func readMigration(files fs.FS, name string) (*goose.GoFunc, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	run := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, string(text))
		return err
	}
	return &goose.GoFunc{RunTx: run}, nil
}
