package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// arrivals makes webhook requests durable. Those that come while an insert is under way share the next one, and on
// Postgres they have connections that nothing else uses: what the gateway does with a request never keeps another from being
// stored.
type arrivals struct {
	put     func(batch []*arrival) error
	queue   chan *arrival
	closing chan struct{}
	once    sync.Once
	workers sync.WaitGroup
}

// arrival is a request on its way into the database.
type arrival struct {
	row   requestRow
	fresh bool
	done  chan error // room for one; what was sent there, fresh and row's time are then settled
}

// startArrivals begins to take requests. put stores all those of a batch, or none; what is no copy it marks as fresh.
func startArrivals(put func(batch []*arrival) error, workers int) *arrivals {
	a := &arrivals{put: put, queue: make(chan *arrival), closing: make(chan struct{})}
	for range workers {
		a.workers.Go(a.work)
	}
	return a
}

func (a *arrivals) close() {
	a.once.Do(func() { close(a.closing) })
	a.workers.Wait()
}

// store returns once the request is durable, or a copy of it has been before.
func (a *arrivals) store(ctx context.Context, row requestRow) (requestRow, bool, error) {
	one := &arrival{row: row, done: make(chan error, 1)}
	select {
	case a.queue <- one:
	case <-a.closing:
		return row, false, ErrClosed
	case <-ctx.Done():
		return row, false, ctx.Err()
	}
	select {
	case err := <-one.done:
		return one.row, one.fresh, err
	case <-ctx.Done(): // it may yet be stored; its sender comes again with the same delivery key
		return row, false, ctx.Err()
	}
}

func (a *arrivals) work() {
	for {
		select {
		case first := <-a.queue:
			a.insert(a.gather(first))
		case <-a.closing:
			return
		}
	}
}

// gather takes what waits in the queue at this moment.
func (a *arrivals) gather(first *arrival) []*arrival {
	batch := []*arrival{first}
	for len(batch) < batchSize {
		select {
		case one := <-a.queue:
			batch = append(batch, one)
		default:
			return batch
		}
	}
	return batch
}

// insert stores a batch; a request that the database refuses fails alone.
func (a *arrivals) insert(batch []*arrival) {
	err := a.put(batch)
	if err != nil && len(batch) > 1 && !errors.Is(err, ErrOutcomeUnknown) && !retryable(err) {
		for _, one := range batch {
			a.insert([]*arrival{one})
		}
		return
	}
	for _, one := range batch {
		one.done <- err
	}
}

// putArrivals stores a batch in a unit beside others.
func (s *Store) putArrivals(batch []*arrival) error {
	return s.committer.write(context.Background(), nil, func(ctx context.Context, t *tx) error {
		return insertArrivals(ctx, t.db, t.now, batch)
	})
}

// putArrivalsAlone stores a batch by one statement that is its own transaction: what comes while it is under way waits for
// one answer of the database and not for three. A try whose answer was lost is made again, since the requests bring their ids:
// what the lost one stored is found by them. ErrOutcomeUnknown is returned when the database did not answer that either.
func (s *Store) putArrivalsAlone(batch []*arrival) error {
	unsure := false // whether a try may have stored them
	err := again(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), transactionTimeout)
		defer cancel()
		err := insertArrivals(ctx, s.arrive, time.Time{}, batch)
		if err == nil && unsure {
			err = findArrivals(ctx, s.arrive, batch)
		}
		unsure = unsure || err != nil && !unsent(err) && errors.Is(commitError(err), ErrOutcomeUnknown)
		return err
	}, func(error) bool { return false })
	if err != nil && unsure {
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return err
}

// findArrivals marks as fresh those requests of a batch that are stored under their own ids.
func findArrivals(ctx context.Context, db bun.IDB, batch []*arrival) error {
	ids := make([]string, len(batch))
	for i, one := range batch {
		ids[i] = one.row.ID
	}
	stored, err := rowsOf[arrivalKey](ctx, db, db.NewSelect().Table("raw_requests").Column("id", "received_at").Where("id IN (?)", bun.List(ids)))
	if err == nil {
		settle(batch, stored)
	}
	return err
}

// insertArrivals stores those requests of a batch that are no copies of one that is stored. now is the time at which they
// came; zero: the database's.
func insertArrivals(ctx context.Context, db bun.IDB, now time.Time, batch []*arrival) error {
	rows := make([]requestRow, len(batch))
	for i, one := range batch {
		one.row.ReceivedAt = at(now)
		rows[i] = one.row
	}
	insert := db.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Returning("id, received_at")
	if now.IsZero() {
		insert.Value("received_at", "clock_timestamp()")
	}
	stored, err := rowsOf[arrivalKey](ctx, db, insert)
	if err == nil {
		settle(batch, stored)
	}
	return err
}

// arrivalKey is what is asked of a request that is stored.
type arrivalKey struct {
	ID         string
	ReceivedAt stamp
}

// settle tells the requests of a batch which of them are stored.
func settle(batch []*arrival, stored []arrivalKey) {
	fresh := make(map[string]stamp, len(stored))
	for _, r := range stored {
		fresh[r.ID] = r.ReceivedAt
	}
	for _, one := range batch {
		one.row.ReceivedAt, one.fresh = fresh[one.row.ID]
	}
}
