package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// planner notes how SQLite would answer each query.
type planner struct {
	db    *bun.DB
	plans map[string]string // by query
}

func (p *planner) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (p *planner) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	rows, err := p.db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+e.Query)
	if err != nil {
		p.plans[e.Query] = err.Error()
		return
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			line = err.Error()
		}
		plan = append(plan, line)
	}
	p.plans[e.Query] = strings.Join(plan, "\n")
	if err := rows.Err(); err != nil {
		p.plans[e.Query] = err.Error()
	}
}

// A page costs what is on it: it is read in the order of an index, and nothing is sorted.
func TestPagesOfRunsAreReadInOrder(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, t.TempDir()+"/cordboard.db")
	s.exec(t, "INSERT INTO workspaces (id, name, time_zone, created_at) VALUES ('w', 'w', 'UTC', 0)")
	s.exec(t, "INSERT INTO flows VALUES ('f', 'w', 'verify', '', 1, '', 'v', 1, 0, 0, NULL, 0)")
	s.exec(t, "INSERT INTO flow_versions VALUES ('v', 'w', 'f', 1, '', '{}', '', '', 0, '')")
	s.exec(t, `INSERT INTO runs WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		SELECT 'run_' || i, 'w', 'f', 'v', 'e', 'c' || i % 100, 1, '', CASE i % 2 WHEN 0 THEN 'waiting' ELSE 'succeeded' END,
			'', '', 1, i, NULL, NULL, '', i, NULL, NULL, '', NULL FROM n`)
	s.exec(t, "ANALYZE")
	p := &planner{db: s.read, plans: map[string]string{}}
	s.read = s.read.WithQueryHook(p)
	for _, filter := range []inspect.RunFilter{{}, {Status: run.Waiting}, {FlowID: "f"}, {ContactID: "c7"}} {
		for _, after := range []string{"", "run_3000"} {
			if _, err := s.ListRuns(t.Context(), "w", filter, list.Page{After: after}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(p.plans) != 8 {
		t.Errorf("%d queries were planned", len(p.plans))
	}
	for query, plan := range p.plans {
		if !strings.HasPrefix(plan, "SEARCH r USING INDEX") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}

// Dates that are due cost what is due: time zones and contacts are read in the order of an index.
func TestDatesAreReadInOrder(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, t.TempDir()+"/cordboard.db")
	p := &planner{db: s.read, plans: map[string]string{}}
	s.read = s.read.WithQueryHook(p)
	if _, err := s.DateZones(t.Context(), "w", "birthday"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []trigger.DateQuery{{Dates: []string{"2026-05-17"}}, {Yearly: true, Dates: []string{"05-17"}}} {
		q.WorkspaceID, q.Field, q.Limit = "w", "birthday", 10
		if _, err := s.ContactsDated(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.plans) != 3 {
		t.Errorf("%d queries were planned", len(p.plans))
	}
	for query, plan := range p.plans {
		if !strings.Contains(plan, "INDEX contact_dates_") || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN d") || strings.Contains(plan, "SCAN contact_dates") {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}

// Looking for what is due costs what is due, however many runs and waits are parked.
func TestWhatIsDueIsFoundByIndexes(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, t.TempDir()+"/cordboard.db")
	p := &planner{db: s.read, plans: map[string]string{}}
	s.read = s.read.WithQueryHook(p)
	if _, err := s.Overdue(t.Context(), time.Second, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upcoming(t.Context(), time.Now(), time.Now().Add(time.Minute), 1000); err != nil {
		t.Fatal(err)
	}
	if len(p.plans) != 2 {
		t.Errorf("%d queries were planned", len(p.plans))
	}
	for query, plan := range p.plans {
		for _, index := range []string{"runs_wake", "waits_fire"} {
			if !strings.Contains(plan, index) {
				t.Errorf("%s is not used by\n%s\n%s", index, query, plan)
			}
		}
		if strings.Contains(plan, "sqlite_autoindex") || strings.Contains(query, "owner") && !strings.Contains(plan, "runs_owner") {
			t.Errorf("it goes through all runs:\n%s\n%s", query, plan)
		}
	}
}

// The figures of a dashboard cost what an index holds of their time: rows are read for how long runs took only, and so many at most.
func TestTalliesReadIndexes(t *testing.T) {
	t.Parallel()
	s := openMigrated(t, t.TempDir()+"/cordboard.db")
	p := &planner{db: s.read, plans: map[string]string{}}
	s.read = s.read.WithQueryHook(p)
	if _, err := s.Tallies(t.Context(), "w", inspect.Spans(time.Now().AddDate(0, 0, -29), time.Now())); err != nil {
		t.Fatal(err)
	}
	if len(p.plans) != 3 {
		t.Errorf("%d queries were planned", len(p.plans))
	}
	for query, plan := range p.plans {
		took := strings.Contains(query, "ended_at") && strings.Contains(plan, "SEARCH runs USING INDEX runs_list") && !strings.Contains(plan, "TEMP B-TREE")
		if !strings.Contains(plan, "SEARCH x USING COVERING INDEX") && !took {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}
