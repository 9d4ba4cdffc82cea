package store_test

import (
	"path/filepath"
	"testing"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/store/storetest"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

var (
	_ engine.Store = (*store.Store)(nil)
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) *store.Store { return open(t, sqliteURL(t)) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) *store.Store { return open(t, testenv.Postgres(t)) })
}

func sqliteURL(t testing.TB) string { return filepath.Join(t.TempDir(), "100% data?.db") }

// open returns a store on a migrated database.
func open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
