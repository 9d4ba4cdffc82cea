package store

import (
	"context"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/retention"
)

// Between the look and the removal somebody may take a run up again.
func TestWhatIsOldNoMoreIsNotRemoved(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, t.TempDir()+"/cordboard.db")
	s.exec(t, "INSERT INTO workspaces (id, name, time_zone, created_at) VALUES ('w', 'w', 'UTC', 0)")
	s.exec(t, "INSERT INTO flows VALUES ('f', 'w', 'verify', '', 1, '', 'v', 1, 0, 0, NULL, 0)")
	s.exec(t, "INSERT INTO flow_versions VALUES ('v', 'w', 'f', 1, '', '{}', '', '', 0, '')")
	s.exec(t, `INSERT INTO runs SELECT 'run_' || column1, 'w', 'f', 'v', 'e', 'c', 1, '', column2, '', '', 1, NULL, NULL, NULL, '', 1, column3, NULL, '', NULL
		FROM (VALUES ('0', 'failed', 2), ('1', 'running', NULL))`)
	now := time.Now()
	p := prunables[retention.Runs]
	err := s.update(t.Context(), func(ctx context.Context, tx *tx) error {
		still, err := p.check(ctx, tx, now, []string{"run_0", "run_1", "run_gone"})
		if len(still) != 1 || still[0] != "run_0" {
			t.Errorf("to be removed: %q", still)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
