package store_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/migrations"
)

// database is how the tests here reach a database past the store.
type database struct {
	driver, tables string
	url            func(testing.TB) string
}

var databases = map[string]database{
	"SQLite":   {"sqlite", "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name", sqliteFile},
	"Postgres": {"pgx", "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename", testenv.Postgres},
}

func sqliteFile(t testing.TB) string { return "file:" + t.TempDir() + "/cordboard.db" }

// setup opens a store on an empty database, and the same database past it.
func (d database) setup(t *testing.T) (*store.Store, *sql.DB) {
	t.Helper()
	url := d.url(t)
	s, err := store.Open(t.Context(), url, store.Options{Committers: 1, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open(d.driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(raw.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, raw
}

func (d database) list(t *testing.T, raw *sql.DB) []string {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), d.tables)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "goose_") {
			names = append(names, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*testing.T, database, *store.Store, *sql.DB){
		"up, down and up again": func(t *testing.T, d database, s *store.Store, raw *sql.DB) {
			if err := s.Ready(t.Context()); !errors.Is(err, store.ErrSchema) {
				t.Errorf("an empty database: %v", err)
			}
			migrate(t, s)
			first := d.list(t, raw)
			if err := s.Ready(t.Context()); err != nil {
				t.Error(err)
			}
			if err := s.MigrateTo(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if left := d.list(t, raw); len(left) != 0 {
				t.Errorf("down leaves %v", left)
			}
			migrate(t, s)
			if again := d.list(t, raw); !slices.Equal(first, again) || len(first) < 18 {
				t.Errorf("first %v, then %v", first, again)
			}
		},
		"several nodes at once": func(t *testing.T, d database, s *store.Store, raw *sql.DB) {
			var nodes sync.WaitGroup
			for range 3 {
				nodes.Go(func() {
					if err := s.Migrate(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			nodes.Wait()
			if err := s.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"a database of a newer program is refused": func(t *testing.T, d database, s *store.Store, raw *sql.DB) {
			migrate(t, s)
			if _, err := raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
				t.Fatal(err)
			}
			refused(t, s, "newer program")
		},
		"a list with a hole is refused": func(t *testing.T, d database, s *store.Store, raw *sql.DB) {
			migrate(t, s)
			if _, err := raw.Exec("DELETE FROM goose_db_version WHERE version_id = 2"); err != nil {
				t.Fatal(err)
			}
			refused(t, s, "dirty")
		},
		"a migration that fails leaves the one before": func(t *testing.T, d database, s *store.Store, raw *sql.DB) {
			if _, err := raw.Exec("CREATE TABLE identities (id integer)"); err != nil {
				t.Fatal(err)
			}
			if err := s.Migrate(t.Context()); err == nil {
				t.Fatal("it did not fail")
			}
			if tables := d.list(t, raw); slices.Contains(tables, "contacts") || !slices.Contains(tables, "events") {
				t.Errorf("got %v", tables)
			}
			if _, err := raw.Exec("DROP TABLE identities"); err != nil {
				t.Fatal(err)
			}
			migrate(t, s)
		},
	}
	for database, d := range databases {
		for name, check := range cases {
			t.Run(database+": "+name, func(t *testing.T) {
				t.Parallel()
				s, raw := d.setup(t)
				check(t, d, s, raw)
			})
		}
	}
}

func migrate(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// refused checks that nothing is done with a database, for this reason.
func refused(t *testing.T, s *store.Store, reason string) {
	t.Helper()
	for name, f := range map[string]func(context.Context) error{"Migrate": s.Migrate, "Ready": s.Ready} {
		if err := f(t.Context()); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want the reason %q", name, err, reason)
		}
	}
}

func TestBothDialectsHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	names := map[string][]string{}
	for _, dialect := range []string{"postgres", "sqlite"} {
		files, err := fs.ReadDir(migrations.Files, dialect)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names[dialect] = append(names[dialect], f.Name())
		}
	}
	if !slices.Equal(names["postgres"], names["sqlite"]) {
		t.Errorf("got %v", names)
	}
}
