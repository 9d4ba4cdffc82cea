package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/retention"
)

// prunable says which rows of a table are old and not needed, and what becomes of them. A ? is the instant before which
// rows are old. The ids are those of the rows found.
type prunable struct {
	table, prefix string
	old           string   // of the row x
	do            []string // with IDS
}

// unused is whether nobody is in the middle of a conversation with the contact of the message x: neither a run that goes
// on nor an open wait may miss what was said.
const unused = `NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.workspace_id = x.workspace_id AND r.contact_id = x.contact_id AND r.contact_id <> '' AND r.ended_at IS NULL)
	AND NOT EXISTS (SELECT 1 FROM waits AS w WHERE w.contact_id = x.contact_id AND w.state IN ('open', 'collecting'))`

// A failed run keeps what it knows until it is removed as a whole: somebody may take it up again.
var prunables = map[retention.Kind]prunable{
	retention.Requests: {"raw_requests", "req", `x.received_at < ? AND x.parsed_at IS NOT NULL`, []string{`DELETE FROM answers WHERE request_id IN (IDS)`, `DELETE FROM raw_requests WHERE id IN (IDS)`}},
	retention.Refused:  {"refused_requests", "req", `x.received_at < ?`, []string{`DELETE FROM refused_requests WHERE id IN (IDS)`}},
	retention.StepPayloads: {"runs", "run", `x.ended_at < ? AND x.status IN ('succeeded', 'cancelled') AND (x.vars IS NOT NULL
			OR EXISTS (SELECT 1 FROM step_runs AS s WHERE s.run_id = x.id AND (s.input IS NOT NULL OR s.output IS NOT NULL)))`,
		[]string{`UPDATE step_runs SET input = NULL, output = NULL WHERE run_id IN (IDS)`, `UPDATE step_attempts SET exchanges = NULL WHERE run_id IN (IDS)`, `UPDATE runs SET vars = NULL, loops = NULL WHERE id IN (IDS)`}},
	retention.EventData: {"events", "evt", `x.received_at < ? AND (x.data IS NOT NULL OR x.contact IS NOT NULL OR x.message IS NOT NULL OR x.status IS NOT NULL)
			AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.event_id = x.id AND r.status NOT IN ('succeeded', 'cancelled'))`,
		[]string{`UPDATE events SET data = NULL, contact = NULL, message = NULL, status = NULL WHERE id IN (IDS)`}},
	retention.MessageBodies: {"messages", "msg", `x.received_at < ? AND (x.text <> '' OR x.payload <> '' OR x.media IS NOT NULL) AND ` + unused,
		[]string{`UPDATE messages SET text = '', payload = '', media = NULL WHERE id IN (IDS)`}},
	retention.Repairs: {"repairs", "rep", `x.ended_at < ?`, []string{`DELETE FROM repairs WHERE id IN (IDS)`}}, // what it did to each run goes with the run
	retention.Runs:    {"runs", "run", `x.ended_at < ?`, []string{`DELETE FROM runs WHERE id IN (IDS)`}},       // steps, waits and timelines go with it
	// The deliveries that keep an event from starting a flow twice live as long as the event.
	retention.Events: {"events", "evt", `x.received_at < ? AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.event_id = x.id)`,
		[]string{`DELETE FROM deliveries WHERE event_id IN (IDS)`, `DELETE FROM events WHERE id IN (IDS)`}},
	retention.Messages: {"messages", "msg", `x.received_at < ? AND ` + unused + `
			AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.id = x.run_id) AND NOT EXISTS (SELECT 1 FROM waits AS w WHERE w.id = x.wait_id)`,
		[]string{`DELETE FROM messages WHERE id IN (IDS)`}},
	retention.Deliveries: {"outgoing_deliveries", "dlv", `(x.state <> 'pending' AND x.ended_at < ? OR x.state = 'pending' AND x.created_at < ?
			AND NOT EXISTS (SELECT 1 FROM endpoints AS e WHERE e.id = x.endpoint_id AND e.state = 'active'))`,
		[]string{`DELETE FROM outgoing_deliveries WHERE id IN (IDS)`}}, // attempts go with it
	retention.OutgoingEvents: {"outgoing_events", "evt", `x.created_at < ? AND NOT EXISTS (SELECT 1 FROM outgoing_deliveries AS d WHERE d.event_id = x.id)`,
		[]string{`DELETE FROM outgoing_events WHERE id IN (IDS)`}},
}

// idMargin is how far the time in an id may lie behind the time in its row: ids are made by the processes' clocks.
const idMargin = 24 * time.Hour

