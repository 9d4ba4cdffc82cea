package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
)

type loggedRequest struct {
	requestRow `bun:",extend"`

	FlowName string
	Size     int
}

func (r loggedRequest) request() inspect.Request {
	return inspect.Request{ID: r.ID, ConnectionID: r.ConnectionID, FlowName: r.FlowName, Connector: r.Connector, Method: r.Method,
		Query: r.Query.value, Header: r.Header.value, Body: r.Body, Size: r.Size, DeliveryKey: r.DeliveryKey,
		ReceivedAt: r.ReceivedAt.Time, ParsedAt: r.ParsedAt.Time, Failure: r.Failure}
}

// requestLog reads requests that came from outside. more is what goes behind the columns of a list.
func (s *Store) requestLog(more string) *bun.SelectQuery {
	return s.read.NewSelect().TableExpr("raw_requests AS q").
		ColumnExpr("q.id, q.connection_id, q.connector, q.method, q.delivery_key, q.received_at, q.parsed_at, q.failure").
		ColumnExpr("length(q.body) AS size, coalesce(f.name, '') AS flow_name"+more).
		Join("LEFT JOIN hooks AS h ON h.id = q.connection_id").
		Join("LEFT JOIN flows AS f ON f.id = h.flow_id").
		Where("q.connector <> ?", engine.InternalConnector)
}

// ListRequests returns a page of webhook requests, newest first, without query, headers and body.
func (s *Store) ListRequests(ctx context.Context, workspaceID string, f inspect.RequestFilter, p list.Page) (found []inspect.Request, err error) {
	if f.Verdict == "" || f.Verdict.Kept() {
		if found, err = s.listKept(ctx, workspaceID, f, p); err != nil {
			return nil, err
		}
	}
	if f.Verdict == "" || !f.Verdict.Kept() {
		refused, err := s.listRefused(ctx, workspaceID, f, p)
		if err != nil {
			return nil, err
		}
		found = append(found, refused...)
	}
	slices.SortFunc(found, func(a, b inspect.Request) int { return strings.Compare(b.ID, a.ID) })
	return found[:min(len(found), p.Size())], nil
}

func (s *Store) listKept(ctx context.Context, workspaceID string, f inspect.RequestFilter, p list.Page) ([]inspect.Request, error) {
	query := paged(p, s.requestLog(""), "q", workspaceID)
	switch f.Verdict {
	case inspect.RequestNew:
		query = query.Where("q.parsed_at IS NULL")
	case inspect.RequestRead:
		query = query.Where("q.parsed_at IS NOT NULL AND q.failure = ''")
	case inspect.RequestFailed:
		query = query.Where("q.failure <> ''")
	}
	if f.ConnectionID != "" {
		query = query.Where("q.connection_id = ?", f.ConnectionID)
	}
	var rows []loggedRequest
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	return convert(rows, loggedRequest.request), nil
}

// RequestDetail loads a webhook request with what came of it.
func (s *Store) RequestDetail(ctx context.Context, workspaceID, requestID string) (inspect.RequestDetail, error) {
	var row loggedRequest
	err := s.requestLog(", q.query, q.header, q.body").Where("q.id = ? AND q.workspace_id = ?", requestID, workspaceID).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		refused, err := s.refusedRequest(ctx, workspaceID, requestID)
		return inspect.RequestDetail{Request: refused}, err
	}
	if err != nil {
		return inspect.RequestDetail{}, err
	}
	d := inspect.RequestDetail{Request: row.request()}
	ids := func() *bun.SelectQuery {
		return s.read.NewSelect().TableExpr("events AS e").Column("e.id").Where("e.request_id = ? AND e.request_id <> ''", requestID)
	}
	var events []eventRow
	if err := s.read.NewSelect().Model(&events).Where("e.request_id = ? AND e.request_id <> ''", requestID).OrderExpr("e.id").Limit(list.MaxLimit).Scan(ctx); err != nil {
		return inspect.RequestDetail{}, err
	}
	if d.Events, err = s.withRejections(ctx, convert(events, eventRow.event)); err != nil {
		return inspect.RequestDetail{}, err
	}
	var runs []wholeRun
	err = s.read.NewSelect().ColumnExpr(runColumns).TableExpr(runTables).Where("r.event_id IN (?)", ids()).OrderExpr("r.id").Limit(list.MaxLimit).Scan(ctx, &runs)
	if err != nil {
		return inspect.RequestDetail{}, err
	}
	d.Runs = convert(runs, wholeRun.whole)
	var messages []messageRow
	err = s.read.NewSelect().Model(&messages).Where("m.event_id IN (?) AND m.event_id <> ''", ids()).OrderExpr("m.id").Limit(list.MaxLimit).Scan(ctx)
	d.Messages = convert(messages, messageRow.message)
	return d, err
}

// ReopenRequest has a request read again that was read before; false if there is no such one. Its events are known by
// their keys, so what has happened already does not happen again.
func (s *Store) ReopenRequest(ctx context.Context, workspaceID, requestID string) (reopened bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) (err error) {
		reopened, err = changed(t.db.NewRaw(`UPDATE raw_requests SET parsed_at = NULL, failure = ''
			WHERE id = ? AND workspace_id = ? AND parsed_at IS NOT NULL AND connector <> ?`, requestID, workspaceID, engine.InternalConnector).Exec(ctx))
		if err != nil || !reopened {
			return err
		}
		return t.record(ctx, access.Deed{Action: "request.read_again", Resource: requestID})
	})
	return reopened, err
}
