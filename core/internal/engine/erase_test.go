package engine_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
)

// rowsWith counts, by table, the rows that hold one of these texts.
func rowsWith(t *testing.T, url string, texts ...string) map[string]int {
	t.Helper()
	driver, tables := "sqlite", "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if strings.HasPrefix(url, "postgres") {
		driver, tables = "pgx", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := func(q string) (rows [][]string) {
		t.Helper()
		r, err := db.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		columns, err := r.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for r.Next() {
			row, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			if err := r.Scan(to...); err != nil {
				t.Fatal(err)
			}
			var text []string
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				text = append(text, fmt.Sprint(v))
			}
			rows = append(rows, text)
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	found := map[string]int{}
	for _, table := range query(tables) {
		for _, row := range query("SELECT * FROM " + table[0]) {
			for _, text := range texts {
				if strings.Contains(strings.Join(row, " "), text) {
					found[table[0]]++
					break
				}
			}
		}
	}
	return found
}

// TestEraseLeavesNothingOfAPerson: not their number, nor what they or we said, in any table; and nothing is sent to them.
func TestEraseLeavesNothingOfAPerson(t *testing.T) {
	const theirs, secret = "+34600777666", "my doctor said so"
	onBoth(t, func(t *testing.T, url string) {
		wanted := func(c *engine.Config) {
			c.Subscribers = func(context.Context, string, string) ([]string, bool, error) { return nil, true, nil }
		}
		w := newWorld(t, url, strings.Replace(patient, "steps:", "per_contact: queue\nsteps:", 1), wanted)
		order := func(key string) {
			o := ordered(key, theirs)
			o.Data = json.RawMessage(`{"phone":"` + theirs + `","note":"` + secret + `"}`)
			w.send(o)
		}
		order("o1")
		w.until("the first asks", func() bool { runs := w.runs(); return len(runs) == 1 && runs[0].State.Phase == run.PhaseAsking })
		w.send(wrote("m1", theirs, secret, time.Now()))
		w.untilRuns("ask", run.Succeeded)
		order("o2")
		w.until("the second asks", func() bool { return w.runs()[0].State.Phase == run.PhaseAsking })
		order("o3")
		w.untilRuns("ask", run.Succeeded, run.Waiting, run.Queued)
		w.send(ordered("o4", phone)) // somebody else
		w.until("another contact is asked", func() bool { return w.runs()[0].State.Phase == run.PhaseAsking })
		if before := rowsWith(t, url, theirs, secret); before["messages"] == 0 || before["events"] == 0 || before["raw_requests"] == 0 || before["outgoing_events"] == 0 {
			t.Fatalf("the person is in %v only", before)
		}
		c := w.contact(theirs)
		for range 2 { // as after a crash in the middle
			w.check(w.engine.Erase(t.Context(), w.workspace.ID, c.ID))
		}
		w.untilRuns("ask", run.Succeeded, run.Cancelled, run.Cancelled, run.Waiting)
		if after := rowsWith(t, url, theirs, secret); len(after) > 0 {
			t.Errorf("something is left in %v", after)
		}
		if calls := w.called(w.runsOf("ask")[2].ID); len(calls) > 0 {
			t.Errorf("the run that waited for its turn called %v", calls)
		}
		if other := rowsWith(t, url, phone); other["messages"] == 0 && other["contacts"] == 0 {
			t.Error("somebody else is gone too")
		}
		w.send(wrote("m2", theirs, "hello again", time.Now()))
		w.disposition("m2")
		if again := w.contact(theirs); again.ID == c.ID {
			t.Error("the person is not new")
		}
	})
}
