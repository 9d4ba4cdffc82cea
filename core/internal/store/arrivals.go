package store

import (
	"context"
	"errors"
	"sync"
)

// arrivals makes webhook requests durable. Those that come while an insert is under way share the next one, and on
// Postgres they have connections that nothing else uses: what the gateway does with a request never keeps another from being
// stored.
type arrivals struct {
	committer *committer
	queue     chan *arrival
	closing   chan struct{}
	once      sync.Once
	workers   sync.WaitGroup
}

// arrival is a request on its way into the database.
type arrival struct {
	row   requestRow
	fresh bool
	done  chan error // room for one; what was sent there, fresh and row's time are then settled
}

func startArrivals(c *committer, workers int) *arrivals {
	a := &arrivals{committer: c, queue: make(chan *arrival), closing: make(chan struct{})}
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
	err := a.committer.write(context.Background(), nil, func(ctx context.Context, t *tx) error { return t.insertArrivals(ctx, batch) })
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

// insertArrivals stores those requests of a batch that are no copies of one that is stored.
func (t *tx) insertArrivals(ctx context.Context, batch []*arrival) error {
	rows := make([]requestRow, len(batch))
	for i, one := range batch {
		one.row.ReceivedAt = at(t.now)
		rows[i] = one.row
	}
	stored, err := rowsOf[string](ctx, t.db, t.db.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Returning("id"))
	if err != nil {
		return err
	}
	fresh := make(map[string]bool, len(stored))
	for _, id := range stored {
		fresh[id] = true
	}
	for _, one := range batch {
		one.fresh = fresh[one.row.ID]
	}
	return nil
}
