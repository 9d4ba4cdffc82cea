// Package store keeps everything durable in one SQL database, Postgres or SQLite, through bun. It knows tables,
// transactions and locks; what a row means is the business of the packages whose words it stores. Row structs stay
// in here.
//
// All writes go through one committer (see Write), which gives units of concurrent callers a common commit. Reads
// use connections of their own and never wait for a writer.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/cordboard/cordboard/core/internal/engine"
)

// ErrNotFound is returned for a row that is not there. It is the engine's word, so that either may be tested for.
var ErrNotFound = engine.ErrNotFound

// ErrTaken is returned when a name is another row's already.
var ErrTaken = errors.New("name is taken")

// ErrStale is returned when a row has changed since the caller read it.
var ErrStale = engine.ErrStale

// ErrClosed is returned for a write after Close has begun.
var ErrClosed = errors.New("store is closed")

// ErrOutcomeUnknown is returned by writes whose commit was sent and never answered: they may have taken effect. The
// caller does the same again, which is harmless, since it brings its own ids and keys.
var ErrOutcomeUnknown = errors.New("commit was not answered: outcome unknown")

// Options tune a Store; the zero value works.
type Options struct {
	Committers int // how many transactions run at once on Postgres, 4 if zero; SQLite has one writer
	Readers    int // how many connections reads may take, 10 if zero
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	pools
	committer *committer
	arrivals  *arrivals
}

// pools are a database's connections, apart by what they are for.
type pools struct {
	write   *bun.DB // the committers'
	arrive  *bun.DB // of webhook requests alone; nil where one connection writes
	read    *bun.DB
	migrate *bun.DB
}

func (p pools) close() error {
	err := errors.Join(p.write.Close(), p.read.Close(), p.migrate.Close())
	if p.arrive != nil {
		err = errors.Join(err, p.arrive.Close())
	}
	return err
}

// Open connects to a database: a postgres:// URL, a file: URL or the path of a SQLite file, which is made if it is
// not there. It neither creates nor checks tables; see Migrate and Ready.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if o.Committers <= 0 {
		o.Committers = 4
	}
	if o.Readers <= 0 {
		o.Readers = 10
	}
	open := openSQLite
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		open = openPostgres
	} else {
		o.Committers = 1
	}
	pools, err := open(url, o)
	if err != nil {
		return nil, err
	}
	s := &Store{pools: pools}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), pools.close())
	}
	s.committer = startCommitter(pools.write, o.Committers)
	if pools.arrive == nil {
		s.arrivals = startArrivals(s.putArrivals, 1)
	} else {
		s.arrivals = startArrivals(s.putArrivalsAlone, arriving)
	}
	return s, nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.write.PingContext(ctx) }

// Close lets the writes that have begun come to their end, refuses others and closes the connections.
func (s *Store) Close() error {
	s.arrivals.close()
	s.committer.close()
	return s.pools.close()
}

// Now is the database's clock.
func (s *Store) Now(ctx context.Context) (time.Time, error) { return clock(ctx, s.read) }

func clock(ctx context.Context, db bun.IDB) (time.Time, error) {
	if isSQLite(db) {
		return processClock(), nil
	}
	var now stamp
	err := db.NewRaw("SELECT clock_timestamp()").Scan(ctx, &now)
	return now.Time, err
}

func isSQLite(db bun.IDB) bool { return db.Dialect().Name() == dialect.SQLite }

// found turns the absence of a row into ErrNotFound.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// changed reports whether a statement touched a row.
func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
