package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/testenv"
)

// onEach runs a test on both databases.
func onEach(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, openMigrated(t, t.TempDir()+"/cordboard.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, openMigrated(t, testenv.Postgres(t))) })
}

func (t *tx) putByNode(ctx context.Context, id string) error {
	return t.executeLast(ctx, t.db.NewRaw("INSERT INTO nodes (id, started_at, seen_at) VALUES (?, ?, ?)", id, at(t.now), at(t.now)))
}

func (s *Store) countNodes(t *testing.T, ctx context.Context, tx *tx) (n int) {
	t.Helper()
	var err error
	if tx == nil {
		err = s.read.NewRaw("SELECT count(*) FROM nodes").Scan(ctx, &n)
	} else {
		err = tx.db.NewRaw("SELECT count(*) FROM nodes").Scan(ctx, &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhatAUnitPutsByIsThereForTheNext: units that share a commit may be about the same contact, and the second has to see
// what the first heard (R2).
func TestWhatAUnitPutsByIsThereForTheNext(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *Store) {
		seen := -1
		first := newUnit(func(ctx context.Context, tx *tx) error { return tx.putByNode(ctx, "a") })
		second := newUnit(func(ctx context.Context, tx *tx) error {
			seen = s.countNodes(t, ctx, tx)
			return tx.putByNode(ctx, "b")
		})
		if err := s.committer.attempt([]*unit{first, second}); err != nil {
			t.Fatal(err)
		}
		if n := s.countNodes(t, t.Context(), nil); seen != 1 || n != 2 {
			t.Errorf("the second unit saw %d, %d were committed", seen, n)
		}
	})
}

// TestWhatAUnitPutsByFailsTheUnit and nobody else's.
func TestWhatAUnitPutsByFailsTheUnit(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *Store) {
		good := newUnit(func(ctx context.Context, tx *tx) error { return tx.putByNode(ctx, "a") })
		bad := newUnit(func(ctx context.Context, tx *tx) error {
			return errors.Join(tx.putByNode(ctx, "b"), tx.putByNode(ctx, "b"))
		})
		s.committer.commit([]*unit{good, bad})
		if err := <-good.done; err != nil {
			t.Errorf("the unit beside it failed: %v", err)
		}
		if err := <-bad.done; err == nil || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("the error is %v", err)
		}
		if n := s.countNodes(t, t.Context(), nil); n != 1 {
			t.Errorf("%d were committed", n)
		}
		if err := s.update(t.Context(), func(ctx context.Context, tx *tx) error { return tx.putByNode(ctx, "c") }); err != nil {
			t.Errorf("the next unit: %v", err)
		}
	})
}

// TestAUnitThatHidesAnErrorIsNotCommitted: Postgres has given its transaction up, whatever the unit says.
func TestAUnitThatHidesAnErrorIsNotCommitted(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, testenv.Postgres(t))
	for _, putsBy := range []bool{false, true} {
		err := s.update(t.Context(), func(ctx context.Context, tx *tx) error {
			_, _ = tx.db.ExecContext(ctx, "SELECT 1 / 0")
			if putsBy {
				return tx.putByNode(ctx, "a")
			}
			return nil
		})
		if err == nil {
			t.Errorf("puts by %v: no error", putsBy)
		}
	}
	if n := s.countNodes(t, t.Context(), nil); n != 0 {
		t.Errorf("%d were committed", n)
	}
}

func newUnit(do func(ctx context.Context, tx *tx) error) *unit {
	return &unit{ctx: context.Background(), do: do, done: make(chan error, 1)}
}

// TestAConnectionThatBrokeIsNotHandedOn: whoever gives up a query breaks its connection, and others wait for one.
func TestAConnectionThatBrokeIsNotHandedOn(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, testenv.Postgres(t))
	s.read.SetMaxOpenConns(1)
	var reads sync.WaitGroup
	for range 20 {
		reads.Go(func() {
			conn, err := s.read.DB.Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			ctx, giveUp := context.WithTimeout(t.Context(), time.Millisecond)
			defer giveUp()
			_, _ = conn.ExecContext(ctx, "SELECT pg_sleep(10)") // it is given up
			_ = conn.Close()
		})
		reads.Go(func() {
			var one int
			if err := s.read.NewRaw("SELECT 1").Scan(t.Context(), &one); err != nil || one != 1 {
				t.Errorf("got %d, %v", one, err)
			}
		})
	}
	reads.Wait()
}
