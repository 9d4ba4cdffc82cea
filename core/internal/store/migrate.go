package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/cordboard/cordboard/migrations"
)

// Migrate brings the tables to the newest version that this program knows. Each migration is one transaction, so a
// kill leaves whole steps; of several nodes that start at once one migrates and the others wait for it. It refuses a
// database that a newer program has migrated, and one whose list of migrations has holes.
func (s *Store) Migrate(ctx context.Context) error {
	if _, _, err := s.schema(ctx); err != nil {
		return err
	}
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// MigrateTo goes up or down to a version; 0 drops all tables.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	current, _, err := s.schema(ctx)
	if err != nil {
		return err
	}
	provider, err := s.migrations()
	if err != nil {
		return err
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

// migrations returns goose with this dialect's list.
func (s *Store) migrations() (*goose.Provider, error) {
	folder, dialect := "postgres", goose.DialectPostgres
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if isSQLite(s.migrate) {
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
	return goose.NewProvider(dialect, s.migrate.DB, nil, options...)
}

// readMigrations pairs the up and down files of a folder.
func readMigrations(files fs.FS, folder string) ([]*goose.Migration, error) {
	names, err := fs.Glob(files, path.Join(folder, "*.up.sql"))
	if err != nil {
		return nil, err
	}
	var list []*goose.Migration
	for _, up := range names {
		version, err := versionOf(up)
		if err != nil {
			return nil, err
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

// versionOf reads the number that a migration's file name begins with.
func versionOf(name string) (int64, error) {
	number, _, _ := strings.Cut(path.Base(name), "_")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("migration %s: its name does not begin with a number", name)
	}
	return version, nil
}
