package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// arriving is how many inserts of webhook requests run at once.
const arriving = 2

// openPostgres opens a pool for the committers and one for reads, so that a console full of lists can't keep an
// incoming webhook from being stored. Migrations have theirs, which keeps no connection and lets a statement take its
// time: goose holds one connection while it asks for another, so a limit could be a deadlock.
func openPostgres(url string, o Options) (pools, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return pools{}, errors.New("open database: the Postgres URL is not valid") // pgx's words may quote the URL
	}
	config.ConnectTimeout = 3 * time.Second
	config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	for name, value := range map[string]string{
		"application_name":                    "cordboard",
		"jit":                                 "off", // compiling takes longer than any statement here
		"default_transaction_isolation":       "read committed",
		"statement_timeout":                   "10s",
		"lock_timeout":                        "2s",
		"idle_in_transaction_session_timeout": "15s",
	} {
		config.RuntimeParams[name] = value
	}
	pool := func(config *pgx.ConnConfig, open, idle int) *bun.DB {
		db := sql.OpenDB(opening{stdlib.GetConnector(*config, stdlib.OptionResetSession(writable))})
		db.SetMaxOpenConns(open)
		db.SetMaxIdleConns(idle)
		db.SetConnMaxLifetime(30 * time.Minute)
		return bun.NewDB(db, textual{pgdialect.New()})
	}
	// A statement of a unit finds its rows by a key. A plan that was kept while a table had one page must not be one that
	// reads the whole table when it has a million. Its values change nothing of that, so that the plan for any is made once:
	// else Postgres makes one for each of the first five uses on each connection, which takes longer than the statement.
	keyed := config.Copy()
	keyed.RuntimeParams["enable_seqscan"] = "off"
	keyed.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	patient := config.Copy()
	patient.RuntimeParams["statement_timeout"] = "0"
	return pools{
		write:   pool(keyed, o.Committers, o.Committers),
		arrive:  pool(keyed, arriving, arriving),
		read:    pool(config, o.Readers, o.Readers),
		migrate: pool(patient, 0, -1), // 0 is no limit, -1 none
	}, nil
}

// writable gives up a session whose server has told that it takes no writes any more, as one does after a fail-over, so
// that a new one is opened with whichever does.
func writable(_ context.Context, c *pgx.Conn) error {
	for _, name := range []string{"in_hot_standby", "default_transaction_read_only"} {
		if c.PgConn().ParameterStatus(name) == "on" {
			return driver.ErrBadConn
		}
	}
	return nil
}

// retryable reports whether the same transaction may succeed when it is run again: it lost against another one, or
// the connection broke. It must not be asked about a commit's error.
func retryable(err error) bool {
	if busy(err) || outgrown(err) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01", // serialisation failure, deadlock
			"55P03",                            // lock timeout
			"57P01", "57P02", "57P03", "53300", // shutting down, crashed, starting, too many connections
			"25006": // read-only: this server is no longer the primary
			return true
		}
		return strings.HasPrefix(pg.Code, "08")
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	var network net.Error
	return !errors.Is(err, context.DeadlineExceeded) && (errors.As(err, &network) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// commitError tells a commit that the database refused, which is certain, from one that it did not answer.
func commitError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "08") && pg.Code != "57P01" && pg.Code != "57P02" {
		return err
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

// unsent reports whether a statement has certainly not reached the database: there was no connection, or it was known to be
// broken. database/sql hides what the driver said of that behind ErrBadConn.
func unsent(err error) bool {
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err)
}

// conflict reports whether a transaction lost against another one: a deadlock, a lock that did not come.
func conflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "55P03")
}
