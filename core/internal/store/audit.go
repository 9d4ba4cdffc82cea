package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/list"
)

type auditRow struct {
	bun.BaseModel `bun:"table:audit_events,alias:a"`

	WorkspaceID string `bun:",pk"`
	Number      int64  `bun:",pk"`
	At          stamp
	Actor       string
	Action      string
	Resource    string
	RequestID   string
	Before      document
	After       document
	Previous    []byte
	Hash        []byte
}

func auditRowOf(e access.Entry) *auditRow {
	return &auditRow{WorkspaceID: e.WorkspaceID, Number: e.Number, At: at(e.At), Actor: e.Actor, Action: e.Action, Resource: e.Resource,
		RequestID: e.RequestID, Before: document(e.Before), After: document(e.After), Previous: e.Previous, Hash: e.Hash}
}

func (r auditRow) entry() access.Entry {
	return access.Entry{WorkspaceID: r.WorkspaceID, Number: r.Number, At: r.At.Time, Actor: r.Actor, Action: r.Action, Resource: r.Resource,
		RequestID: r.RequestID, Before: json.RawMessage(r.Before), After: json.RawMessage(r.After), Previous: r.Previous, Hash: r.Hash}
}

// auditLock keeps a workspace's entries in one row.
func auditLock(workspaceID string) string { return "audit " + workspaceID }

// record adds a change to the audit log of the actor's workspace, in the transaction of the change. It does nothing for
// the gateway's own work.
func (t *tx) record(ctx context.Context, c access.Deed) error {
	if t.by.ID == "" {
		return nil
	}
	return t.append(ctx, t.by, c)
}

// Record adds an entry about a deed that changed nothing in the database.
func (s *Store) Record(ctx context.Context, d access.Deed) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error { return t.record(ctx, d) })
}

// ActorName is how people call an actor of a workspace: a person by name or else e-mail address, a token by its name. It is
// empty for whom nobody knows, or knows no more.
func (s *Store) ActorName(ctx context.Context, workspaceID, actorID string) (name string, err error) {
	if actorID == "" {
		return "", nil
	}
	err = s.read.NewRaw(`SELECT COALESCE((SELECT COALESCE(NULLIF(u.name, ''), u.email) FROM users AS u WHERE u.id = ?0),
		(SELECT k.name FROM api_tokens AS k WHERE k.id = ?0 AND k.workspace_id = ?1), '')`, actorID, workspaceID).Scan(ctx, &name)
	return name, err
}

// append adds an entry. The caller's unit holds the workspace's audit lock.
func (t *tx) append(ctx context.Context, by access.Actor, c access.Deed) error {
	var last auditRow
	err := t.db.NewSelect().Model(&last).Where("workspace_id = ?", by.WorkspaceID).OrderExpr("number DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the audit log: %w", err)
	}
	before, err := detail(c.Before)
	if err != nil {
		return err
	}
	after, err := detail(c.After)
	if err != nil {
		return err
	}
	e := access.Entry{WorkspaceID: by.WorkspaceID, Number: last.Number + 1, At: t.now.Truncate(time.Microsecond), Actor: by.ID, Action: c.Action,
		Resource: c.Resource, RequestID: by.RequestID, Before: before, After: after, Previous: last.Hash}
	if e.Previous == nil {
		e.Previous = []byte{}
	}
	e.Hash = e.Sum()
	if _, err := t.db.NewInsert().Model(auditRowOf(e)).Exec(ctx); err != nil {
		return fmt.Errorf("write to the audit log: %w", err)
	}
	return nil
}

// detail writes a side of a change, or nothing.
func detail(fields map[string]any) (json.RawMessage, error) {
	if fields == nil {
		return nil, nil
	}
	return json.Marshal(fields)
}

// carriesOut records that this unit does what was asked for, if the transition of this row is what was meant. created is
// set for a row that this unit has made.
func (t *tx) carriesOut(ctx context.Context, resource string, created bool) error {
	if t.intent == nil || t.recorded || t.intent.Resource != resource && !(created && t.intent.Resource == "") {
		return nil
	}
	c := t.intent.Deed
	c.Resource = resource
	t.recorded = true
	return t.record(ctx, c)
}

// ListAudit returns a page of what was done, newest first. The page's After is not looked at: numbers order the log, and f.Before goes on.
func (s *Store) ListAudit(ctx context.Context, workspaceID string, f access.AuditFilter, p list.Page) ([]access.Entry, error) {
	q := s.read.NewSelect().Model((*auditRow)(nil)).Where("workspace_id = ?", workspaceID)
	for column, value := range map[string]string{"actor": f.Actor, "action": f.Action, "resource": f.Resource} {
		if value != "" {
			q = q.Where("? = ?", bun.Ident(column), value)
		}
	}
	if !f.Since.IsZero() {
		// By the number, so that the list is read in the order of an index and ends where the time does.
		q = q.Where(`number >= (SELECT min(o.number) FROM audit_events AS o WHERE o.workspace_id = ? AND o.at >= ?)`, workspaceID, at(f.Since))
	}
	if f.Before > 0 {
		q = q.Where("number < ?", f.Before)
	}
	var rows []auditRow
	if err := q.OrderExpr("number DESC").Limit(int64(p.Size())).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	return convert(rows, auditRow.entry), nil
}

// verifyBatch is how many entries are read at once.
const verifyBatch = 1000

// WalkAudit hands over a workspace's entries, the oldest first.
func (s *Store) WalkAudit(ctx context.Context, workspaceID string, each func(access.Entry)) error {
	for after := int64(0); ; {
		var rows []auditRow
		err := s.read.NewSelect().Model(&rows).Where("workspace_id = ? AND number > ?", workspaceID, after).
			OrderExpr("number").Limit(verifyBatch).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			each(r.entry())
		}
		after = rows[len(rows)-1].Number
	}
}
