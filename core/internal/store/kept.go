package store

import (
	"context"
	"database/sql/driver"
)

// mostKept bounds the statements that a connection keeps; a text is as long as the rows of a batch make it, so there is no
// end to them.
const mostKept = 512

// keeping opens connections to SQLite that keep the statements which prepare has given places. The driver parses each text
// anew, which takes longer than carrying a short one out. (The one for Postgres keeps them by itself.)
type keeping struct{ driver.Connector }

// Connect opens a connection.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keeper{sqliteConn: c.(sqliteConn), kept: map[string]sqliteStmt{}}, nil
}

// sqliteConn is what database/sql makes use of in a connection of the driver.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeper is a connection with the statements it keeps. Like any connection it has one user at a time, and whoever reads
// rows reads all of them before the same statement comes again.
type keeper struct {
	sqliteConn
	kept map[string]sqliteStmt
}

// ExecContext carries out a statement.
func (k *keeper) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.keep(ctx, text, args)
	if err != nil || s == nil {
		return k.sqliteConn.ExecContext(ctx, text, args)
	}
	return s.ExecContext(ctx, args)
}

// QueryContext asks for rows.
func (k *keeper) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.keep(ctx, text, args)
	if err != nil || s == nil {
		return k.sqliteConn.QueryContext(ctx, text, args)
	}
	return s.QueryContext(ctx, args)
}

// keep returns the kept statement of a text; nil for a text that nobody has prepared, or when there are enough.
func (k *keeper) keep(ctx context.Context, text string, args []driver.NamedValue) (sqliteStmt, error) {
	if s, ok := k.kept[text]; ok {
		return s, nil
	}
	if len(args) == 0 || len(k.kept) == mostKept {
		return nil, nil
	}
	s, err := k.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	k.kept[text] = s.(sqliteStmt)
	return k.kept[text], nil
}

// Close closes the connection with all that it keeps.
func (k *keeper) Close() error {
	for _, s := range k.kept {
		_ = s.Close() // the connection's own error says more
	}
	return k.sqliteConn.Close()
}
