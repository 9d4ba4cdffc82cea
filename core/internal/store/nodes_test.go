package store

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/testenv"
)

func TestListeningSince(t *testing.T) {
	t.Parallel()
	type step struct {
		do     string // register, live, leave or age
		node   string
		outage bool // whether an outage has ended with this step
	}
	cases := map[string][]step{
		"the first start is no outage":               {{"register", "a", false}},
		"a start after silence is":                   {{"register", "a", false}, {"age", "a", false}, {"register", "b", true}},
		"a start after an orderly stop and silence":  {{"register", "a", false}, {"leave", "a", false}, {"age", "a", false}, {"register", "b", true}},
		"a restart at once after an orderly stop is": {{"register", "a", false}, {"leave", "a", false}, {"register", "b", true}},
		"a restart at once after a crash is":         {{"register", "a", false}, {"register", "b", true}},
		"a second node beside one that lives is not": {{"register", "a", false}, {"live", "a", false}, {"register", "b", false}},
		"the same node's own heartbeat counts not":   {{"register", "a", false}, {"register", "a", true}},
		"a second node after an outage is not":       {{"register", "a", false}, {"age", "a", false}, {"register", "b", true}, {"live", "b", false}, {"register", "c", false}},
	}
	for database, url := range map[string]func(testing.TB) string{
		"SQLite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "cordboard.db") },
		"Postgres": testenv.Postgres,
	} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			s := openMigrated(t, url(t))
			for name, steps := range cases {
				t.Run(name, func(t *testing.T) {
					s.exec(t, "DELETE FROM nodes")
					s.exec(t, "DELETE FROM gateway")
					before := s.listeningSince(t)
					for i, step := range steps {
						s.step(t, step.do, step.node)
						after := s.listeningSince(t)
						if after.After(before) != step.outage {
							t.Errorf("step %d: listening since %s, before it %s", i+1, after, before)
						}
						before = after
					}
				})
			}
		})
	}
}

// TestANodeThatIsAloneTakesOver what a dead one left, without waiting for signs of life.
func TestANodeThatIsAloneTakesOver(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, filepath.Join(t.TempDir(), "cordboard.db"))
	alive := func(node string) (alive bool) {
		if err := s.update(t.Context(), func(ctx context.Context, tx *tx) (err error) {
			alive, err = tx.NodeAlive(ctx, node)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return alive
	}
	for _, node := range []string{"a", "b"} {
		if err := s.RegisterNode(t.Context(), node, true); err != nil {
			t.Fatal(err)
		}
	}
	if alive("a") || !alive("b") {
		t.Errorf("a lives: %v, b lives: %v", alive("a"), alive("b"))
	}
	if s.listeningSince(t).IsZero() {
		t.Error("the outage between them is not noted")
	}
}

func openMigrated(t *testing.T, url string) *Store {
	t.Helper()
	return openWith(t, url, Options{})
}

// openWith opens a migrated database.
func openWith(t *testing.T, url string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, o)
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

// live lets a node's heart beat until the test ends.
func (s *Store) live(t *testing.T, node string) {
	t.Helper()
	ended := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-ended:
				return
			case <-tick.C:
				_ = s.Heartbeat(context.Background(), node)
			}
		}
	})
	t.Cleanup(func() { close(ended); beating.Wait() })
}

func (s *Store) step(t *testing.T, do, node string) {
	t.Helper()
	switch do {
	case "register":
		if err := s.RegisterNode(t.Context(), node, false); err != nil {
			t.Fatal(err)
		}
	case "live":
		s.live(t, node)
	case "leave":
		if err := s.LeaveNode(t.Context(), node); err != nil {
			t.Fatal(err)
		}
	case "age": // as if it had last been heard of just too long ago
		now, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.exec(t, "UPDATE nodes SET seen_at = ? WHERE id = ?", at(now.Add(-nodeSilence-time.Millisecond)), node)
	}
}

func (s *Store) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := s.write.NewRaw(query, args...).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *Store) listeningSince(t *testing.T) (since time.Time) {
	t.Helper()
	err := s.update(t.Context(), func(ctx context.Context, tx *tx) (err error) {
		heard, err := tx.Reception(ctx, "")
		since = heard.Since
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return since
}
