package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// fill puts two rows into every table of a SQLite database, with a value of its own in every column.
func fill(t *testing.T, raw *sql.DB) (tables []string) {
	t.Helper()
	tables = databases["SQLite"].list(t, raw)
	tables = slices.DeleteFunc(tables, func(name string) bool { return strings.HasPrefix(name, "goose") })
	raw.SetMaxOpenConns(1) // the pragma is the connection's
	if _, err := raw.ExecContext(t.Context(), "PRAGMA foreign_keys = OFF"); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		names, columns := columnsOf(t, raw, table)
		for n := 1; n <= 2; n++ {
			if n == 2 && (table == "gateway" || table == "sentinels" || table == "alert_watch") {
				continue // one row by their nature
			}
			values := make([]any, len(names))
			for i, c := range columns {
				values[i] = sample(c[1], c[2], c[0], n)
			}
			insert := fmt.Sprintf("INSERT INTO %q (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Repeat("?, ", len(names)-1)+"?")
			if _, err := raw.ExecContext(t.Context(), insert, values...); err != nil {
				t.Fatalf("%s: %v", insert, err)
			}
		}
	}
	return tables
}

// columnsOf returns a table's columns by name, each with its type and the table and column whose values it takes.
func columnsOf(t *testing.T, raw *sql.DB, table string) (names []string, columns [][3]string) {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), `SELECT c.name, lower(c.type), coalesce(f."table", ?1), coalesce(f."to", c.name)
		FROM pragma_table_info(?1) AS c LEFT JOIN pragma_foreign_key_list(?1) AS f ON f."from" = c.name`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var c [3]string
		if err := rows.Scan(&name, &c[0], &c[1], &c[2]); err != nil {
			t.Fatal(err)
		}
		names, columns = append(names, name), append(columns, c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names, columns
}

// instants are the integers of SQLite that are times.
var instants = regexp.MustCompile("(^at|^deadline|_at|_since|_until)$")

func sample(table, name, kind string, n int) any {
	switch {
	case kind == "blob":
		if n == 2 && name == "previous" {
			return []byte{} // which is not the same as nothing
		}
		return []byte{0, 255, byte(n)}
	case kind == "boolean":
		return n == 1
	case kind == "integer" && instants.MatchString(name):
		return time.Date(2026, 1, 2, 3, 4, 5, n*1000, time.UTC).UnixMicro()
	case kind == "integer":
		return n
	}
	return fmt.Sprintf(`{ "n":%d, "of":"%s.%s ñ ' \\ ?" }`, n, table, name) // JSON, so that it fits into every text
}

// dump reads every table, each row as text, sorted.
func dump(t *testing.T, raw *sql.DB, tables []string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range tables {
		all[table] = dumpTable(t, raw, table)
	}
	return all
}

func dumpTable(t *testing.T, raw *sql.DB, table string) (lines []string) {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), fmt.Sprintf("SELECT * FROM %q", table))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%#v", values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// TestCopyThereAndBack: a database that went from SQLite to Postgres and back has the same bytes in every column.
func TestCopyThereAndBack(t *testing.T) {
	t.Parallel()
	first, rawFirst := databases["SQLite"].setup(t)
	middle, rawMiddle := databases["Postgres"].setup(t)
	last, rawLast := databases["SQLite"].setup(t)
	for _, s := range []*store.Store{first, middle, last} {
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tables := fill(t, rawFirst)
	want := dump(t, rawFirst, tables)
	for _, way := range []struct{ from, to *store.Store }{{first, middle}, {middle, last}} {
		rows, err := store.Copy(t.Context(), way.from, way.to)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(tables) {
			t.Errorf("copied the tables %v, want %v", slices.Sorted(maps.Keys(rows)), tables)
		}
	}
	got := dump(t, rawLast, tables)
	for _, table := range tables {
		if !slices.Equal(got[table], want[table]) {
			t.Errorf("%s\ngot  %v\nwant %v", table, got[table], want[table])
		}
	}
	if _, err := store.Copy(t.Context(), first, middle); err == nil || !strings.Contains(err.Error(), "must be a new one") {
		t.Errorf("into a database that has rows: %v", err)
	}
	var next int64
	err := rawMiddle.QueryRowContext(t.Context(), "SELECT nextval(pg_get_serial_sequence('wait_events', 'id'))").Scan(&next)
	if err != nil || next != 3 {
		t.Errorf("the next line of a timeline gets number %d, %v; want 3", next, err)
	}
}

// TestCopyRefuses what is served, and leaves nothing behind when it fails.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	from, raw := databases["SQLite"].setup(t)
	to := open(t, testenv.Postgres(t))
	if err := from.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := from.RegisterNode(t.Context(), "node_1", false); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Copy(t.Context(), from, to); !errors.Is(err, store.ErrInUse) {
		t.Errorf("while it is served: %v", err)
	}
	if err := from.LeaveNode(t.Context(), "node_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := from.EnsureWorkspace(t.Context(), "default", "UTC"); err != nil {
		t.Fatal(err)
	}
	r := run.Run{ID: id.New("run"), WorkspaceID: "wsp_1", CreatedAt: time.Now()}
	err := from.Write(t.Context(), nil, func(ctx context.Context, tx engine.Tx) error { return tx.InsertRun(ctx, r, false) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), "UPDATE runs SET vars = 'no JSON'"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Copy(t.Context(), from, to); err == nil || !strings.Contains(err.Error(), "copy table runs") {
		t.Errorf("of what Postgres can't store: %v", err)
	}
	if found, err := to.ListWorkspaces(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("a copy that failed left the workspaces %v, %v", found, err)
	}
}
