package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/engine"
)

// NewRequest is a webhook request that was verified and is to be kept.
type NewRequest struct {
	ID           string // req_…
	WorkspaceID  string
	ConnectionID string
	EndpointKey  string // of the address of the connection at which it came; empty: its own
	Connector    string
	Method       string
	Query        map[string][]string
	Header       map[string][]string
	Body         []byte
	DeliveryKey  string // the same on every copy; empty if the sender gives none
}

type requestRow struct {
	bun.BaseModel `bun:"table:raw_requests,alias:q"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	ConnectionID string
	EndpointKey  string
	Connector    string
	Method       string
	Query        encoded[map[string][]string]
	Header       encoded[map[string][]string]
	Body         []byte
	DeliveryKey  string
	ReceivedAt   stamp
	ParsedAt     stamp
	Failure      string
}

// InsertRequest makes a request durable; it may be answered when this returns. fresh is false when the connection
// has already brought one with the same delivery key: then nothing is stored and receivedAt is zero.
func (s *Store) InsertRequest(ctx context.Context, r NewRequest) (fresh bool, receivedAt time.Time, err error) {
	row := requestRow{
		ID: r.ID, WorkspaceID: r.WorkspaceID, ConnectionID: r.ConnectionID, EndpointKey: r.EndpointKey, Connector: r.Connector, Method: r.Method,
		Query: encode(notNil(r.Query)), Header: encode(notNil(r.Header)), Body: r.Body, DeliveryKey: r.DeliveryKey,
	}
	if row.Body == nil {
		row.Body = []byte{}
	}
	row, fresh, err = s.arrivals.store(ctx, row)
	return fresh, row.ReceivedAt.Time, err
}

func notNil(values map[string][]string) map[string][]string {
	if values == nil {
		return map[string][]string{}
	}
	return values
}

// InsertErrand stores a request of the gateway to itself; see engine.Tx.
func (t *tx) InsertErrand(ctx context.Context, r engine.Request) error {
	row := requestRow{
		ID: r.ID, WorkspaceID: r.WorkspaceID, ConnectionID: r.ConnectionID, EndpointKey: r.EndpointKey, Connector: r.Connector, Method: r.Method,
		Query: encode(notNil(r.Query)), Header: encode(notNil(r.Header)), Body: r.Body, ReceivedAt: at(t.now),
	}
	_, err := t.db.NewInsert().Model(&row).Exec(ctx)
	return err
}

// Request loads a request that is not parsed yet; see engine.Store.
func (s *Store) Request(ctx context.Context, id string) (r engine.Request, deaf bool, err error) {
	var row struct {
		requestRow `bun:",extend"`
		Deaf       bool
	}
	err = s.read.NewSelect().Model(&row).ColumnExpr("q.*").
		ColumnExpr("EXISTS (SELECT 1 FROM receptions AS d WHERE d.connection_id = q.connection_id AND d.back_at IS NULL) AS deaf").
		Where("q.id = ? AND q.parsed_at IS NULL", id).Scan(ctx)
	return engine.Request{
		ID: row.ID, WorkspaceID: row.WorkspaceID, ConnectionID: row.ConnectionID, EndpointKey: row.EndpointKey, Connector: row.Connector,
		Method: row.Method, Query: row.Query.value, Header: row.Header.value, Body: row.Body, DeliveryKey: row.DeliveryKey, ReceivedAt: row.ReceivedAt.Time,
	}, row.Deaf, found(err)
}

// ParsedRequest marks a request as read; see engine.Tx.
func (t *tx) ParsedRequest(ctx context.Context, id, failure string) error {
	_, err := execute(ctx, t.db, t.parse(id, failure))
	return err
}

func (t *tx) parse(id, failure string) *bun.RawQuery {
	return t.db.NewRaw("UPDATE raw_requests SET parsed_at = ?, failure = ? WHERE id = ? AND parsed_at IS NULL", at(t.now), failure, id)
}

// UnparsedBefore is the barrier of a timeout; see engine.Tx.
func (t *tx) UnparsedBefore(ctx context.Context, connectionID string, before time.Time) (unparsed bool, err error) {
	err = t.db.NewRaw(`SELECT EXISTS (SELECT 1 FROM raw_requests
		WHERE connection_id = ? AND received_at < ? AND parsed_at IS NULL)`, connectionID, at(before)).Scan(ctx, &unparsed)
	return unparsed, err
}
