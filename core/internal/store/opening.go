package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// opening opens connections to Postgres whose transactions take fewer round trips than database/sql would: locks and the
// clock come with the one that begins them, and statements whose outcome nobody waits for go with the one that ends them.
// A round trip is most of what a short statement costs.
type opening struct{ driver.Connector }

// Connect opens a connection.
func (o opening) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := o.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &opener{Conn: c.(*stdlib.Conn)}, nil
}

// opener is such a connection.
type opener struct {
	*stdlib.Conn
	last []statement // of a unit, and not sent yet
}

// statement is one with its arguments.
type statement struct {
	text string
	args []any
}

// last is the first argument of a statement that is put by until the end of its unit; soon says that there it is, and that
// other units follow in the transaction. After the last one the commit takes along what was put by.
type (
	last struct{}
	soon struct{}
)

// IsValid reports whether the connection may be used by somebody else: whoever gives up a statement breaks it.
func (o *opener) IsValid() bool { return !o.Conn.Conn().IsClosed() }

// ExecContext carries out a statement, or puts it by.
func (o *opener) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) > 0 {
		switch args[0].Value.(type) {
		case last:
			s := statement{text: text}
			for _, a := range args[1:] {
				s.args = append(s.args, a.Value)
			}
			o.last = append(o.last, s)
			return driver.ResultNoRows, nil
		case soon:
			return driver.ResultNoRows, o.catchUp(ctx)
		}
	}
	return o.Conn.ExecContext(ctx, text, args)
}

// catchUp sends what was put by, and more after it, in one round trip.
func (o *opener) catchUp(ctx context.Context, more ...statement) error {
	all := append(o.last, more...)
	o.last = nil
	if len(all) == 0 {
		return nil
	}
	var batch pgx.Batch
	for _, s := range all {
		batch.Queue(s.text, s.args...)
	}
	return o.Conn.Conn().SendBatch(ctx, &batch).Close()
}

// QueryContext asks for rows. What has no arguments is not asked again in the same words, so there is nothing to prepare.
func (o *opener) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) == 0 {
		args = []driver.NamedValue{{Ordinal: 1, Value: pgx.QueryExecModeSimpleProtocol}}
	}
	return o.Conn.QueryContext(ctx, text, args)
}

type holdingKey struct{}

// holding is what a transaction wants of the round trip that begins it.
type holding struct {
	locks []string  // texts as they stand in a statement, in the order in which all transactions take them
	now   time.Time // by the database's clock, when they were taken
}

func withHolding(ctx context.Context, h *holding) context.Context {
	return context.WithValue(ctx, holdingKey{}, h)
}

// BeginTx begins a transaction. Each statement of the text has a snapshot of its own, so what comes after the locks sees
// what was committed before they were given.
func (o *opener) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	h, ok := ctx.Value(holdingKey{}).(*holding)
	if !ok {
		return o.Conn.BeginTx(ctx, options)
	}
	conn := o.Conn.Conn()
	if conn.IsClosed() {
		return nil, driver.ErrBadConn
	}
	text := []byte("begin")
	for _, lock := range h.locks {
		text = append(append(append(text, "; SELECT pg_advisory_xact_lock(hashtextextended("...), lock...), ", 0))"...)
	}
	text = append(text, "; SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"...)
	results, err := conn.PgConn().Exec(ctx, string(text)).ReadAll()
	opened := &opened{ctx: ctx, opener: o}
	if err == nil {
		h.now, err = clockOf(results)
	}
	if err != nil {
		_ = opened.Rollback() // err says more
		return nil, err
	}
	return opened, nil
}

// clockOf reads the clock from what a transaction's first round trip brought back.
func clockOf(results []*pgconn.Result) (time.Time, error) {
	last := results[len(results)-1].Rows
	if len(last) != 1 || len(last[0]) != 1 {
		return time.Time{}, fmt.Errorf("begin a transaction: %d rows of a clock", len(last))
	}
	micros, err := strconv.ParseInt(string(last[0][0]), 10, 64)
	return time.UnixMicro(micros).UTC(), err
}

// opened is a transaction that an opener has begun.
type opened struct {
	ctx context.Context // driver.Tx has no other way
	*opener
}

// Commit ends the transaction, after the statements that were put by for it: should one of them fail, nothing is
// committed. The error is pgx.ErrTxCommitRollback if an earlier one had.
func (t *opened) Commit() error {
	conn := t.opener.Conn.Conn()
	if len(t.last) == 0 {
		tag, err := conn.Exec(t.ctx, "commit")
		if err == nil && tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
		if err != nil {
			t.giveUp()
		}
		return err
	}
	err := t.catchUp(t.ctx, statement{text: "commit"})
	if err != nil && conn.PgConn().TxStatus() != 'I' {
		_ = t.Rollback() // err says more
	}
	return err
}

// Rollback ends the transaction without a trace.
func (t *opened) Rollback() error {
	t.last = nil
	_, err := t.opener.Conn.Conn().Exec(t.ctx, "rollback")
	if err != nil {
		t.giveUp()
	}
	return err
}

// giveUp closes a connection that may still be in the transaction.
func (t *opened) giveUp() {
	conn := t.opener.Conn.Conn()
	if conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // there is an error to return already
}
