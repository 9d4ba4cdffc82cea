package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// ErrInUse is returned when a database that is to be copied is being served.
var ErrInUse = errors.New("a gateway works with the database")

// copyBatch is how many rows go into one statement.
const copyBatch = 200

// table is one of a database's tables, with the columns that are copied.
type table struct {
	name    string
	columns []column
}

// column is a column with its type as the database that receives it calls it, in lower case.
type column struct{ name, kind string }

// Copy copies all rows of a database into one that has none, from SQLite to Postgres or the other way round, in one
// transaction: all of it is there or nothing is. Both have the newest schema. A database that a gateway works with is
// refused with ErrInUse, because what happens meanwhile would be in one of them only. It returns how many rows went
// over, by table.
func Copy(ctx context.Context, from, to *Store) (rows map[string]int, err error) {
	if err := errors.Join(from.Ready(ctx), to.Ready(ctx)); err != nil {
		return nil, err
	}
	if served, err := othersSince(ctx, from.read, "", time.Now().Add(-nodeSilence)); err != nil || served {
		return nil, errors.Join(err, ErrInUse)
	}
	tables, err := to.tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	rows = map[string]int{}
	err = to.migrate.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, t := range tables {
			if used, err := tx.NewSelect().Table(t.name).Exists(ctx); err != nil || used {
				return errors.Join(err, fmt.Errorf("the table %s of the database that is to receive the copy has rows: it must be a new one", t.name))
			}
			if rows[t.name], err = copyTable(ctx, from.read, tx, t); err != nil {
				return fmt.Errorf("copy table %s: %w", t.name, err)
			}
		}
		return continueNumbers(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// copyTable copies a table and makes sure that what arrived is as much as what left.
func copyTable(ctx context.Context, from bun.IDB, to bun.Tx, t table) (n int, err error) {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = `"` + c.name + `"`
	}
	list := strings.Join(names, ", ")
	source, err := from.QueryContext(ctx, "SELECT "+list+` FROM "`+t.name+`"`)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	into := `INSERT INTO "` + t.name + `" (` + list + ") VALUES "
	if !isSQLite(to) {
		into = `INSERT INTO "` + t.name + `" (` + list + ") OVERRIDING SYSTEM VALUE VALUES "
	}
	row := "(" + strings.Repeat("?, ", len(names)-1) + "?)"
	var batch []string
	var values []any
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := to.NewRaw(into+strings.Join(batch, ", "), values...).Exec(ctx)
		batch, values = batch[:0], values[:0]
		return err
	}
	scanned, targets := make([]any, len(names)), make([]any, len(names))
	for i := range scanned {
		targets[i] = &scanned[i]
	}
	for source.Next() {
		if err := source.Scan(targets...); err != nil {
			return n, err
		}
		batch = append(batch, row)
		for i, c := range t.columns {
			values = append(values, c.convert(scanned[i]))
		}
		if n++; len(batch) == copyBatch {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	if err := errors.Join(source.Err(), flush()); err != nil {
		return n, err
	}
	arrived, err := to.NewSelect().Table(t.name).Count(ctx)
	if err == nil && int(arrived) != n {
		err = fmt.Errorf("%d rows left and %d arrived", n, arrived)
	}
	return n, err
}

// convert makes a value as one database gives it into one as the other takes it; see stamp for instants.
func (c column) convert(value any) any {
	switch v := value.(type) {
	case []byte:
		if c.kind != "bytea" && c.kind != "blob" {
			return string(v)
		}
		return append([]byte{}, v...) // an empty one is no NULL
	case int64:
		switch c.kind {
		case "timestamp with time zone":
			return at(time.UnixMicro(v))
		case "boolean":
			return v != 0
		}
	case time.Time:
		if c.kind == "integer" {
			return v.UnixMicro()
		}
		return at(v)
	}
	return value
}

// tables lists the tables that hold what the gateway knows, each after those that its rows refer to.
func (s *Store) tables(ctx context.Context) ([]table, error) {
	columns, references := postgresColumns, postgresReferences
	if isSQLite(s.read) {
		columns, references = sqliteColumns, sqliteReferences
	}
	var found []struct{ TableName, ColumnName, Kind string }
	if err := s.read.NewRaw(columns).Scan(ctx, &found); err != nil {
		return nil, err
	}
	var links []struct{ Child, Parent string }
	if err := s.read.NewRaw(references).Scan(ctx, &links); err != nil {
		return nil, err
	}
	var waiting []table
	for _, f := range found {
		if len(waiting) == 0 || waiting[len(waiting)-1].name != f.TableName {
			waiting = append(waiting, table{name: f.TableName})
		}
		last := &waiting[len(waiting)-1]
		last.columns = append(last.columns, column{f.ColumnName, strings.ToLower(f.Kind)})
	}
	var ordered []table
	placed := map[string]bool{}
	for len(waiting) > 0 {
		next := slices.IndexFunc(waiting, func(t table) bool {
			for _, l := range links {
				if l.Child == t.name && l.Parent != t.name && !placed[l.Parent] {
					return false
				}
			}
			return true
		})
		if next < 0 {
			return nil, errors.New("the tables refer to each other in a circle")
		}
		placed[waiting[next].name] = true
		ordered = append(ordered, waiting[next])
		waiting = slices.Delete(waiting, next, next+1)
	}
	return ordered, nil
}

const (
	postgresColumns = `SELECT c.table_name, c.column_name, c.data_type AS kind FROM information_schema.columns AS c
		JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
		WHERE c.table_schema = current_schema() AND c.table_name NOT LIKE 'goose%' ORDER BY c.table_name, c.ordinal_position`
	postgresReferences = `SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent FROM pg_constraint
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`
	sqliteColumns = `SELECT t.name AS table_name, c.name AS column_name, c.type AS kind FROM sqlite_master AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'goose%' ORDER BY t.name, c.cid`
	sqliteReferences = `SELECT t.name AS child, f."table" AS parent FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'`
)

// continueNumbers lets the columns that Postgres numbers go on after the rows that brought their numbers with them;
// SQLite does so by itself.
func continueNumbers(ctx context.Context, tx bun.Tx) error {
	if isSQLite(tx) {
		return nil
	}
	var numbered []struct{ TableName, ColumnName string }
	err := tx.NewRaw("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'").Scan(ctx, &numbered)
	for i := 0; err == nil && i < len(numbered); i++ {
		of := numbered[i]
		_, err = tx.NewRaw("SELECT setval(pg_get_serial_sequence(?, ?), (SELECT coalesce(max(?), 0) + 1 FROM ?), false)",
			of.TableName, of.ColumnName, bun.Ident(of.ColumnName), bun.Ident(of.TableName)).Exec(ctx)
	}
	return err
}