// Prune removes what is old and not needed; see retention.Store.
func (s *Store) Prune(ctx context.Context, workspaceID string, kind retention.Kind, age time.Duration, after string, limit int) (next string, removed int, err error) {
	switch kind {
	case retention.Audit:
		return s.pruneAudit(ctx, workspaceID, age, limit)
	case retention.Keys:
		return s.pruneKeys(ctx, workspaceID, age, limit)
	}
	p, ok := prunables[kind]
	if !ok {
		return "", 0, fmt.Errorf("prune: %q is no kind of thing that gets old", kind)
	}
	now, err := s.Now(ctx)
	if err != nil {
		return "", 0, err
	}
	ids, next, err := p.find(ctx, s.read, workspaceID, now.Add(-age), after, limit)
	if err != nil || len(ids) == 0 {
		return next, 0, err
	}
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		still, err := p.check(ctx, t, t.now.Add(-age), ids)
		if removed = len(still); err != nil || removed == 0 {
			return err
		}
		for _, statement := range p.do {
			if _, err := t.db.NewRaw(strings.ReplaceAll(statement, "IDS", "?"), bun.List(still)).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return next, removed, err
}

// window is how many rows are looked at for each that may be removed: most of those that are old enough may have been
// dealt with before, and no statement should take long.
const window = 10

// find looks for what is old among a workspace's next rows, without keeping anybody from writing.
func (p prunable) find(ctx context.Context, db bun.IDB, workspaceID string, before time.Time, after string, limit int) (ids []string, next string, err error) {
	var seen []string
	if err := db.NewRaw("SELECT id FROM "+p.table+" WHERE workspace_id = ? AND id > ? AND id < ? ORDER BY id LIMIT ?",
		workspaceID, after, id.At(p.prefix, before.Add(idMargin)), window*limit).Scan(ctx, &seen); err != nil || len(seen) == 0 {
		return nil, "", err
	}
	end := seen[len(seen)-1]
	err = db.NewRaw("SELECT x.id FROM "+p.table+" AS x WHERE x.workspace_id = ? AND x.id > ? AND x.id <= ? AND "+p.old+" ORDER BY x.id LIMIT ?",
		append(append([]any{workspaceID, after, end}, p.args(before)...), limit)...).Scan(ctx, &ids)
	switch {
	case len(ids) == limit:
		next = ids[limit-1]
	case len(seen) == window*limit:
		next = end
	}
	return ids, next, err
}

// check takes hold of those rows that are still what they were when they were found. Who holds one is not done with it.
func (p prunable) check(ctx context.Context, t *tx, before time.Time, ids []string) (still []string, err error) {
	lock := ""
	if !isSQLite(t.db) {
		lock = "FOR UPDATE OF x SKIP LOCKED"
	}
	err = t.db.NewRaw("SELECT x.id FROM "+p.table+" AS x WHERE x.id IN (?) AND "+p.old+" ?",
		append(append([]any{bun.List(ids)}, p.args(before)...), bun.Safe(lock))...).Scan(ctx, &still)
	return still, err
}

// args are the values of the old rule.
func (p prunable) args(before time.Time) (args []any) {
	for range strings.Count(p.old, "?") {
		args = append(args, at(before))
	}
	return args
}

// pruneAudit removes the oldest entries of a workspace's log, and records that.
func (s *Store) pruneAudit(ctx context.Context, workspaceID string, age time.Duration, limit int) (next string, removed int, err error) {
	err = s.committer.write(ctx, []string{auditLock(workspaceID)}, func(ctx context.Context, t *tx) error {
		removed = 0
		var old []auditRow
		// In the order of the numbers: should the clock have gone back, an entry may look younger than the next.
		if err := t.db.NewSelect().Model(&old).Where("workspace_id = ?", workspaceID).OrderExpr("number").Limit(int64(limit)).Scan(ctx); err != nil {
			return err
		}
		for removed < len(old) && old[removed].At.Before(t.now.Add(-age)) {
			removed++
		}
		if removed == 0 {
			return nil
		}
		last := old[removed-1].entry()
		// Recorded first: what is recorded continues the chain, whose last entry may be among the old ones.
		by := access.Actor{WorkspaceID: workspaceID, ID: access.Gateway}
		if err := t.append(ctx, by, access.Pruned(last)); err != nil {
			return err
		}
		_, err := t.db.NewRaw("DELETE FROM audit_events WHERE workspace_id = ? AND number <= ?", workspaceID, last.Number).Exec(ctx)
		return err
	})
	return more(removed, limit), removed, err
}

// pruneKeys removes keys whose answers nobody asks for any more.
func (s *Store) pruneKeys(ctx context.Context, workspaceID string, age time.Duration, limit int) (next string, removed int, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		result, err := t.db.NewRaw(`DELETE FROM idempotency_keys WHERE (workspace_id, actor, key) IN
			(SELECT workspace_id, actor, key FROM idempotency_keys WHERE workspace_id = ? AND at < ? LIMIT ?)`, workspaceID, at(t.now.Add(-age)), limit).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		removed = int(n)
		return err
	})
	return more(removed, limit), removed, err
}

// more is where to go on when a batch began at the oldest: there again, if it was full.
func more(removed, limit int) string {
	if removed < limit {
		return ""
	}
	return "more"
}
