package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

type refusedRow struct {
	bun.BaseModel `bun:"table:refused_requests,alias:q"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	ConnectionID string
	Connector    string
	Method       string
	Query        encoded[map[string][]string]
	Header       encoded[map[string][]string]
	Body         []byte
	Size         int
	DeliveryKey  string
	Remote       string
	Verdict      inspect.Verdict
	Skipped      int
	ReceivedAt   stamp
}

type loggedRefused struct {
	refusedRow `bun:",extend"`

	FlowName string
}

func (r loggedRefused) request() inspect.Request {
	return inspect.Request{ID: r.ID, ConnectionID: r.ConnectionID, FlowName: r.FlowName, Connector: r.Connector, Method: r.Method,
		Query: r.Query.value, Header: r.Header.value, Body: r.Body, Size: r.Size, DeliveryKey: r.DeliveryKey, ReceivedAt: r.ReceivedAt.Time,
		Refused: r.Verdict, Remote: r.Remote, Skipped: r.Skipped}
}

// NoteRefused keeps notes of requests that were not kept; see trigger.RefusedStore.
func (s *Store) NoteRefused(ctx context.Context, refused []trigger.Refused, most int) error {
	rows, addresses := make([]refusedRow, len(refused)), map[string]bool{}
	for i, r := range refused {
		rows[i] = refusedRow{ID: r.ID, WorkspaceID: r.WorkspaceID, ConnectionID: r.ConnectionID, Connector: r.Connector, Method: r.Method,
			Query: encode(notNil(r.Query)), Header: encode(notNil(r.Header)), Body: append([]byte{}, r.Body...), Size: r.Size, DeliveryKey: r.DeliveryKey,
			Remote: r.Remote, Verdict: inspect.Verdict(r.Verdict), Skipped: r.Skipped, ReceivedAt: at(r.ReceivedAt)}
		addresses[r.ConnectionID] = true
	}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.db.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return err
		}
		for address := range addresses {
			_, err := t.db.NewRaw(`DELETE FROM refused_requests WHERE connection_id = ? AND id <= (
				SELECT id FROM refused_requests WHERE connection_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`, address, address, most).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) refusedLog(columns string) *bun.SelectQuery {
	return s.read.NewSelect().TableExpr("refused_requests AS q").
		ColumnExpr("q.id, q.connection_id, q.connector, q.method, q.size, q.delivery_key, q.remote, q.verdict, q.skipped, q.received_at").
		ColumnExpr("coalesce(f.name, '') AS flow_name" + columns).
		Join("LEFT JOIN hooks AS h ON h.id = q.connection_id").
		Join("LEFT JOIN flows AS f ON f.id = h.flow_id")
}

func (s *Store) listRefused(ctx context.Context, workspaceID string, f inspect.RequestFilter, p list.Page) ([]inspect.Request, error) {
	query := paged(p, s.refusedLog(""), "q", workspaceID)
	if f.Verdict != "" {
		query = query.Where("q.verdict = ?", f.Verdict)
	}
	if f.ConnectionID != "" {
		query = query.Where("q.connection_id = ?", f.ConnectionID)
	}
	var rows []loggedRefused
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	return convert(rows, loggedRefused.request), nil
}

func (s *Store) refusedRequest(ctx context.Context, workspaceID, requestID string) (inspect.Request, error) {
	var row loggedRefused
	err := s.refusedLog(", q.query, q.header, q.body").Where("q.id = ? AND q.workspace_id = ?", requestID, workspaceID).Scan(ctx, &row)
	if err != nil {
		return inspect.Request{}, found(err)
	}
	return row.request(), nil
}
