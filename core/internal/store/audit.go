package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
)

// AuditEvent is something a person or a token did.
type AuditEvent struct {
	ID          string // aud_…
	WorkspaceID string
	At          time.Time
	Actor       string // id of the person or token
	Action      string // flow.publish, token.revoke, …
	Target      string // id of what it was done to
	Detail      json.RawMessage
}

type auditRow struct {
	bun.BaseModel `bun:"table:audit_events,alias:a"`

	ID          string `bun:",pk"`
	WorkspaceID string
	At          stamp
	Actor       string
	Action      string
	Target      string
	Detail      document
}

func (r auditRow) auditEvent() AuditEvent {
	return AuditEvent{ID: r.ID, WorkspaceID: r.WorkspaceID, At: r.At.Time, Actor: r.Actor, Action: r.Action, Target: r.Target,
		Detail: json.RawMessage(r.Detail)}
}

// AppendAudit stores what was done. ID and At are given to it here.
func (s *Store) AppendAudit(ctx context.Context, e AuditEvent) error {
	row := auditRow{ID: id.New("aud"), WorkspaceID: e.WorkspaceID, Actor: e.Actor, Action: e.Action, Target: e.Target,
		Detail: document(e.Detail)}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		row.At = at(t.now)
		_, err := t.db.NewInsert().Model(&row).Exec(ctx)
		return err
	})
}

// ListAudit returns a page of what was done, newest first.
func (s *Store) ListAudit(ctx context.Context, workspaceID string, p list.Page) ([]AuditEvent, error) {
	var rows []auditRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "a", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, auditRow.auditEvent), nil
}
