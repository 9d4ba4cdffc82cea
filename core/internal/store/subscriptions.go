package store

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/trigger"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type subscriptionRow struct {
	bun.BaseModel `bun:"table:subscriptions,alias:s"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	ConnectionID string
	Trigger      string
	EndpointKey  string
	Input        string
	ExternalID   string
	Cursor       string
	Failure      encoded[*protocol.Failure]
	ExpiresAt    stamp
	DueAt        stamp
	Revision     int64
	CreatedAt    stamp
	UpdatedAt    stamp
}

func (r subscriptionRow) subscription() trigger.Subscription {
	return trigger.Subscription{ID: r.ID, WorkspaceID: r.WorkspaceID, ConnectionID: r.ConnectionID, Trigger: r.Trigger, EndpointKey: r.EndpointKey, Input: json.RawMessage(r.Input),
		ExternalID: r.ExternalID, Cursor: r.Cursor, Failure: r.Failure.value, ExpiresAt: r.ExpiresAt.Time, DueAt: r.DueAt.Time,
		Revision: r.Revision, CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time}
}

// SaveSubscription stores the subscription of a connection, trigger and endpoint key, of which there is one; its id stays.
func (s *Store) SaveSubscription(ctx context.Context, sub trigger.Subscription) (trigger.Subscription, error) {
	var row subscriptionRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row = subscriptionRow{ID: sub.ID, WorkspaceID: sub.WorkspaceID, ConnectionID: sub.ConnectionID, Trigger: sub.Trigger, EndpointKey: sub.EndpointKey, Input: cmp.Or(string(sub.Input), "{}"),
			ExternalID: sub.ExternalID, Cursor: sub.Cursor, Failure: encode(sub.Failure), ExpiresAt: at(sub.ExpiresAt),
			DueAt: at(sub.DueAt), Revision: 1, CreatedAt: at(t.now), UpdatedAt: at(t.now)}
		if row.ID == "" {
			row.ID = id.New("sub")
		}
		return t.db.NewInsert().Model(&row).On("CONFLICT (connection_id, trigger, endpoint_key) DO UPDATE").
			Set("external_id = excluded.external_id, cursor = excluded.cursor, failure = excluded.failure").
			Set("expires_at = excluded.expires_at, due_at = excluded.due_at, updated_at = excluded.updated_at").
			Set("revision = s.revision + 1").Returning("*").Scan(ctx)
	})
	return row.subscription(), err
}

// SubscriptionsOf returns a connection's subscriptions by trigger and endpoint key.
func (s *Store) SubscriptionsOf(ctx context.Context, connectionID string) ([]trigger.Subscription, error) {
	var rows []subscriptionRow
	err := s.read.NewSelect().Model(&rows).Where("connection_id = ?", connectionID).OrderExpr("trigger, endpoint_key").Scan(ctx)
	return convert(rows, subscriptionRow.subscription), err
}

// DueSubscriptions returns those that were due by then, the longest due first.
func (s *Store) DueSubscriptions(ctx context.Context, by time.Time, limit int) ([]trigger.Subscription, error) {
	var rows []subscriptionRow
	err := s.read.NewSelect().Model(&rows).Where("due_at <= ?", at(by)).OrderExpr("due_at, id").Limit(int64(limit)).Scan(ctx)
	return convert(rows, subscriptionRow.subscription), err
}

// DeleteSubscription removes a subscription that the provider has ended.
func (s *Store) DeleteSubscription(ctx context.Context, id string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("DELETE FROM subscriptions WHERE id = ?", id).Exec(ctx)
		return err
	})
}

// ClaimSubscription makes it due then, unless it has changed since it was read; see trigger.SubscriptionStore.
func (s *Store) ClaimSubscription(ctx context.Context, sub trigger.Subscription, due time.Time) (claimed bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) (err error) {
		claimed, err = changed(t.db.NewRaw("UPDATE subscriptions SET due_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?",
			at(due), sub.ID, sub.Revision).Exec(ctx))
		return err
	})
	return claimed, err
}
