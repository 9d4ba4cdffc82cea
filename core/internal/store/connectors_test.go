package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/catalog"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

func TestPackagesAreKeptWhileAConnectorHasThem(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(*testing.T) string{"SQLite": func(t *testing.T) string { return sqliteURL(t) }, "Postgres": func(t *testing.T) string { return testenv.Postgres(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url(t))
			now := time.Now()
			raw := bytes.Repeat([]byte("\x00\xff'\\?"), 1000)
			keep := func(sha256 string, at time.Time) {
				t.Helper()
				if err := s.SavePackage(t.Context(), sha256, raw, at); err != nil {
					t.Fatal(err)
				}
			}
			kept := func(sha256 string, want bool) {
				t.Helper()
				got, err := s.Package(t.Context(), sha256)
				if err != nil || want && !bytes.Equal(got, raw) || !want && len(got) > 0 {
					t.Errorf("package %s: %d bytes, %v", sha256, len(got), err)
				}
			}
			keep("used", now.Add(-2*time.Hour))
			if err := s.SaveConnector(t.Context(), catalog.Connector{Name: "desk", Version: "1.0.0", SHA256: "used", InstalledAt: now, ChosenAt: now}); err != nil {
				t.Fatal(err)
			}
			keep("unused", now.Add(-2*time.Hour))
			keep("coming", now.Add(-time.Minute))
			keep("last", now)
			keep("last", now)
			kept("used", true)
			kept("unused", false)
			kept("coming", true)
			kept("last", true)
			kept("unknown", false)
		})
	}
}
