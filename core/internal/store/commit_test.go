package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cordboard/cordboard/core/internal/testenv"
)

// Two units that update the same rows in opposite order, without a common lock, deadlock on Postgres. One is rolled
// back and run again.
func TestDeadlockedUnitsRunAgain(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, testenv.Postgres(t))
	for _, node := range []string{"a", "b"} {
		if err := s.RegisterNode(t.Context(), node, false); err != nil {
			t.Fatal(err)
		}
	}
	var units sync.WaitGroup
	var runs atomic.Int64
	begin := func(first, second string, hasFirst chan<- struct{}, other <-chan struct{}) {
		var once sync.Once
		units.Go(func() {
			err := s.update(t.Context(), func(ctx context.Context, tx *tx) error {
				runs.Add(1)
				if err := tx.seeNode(ctx, first); err != nil {
					return err
				}
				once.Do(func() { close(hasFirst) })
				<-other
				return tx.seeNode(ctx, second)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	a, b := make(chan struct{}), make(chan struct{})
	begin("a", "b", a, b)
	<-a // so that the two are in two transactions
	begin("b", "a", b, a)
	units.Wait()
	if n := runs.Load(); n < 3 {
		t.Errorf("%d runs: they did not deadlock", n)
	}
}

func TestUnitsThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openMigrated(t, dir+"/cordboard.db")
		release := make(chan struct{})
		const n = 10
		var units sync.WaitGroup
		transactions := map[*sql.Tx]int{}
		unit := func(wait <-chan struct{}) {
			err := s.update(t.Context(), func(_ context.Context, tx *tx) error {
				transactions[tx.db.Tx]++
				if wait != nil {
					<-wait
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		units.Go(func() { unit(release) }) // keeps the only committer busy
		synctest.Wait()
		for range n {
			units.Go(func() { unit(nil) })
		}
		synctest.Wait()
		close(release)
		units.Wait()
		if len(transactions) != 2 {
			t.Errorf("%d units took %d transactions, want 1 and 1", n+1, len(transactions))
		}
	})
}

func TestACallerWhoGivesUpLeavesTheQueue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openMigrated(t, dir+"/cordboard.db")
		release := make(chan struct{})
		var busy sync.WaitGroup
		busy.Go(func() {
			if err := s.update(t.Context(), func(context.Context, *tx) error { <-release; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		ran := false
		var caller sync.WaitGroup
		caller.Go(func() {
			if err := s.update(ctx, func(context.Context, *tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		cancel()
		caller.Wait() // while the committer is still busy
		close(release)
		busy.Wait()
		if ran {
			t.Error("its unit ran all the same")
		}
	})
}
