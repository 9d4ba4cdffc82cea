package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

// InsertAnswer stores what the caller is told whose request led to an event; see engine.Tx.
func (t *tx) InsertAnswer(ctx context.Context, eventID, runID string, a run.Answer) error {
	_, err := t.db.NewRaw(`INSERT INTO answers (request_id, workspace_id, run_id, status, headers, body, created_at)
		SELECT e.request_id, e.workspace_id, ?, ?, ?, ?, ? FROM events AS e WHERE e.id = ? AND e.request_id <> ''
		ON CONFLICT (request_id) DO NOTHING`, runID, a.Status, encode(a.Headers), []byte(a.Body), at(t.now), eventID).Exec(ctx)
	return err
}

// Answers returns those of the requests that were answered; see trigger.AnswerStore.
func (s *Store) Answers(ctx context.Context, requestIDs []string) (map[string]trigger.FlowAnswer, error) {
	var rows []struct {
		RequestID string
		Status    int
		Headers   encoded[map[string]string]
		Body      []byte
	}
	err := s.read.NewRaw("SELECT request_id, status, headers, body FROM answers WHERE request_id IN (?)", bun.List(requestIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find answers: %w", err)
	}
	found := make(map[string]trigger.FlowAnswer, len(rows))
	for _, r := range rows {
		found[r.RequestID] = trigger.FlowAnswer{Status: r.Status, Header: r.Headers.value, Body: r.Body}
	}
	return found, nil
}

// CopyOf returns the request that came first with a delivery key; see trigger.AnswerStore.
func (s *Store) CopyOf(ctx context.Context, connectionID, deliveryKey string) (requestID string, err error) {
	err = s.read.NewRaw("SELECT id FROM raw_requests WHERE connection_id = ? AND delivery_key = ? AND delivery_key <> ''", connectionID, deliveryKey).Scan(ctx, &requestID)
	return requestID, found(err)
}
