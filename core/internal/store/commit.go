package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
)

const (
	batchSize          = 64               // units that share a commit at most
	retries            = 5                // of a transaction that lost against another or lost its connection
	transactionTimeout = 15 * time.Second // the longest a batch may take, should the network swallow an answer
)

// Write runs unit in a transaction, as engine.Store says. It returns ErrOutcomeUnknown when the commit was not
// answered, and the context's error when that ends before the unit has begun; once begun it comes to its end.
func (s *Store) Write(ctx context.Context, contactIDs []string, unit func(ctx context.Context, tx engine.Tx) error) error {
	var locks []string
	for _, one := range contactIDs {
		if one != "" {
			locks = append(locks, "contact "+one)
		}
	}
	return s.committer.write(ctx, locks, func(ctx context.Context, t *tx) error { return unit(ctx, t) })
}

// update is Write for the store's own units, without a contact.
func (s *Store) update(ctx context.Context, unit func(ctx context.Context, t *tx) error) error {
	return s.committer.write(ctx, nil, unit)
}

// tx is one unit's view of a transaction, with the clock as it was when the transaction's locks were taken.
type tx struct {
	db  bun.Tx
	now time.Time

	by       access.Actor   // on whose behalf; zero: the gateway's own work
	intent   *access.Intent // what somebody has asked for and nobody has recorded; nil: nothing
	recorded bool           // that intent was, here

	numbered []conversation.Message // inbound ones that are to be stored, or are
}

func (t *tx) Now() time.Time { return t.now }

// unit is what one caller wants done in a transaction.
type unit struct {
	ctx   context.Context
	locks []string
	do    func(ctx context.Context, t *tx) error
	state atomic.Int32
	done  chan error // room for one

	recorded *access.Intent // what the last try recorded; nil: nothing
}

const (
	unitIdle      int32 = iota // its caller may still give it up
	unitTaken                  // in a transaction that may commit
	unitAbandoned              // its caller has gone
)

// take claims the unit for a transaction, unless its caller has given up.
func (u *unit) take() bool {
	if err := u.ctx.Err(); err != nil && u.state.CompareAndSwap(unitIdle, unitAbandoned) {
		u.done <- err
	}
	return u.state.CompareAndSwap(unitIdle, unitTaken)
}

func (u *unit) release() { u.state.CompareAndSwap(unitTaken, unitIdle) }

// run keeps a panic within the unit that caused it: it has neighbours.
func (u *unit) run(ctx context.Context, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a unit: %v\n%s", p, debug.Stack())
		}
	}()
	t.by, t.intent, u.recorded = access.ActorOf(u.ctx), access.IntentOf(u.ctx), nil
	err = u.do(ctx, t)
	if t.recorded {
		u.recorded = t.intent
	}
	return err
}

// committer runs units in transactions. While its workers are busy units pile up, and the next worker takes all
// that wait into one transaction: under load commits are shared, and when idle nobody waits for company.
type committer struct {
	db      *bun.DB
	queue   chan *unit
	closing chan struct{}
	once    sync.Once
	workers sync.WaitGroup
}

func startCommitter(db *bun.DB, workers int) *committer {
	c := &committer{db: db, queue: make(chan *unit), closing: make(chan struct{})}
	for range workers {
		c.workers.Go(c.work)
	}
	return c
}

func (c *committer) close() {
	c.once.Do(func() { close(c.closing) })
	c.workers.Wait()
}

func (c *committer) write(ctx context.Context, locks []string, do func(context.Context, *tx) error) error {
	if by := access.ActorOf(ctx); by.ID != "" {
		locks = append(locks, auditLock(by.WorkspaceID))
	}
	u := &unit{ctx: ctx, locks: locks, do: do, done: make(chan error, 1)}
	select {
	case c.queue <- u:
	case <-c.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-u.done:
		return err
	case <-ctx.Done():
		if u.state.CompareAndSwap(unitIdle, unitAbandoned) {
			return ctx.Err()
		}
		return <-u.done
	}
}

func (c *committer) work() {
	for {
		select {
		case first := <-c.queue:
			c.commit(c.gather(first))
		case <-c.closing:
			return
		}
	}
}

// gather takes what waits in the queue at this moment.
func (c *committer) gather(first *unit) []*unit {
	batch := []*unit{first}
	for len(batch) < batchSize {
		select {
		case u := <-c.queue:
			batch = append(batch, u)
		default:
			return batch
		}
	}
	return batch
}

// commit brings a batch to its end. If it fails for another reason than a broken connection, one of the units is to
// blame, so each is run alone and the others don't suffer.
func (c *committer) commit(batch []*unit) {
	err := again(func() error { return c.attempt(batch) }, func(err error) bool { return conflict(err) && len(batch) > 1 })
	if err != nil && len(batch) > 1 && !errors.Is(err, ErrOutcomeUnknown) && (conflict(err) || !retryable(err)) {
		for _, u := range batch {
			c.commit([]*unit{u})
		}
		return
	}
	for _, u := range batch {
		if u.state.Load() != unitAbandoned {
			if err == nil && u.recorded != nil {
				u.recorded.Done.Store(true)
			}
			u.done <- err
		}
	}
}

// again does what may have lost against another transaction, or lost its connection before anything was certain, until it
// succeeds, fails for another reason, or unless says that its error is to be dealt with.
func again(do func() error, unless func(err error) bool) error {
	for try := 0; ; try++ {
		err := do()
		if err == nil || errors.Is(err, ErrOutcomeUnknown) || !retryable(err) || try == retries || unless(err) {
			return err
		}
		pause := 10 * time.Millisecond << try
		time.Sleep(pause + rand.N(pause))
	}
}

// attempt runs a batch in one transaction, unit after unit.
func (c *committer) attempt(batch []*unit) (err error) {
	ctx := context.Background()
	if !isSQLite(c.db) { // which swallows no answers, and whose driver has each statement watched by somebody if there is a limit
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, transactionTimeout)
		defer cancel()
	}
	db, now, err := c.begin(ctx, batch)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && !errors.Is(err, ErrOutcomeUnknown) {
			_ = db.Rollback() // err says more, and a transaction that is not committed is rolled back in any case
			for _, u := range batch {
				u.release()
			}
		}
	}()
	var before *tx
	for _, u := range batch {
		if !u.take() {
			continue
		}
		if before != nil {
			if err := before.finish(ctx); err != nil {
				return err
			}
		}
		before = &tx{db: db, now: now}
		if err := u.run(ctx, before); err != nil {
			return err
		}
	}
	if err := db.Commit(); err != nil {
		return commitError(err)
	}
	return nil
}

// locksOf returns the locks that a batch takes, each once and in the order in which all transactions take them, as texts of
// a statement.
func (c *committer) locksOf(batch []*unit) []string {
	var names []string
	for _, u := range batch {
		names = append(names, u.locks...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for i, name := range names {
		names[i] = string(c.db.Dialect().AppendString(nil, name))
	}
	return names
}

// begin begins a transaction that holds the locks of a batch until it ends, and returns the clock as it is then. SQLite's
// single writer holds all locks there are.
func (c *committer) begin(ctx context.Context, batch []*unit) (bun.Tx, time.Time, error) {
	if isSQLite(c.db) {
		db, err := c.db.BeginTx(ctx, nil)
		return db, processClock(), err
	}
	h := &holding{locks: c.locksOf(batch)}
	db, err := c.db.BeginTx(withHolding(ctx, h), nil)
	return db, h.now, err
}
