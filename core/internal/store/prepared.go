package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Postgres takes longer to plan a short statement than to carry it out. The statements on a webhook's way to the next
// call are therefore prepared: bun writes them with places where it else writes values, so that their text is the same
// each time, and the driver keeps each text with its plan, unless default_query_exec_mode in the URL forbids that, because a
// pooler does not know prepared statements. Values that a text itself names stay in it, so that a plan can use partial
// indexes. On SQLite, whose driver keeps nothing, keeper does.

// writing is a statement of bun's that changes rows.
type writing interface {
	bun.Query
	Exec(ctx context.Context, dest ...any) (sql.Result, error)
}

// reading is one that returns rows.
type reading interface {
	bun.Query
	Scan(ctx context.Context, dest ...any) error
}

// execute carries out a statement that is often needed.
func execute(ctx context.Context, db bun.IDB, q writing) (sql.Result, error) {
	text, args, err := prepare(db, q)
	if err != nil {
		return nil, err
	}
	if tx, ok := db.(bun.Tx); ok {
		return tx.Tx.ExecContext(ctx, text, args...)
	}
	return db.(*bun.DB).DB.ExecContext(ctx, text, args...)
}

// executeLast carries out a statement at the end of its unit, where it takes no time of its own. What the unit reads meanwhile
// does not show it, and nobody is told how many rows it hit.
func (t *tx) executeLast(ctx context.Context, q writing) error {
	text, args, err := prepare(t.db, q)
	if err != nil {
		return err
	}
	if !isSQLite(t.db) {
		args = append([]any{last{}}, args...)
	}
	_, err = t.db.Tx.ExecContext(ctx, text, args...)
	return err
}

// finish carries out what a unit has put by, before another one begins or it is read.
func (t *tx) finish(ctx context.Context) error {
	if isSQLite(t.db) {
		return nil
	}
	_, err := t.db.Tx.ExecContext(ctx, "", soon{})
	return err
}

// rowsOf returns what a query that is often needed finds.
func rowsOf[T any](ctx context.Context, db bun.IDB, q reading) (found []T, err error) {
	text, args, err := prepare(db, q)
	if err != nil {
		return nil, err
	}
	if tx, ok := db.(bun.Tx); ok {
		rows, err := tx.Tx.QueryContext(ctx, text, args...) //nolint:rowserrcheck // ScanRows asks
		if err != nil {
			return nil, err
		}
		return found, tx.NewSelect().DB().ScanRows(ctx, rows, &found)
	}
	rows, err := db.(*bun.DB).DB.QueryContext(ctx, text, args...) //nolint:rowserrcheck // as above
	if outgrown(err) {                                            // a transaction is run again; this is none
		return found, q.Scan(ctx, &found)
	}
	if err != nil {
		return nil, err
	}
	return found, db.(*bun.DB).ScanRows(ctx, rows, &found)
}

// outgrown reports whether a table has got another column since a statement was prepared. The driver then forgets it.
func outgrown(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "0A000"
}

// rowOf returns the first row that rowsOf finds; ErrNotFound if there is none.
func rowOf[T any](ctx context.Context, db bun.IDB, q reading) (row T, err error) {
	rows, err := rowsOf[T](ctx, db, q)
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return row, err
	}
	return rows[0], nil
}

// prepare writes a statement with places and returns what goes there, as the driver wants it.
func prepare(db bun.IDB, q bun.Query) (text string, args []any, err error) {
	places := &placing{textual: db.Dialect().(textual)}
	b, err := q.AppendQuery(schema.NewQueryGen(places), nil)
	return string(b), places.args, err
}

// placing is a dialect that writes places and keeps the values.
type placing struct {
	textual
	args []any
}

func (p *placing) place(b []byte, value any) []byte {
	p.args = append(p.args, value)
	return strconv.AppendInt(append(b, '$'), int64(len(p.args)), 10)
}

// AppendString keeps a text.
func (p *placing) AppendString(b []byte, s string) []byte { return p.place(b, storable(s)) }

// AppendBytes keeps bytes.
func (p *placing) AppendBytes(b, bytes []byte) []byte { return p.place(b, bytes) }

// whole is a number that differs from row to row.
type whole int64

// AppendQuery writes the number or its place into a statement.
func (n whole) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	if p, ok := gen.Dialect().(*placing); ok {
		return p.place(b, int64(n)), nil
	}
	return gen.Append(b, int64(n)), nil
}
