package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver
	_ "modernc.org/sqlite"             // registers the driver

	"github.com/cordboard/cordboard/core/internal/app"
	"github.com/cordboard/cordboard/core/internal/config"
)

// raw is the gateway's database through database/sql alone, with tables of its own that have nothing but their keys.
type raw struct{ db *sql.DB }

var rawTables = []string{
	"CREATE TABLE IF NOT EXISTS bench_requests (id text PRIMARY KEY, body text NOT NULL, parsed integer)",
	"CREATE TABLE IF NOT EXISTS bench_events (id text PRIMARY KEY, body text NOT NULL)",
	"CREATE TABLE IF NOT EXISTS bench_deliveries (id text PRIMARY KEY)",
	"CREATE TABLE IF NOT EXISTS bench_runs (id text PRIMARY KEY, status text NOT NULL)",
	"CREATE TABLE IF NOT EXISTS bench_steps (id text PRIMARY KEY, output text NOT NULL)",
}

// openDatabase opens the database of a gateway with the same durability.
func openDatabase(s config.Settings) (db *sql.DB, postgres bool, err error) {
	where := app.DatabaseURL(s)
	if strings.HasPrefix(where, "postgres") {
		db, err = sql.Open("pgx", where)
		if err == nil {
			db.SetMaxOpenConns(concurrency)
			db.SetMaxIdleConns(concurrency)
		}
		return db, true, err
	}
	parameters := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)"}}
	db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: where}).EscapedPath()+"?"+parameters.Encode())
	if err == nil {
		db.SetMaxOpenConns(1) // SQLite has one writer
	}
	return db, false, err
}

func openRaw(ctx context.Context, s config.Settings) (*raw, error) {
	db, _, err := openDatabase(s)
	if err != nil {
		return nil, err
	}
	for _, statement := range rawTables {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("raw tables: %w", err), db.Close())
		}
	}
	return &raw{db: db}, nil
}

func (r *raw) close() { _ = r.db.Close() } // what was measured is printed already

// statement is SQL with its arguments.
type statement struct {
	sql  string
	args []any
}

// commit runs statements in one transaction.
func (r *raw) commit(ctx context.Context, statements ...statement) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.sql, s.args...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// receive makes a request durable.
func (r *raw) receive(ctx context.Context, id string, body []byte) error {
	return r.commit(ctx, statement{"INSERT INTO bench_requests (id, body) VALUES ($1, $2)", []any{id, string(body)}})
}

// chain is what a relay can't do without: three transactions and a call between them.
func (r *raw) chain(ctx context.Context, id string, e *echo) error {
	body := payload(id)
	if err := r.receive(ctx, id, body); err != nil {
		return err
	}
	err := r.commit(ctx,
		statement{"INSERT INTO bench_events (id, body) VALUES ($1, $2)", []any{id, string(body)}},
		statement{"INSERT INTO bench_deliveries (id) VALUES ($1)", []any{id}},
		statement{"INSERT INTO bench_runs (id, status) VALUES ($1, 'running')", []any{id}},
		statement{"INSERT INTO bench_steps (id, output) VALUES ($1, '')", []any{id}},
		statement{"UPDATE bench_requests SET parsed = 1 WHERE id = $1", []any{id}},
	)
	if err != nil {
		return err
	}
	if err := e.call(ctx, body); err != nil {
		return err
	}
	return r.commit(ctx,
		statement{"UPDATE bench_runs SET status = 'succeeded' WHERE id = $1", []any{id}},
		statement{"UPDATE bench_steps SET output = $2 WHERE id = $1", []any{id, string(body)}},
	)
}

// commitTime is the median of a commit of one row, alone on the database.
func (r *raw) commitTime(ctx context.Context, n int, atMost time.Duration) (time.Duration, error) {
	got, err := repeat(ctx, 1, n, atMost, timed(func(ctx context.Context, n int) error {
		return r.receive(ctx, fmt.Sprintf("commit-%d", n), payload("commit"))
	}))
	return got.p50, err
}
