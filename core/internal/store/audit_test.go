package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/store"
)

// Whoever can write to the database can drop what keeps rows from being changed. The chain tells of it.
func TestATamperedAuditLogIsFound(t *testing.T) {
	t.Parallel()
	drop := map[string]string{"SQLite": "DROP TRIGGER audit_events_are_final", "Postgres": "DROP TRIGGER audit_events_are_final ON audit_events"}
	cases := map[string]struct {
		tamper string
		want   string
	}{
		"nothing":               {"SELECT 1", ""},
		"an actor":              {"UPDATE audit_events SET actor = 'usr_bo' WHERE number = 2", "entry 2 was changed"},
		"an old value":          {`UPDATE audit_events SET after = '{"name":"x"}' WHERE number = 3`, "entry 3 was changed"},
		"a time":                {"UPDATE audit_events SET at = (SELECT at FROM audit_events WHERE number = 4) WHERE number = 1", "entry 1 was changed"},
		"an entry in between":   {"DELETE FROM audit_events WHERE number = 3", "entries 3 to 3 are missing"},
		"the first entries":     {"DELETE FROM audit_events WHERE number < 3", "the log begins after entry 2:"},
		"a hash with its entry": {"UPDATE audit_events SET hash = previous WHERE number = 2", "entry 2 was changed; entry 3 does not follow from entry 2"},
	}
	for kind, database := range databases {
		for name, c := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				s, raw := database.setup(t)
				if err := s.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				w, err := s.EnsureWorkspace(t.Context(), "default", "UTC")
				if err != nil {
					t.Fatal(err)
				}
				appendEntries(t, s, w.ID, 5)
				if _, err := raw.ExecContext(t.Context(), "UPDATE audit_events SET actor = 'usr_bo'"); err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Errorf("a plain update: %v", err)
				}
				for _, statement := range []string{drop[kind], c.tamper} {
					if _, err := raw.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				if got := strings.Join(check(t, s, w.ID).Problems, "; "); c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
					t.Errorf("problems: %q, want %q", got, c.want)
				}
			})
		}
	}
}

func appendEntries(t *testing.T, s *store.Store, workspaceID string, n int) {
	t.Helper()
	ctx := access.ActingAs(t.Context(), access.Actor{WorkspaceID: workspaceID, ID: "usr_ana"})
	for i := range n {
		if _, err := s.InsertToken(ctx, access.Token{ID: id.New("tok"), WorkspaceID: workspaceID, Name: fmt.Sprint(i), Hash: []byte(id.New("h"))}); err != nil {
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, s *store.Store, workspaceID string) access.AuditReport {
	t.Helper()
	var c access.Chain
	if err := s.WalkAudit(t.Context(), workspaceID, c.Add); err != nil {
		t.Fatal(err)
	}
	return c.Report("default")
}
