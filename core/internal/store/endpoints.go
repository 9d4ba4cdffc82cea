package store

import (
	"bytes"
	"context"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/delivery"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/cordboard/cordboard/core/internal/seal"
)

type endpointRow struct {
	bun.BaseModel `bun:"table:endpoints,alias:e"`

	ID            string `bun:",pk"`
	WorkspaceID   string
	URL           string
	Description   string
	Events        encoded[[]string]
	Signature     string
	State         delivery.EndpointState
	Reason        string
	FailingSince  stamp
	Secret        []byte
	SecretKeyID   string
	Previous      []byte
	PreviousKeyID string
	PreviousUntil stamp
	CreatedAt     stamp
}

func endpointRowOf(e delivery.Endpoint) *endpointRow {
	return &endpointRow{ID: e.ID, WorkspaceID: e.WorkspaceID, URL: e.URL, Description: e.Description, Events: encode(e.Events),
		Signature: e.Signature, State: e.State, Reason: e.Reason, FailingSince: at(e.FailingSince),
		Secret: e.Secret.Data, SecretKeyID: e.Secret.KeyID, Previous: e.Previous.Data, PreviousKeyID: e.Previous.KeyID,
		PreviousUntil: at(e.PreviousUntil), CreatedAt: at(e.CreatedAt)}
}

func (r endpointRow) endpoint() delivery.Endpoint {
	return delivery.Endpoint{ID: r.ID, WorkspaceID: r.WorkspaceID, URL: r.URL, Description: r.Description, Events: r.Events.value,
		Signature: r.Signature, State: r.State, Reason: r.Reason, FailingSince: r.FailingSince.Time,
		Secret: seal.Sealed{KeyID: r.SecretKeyID, Data: r.Secret}, Previous: seal.Sealed{KeyID: r.PreviousKeyID, Data: r.Previous},
		PreviousUntil: r.PreviousUntil.Time, CreatedAt: r.CreatedAt.Time}
}

// CreateEndpoint stores a new endpoint; see delivery.Store.
func (s *Store) CreateEndpoint(ctx context.Context, e delivery.Endpoint) (delivery.Endpoint, error) {
	row := endpointRowOf(e)
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row.CreatedAt = at(t.now)
		if _, err := t.db.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "endpoint.create", Resource: e.ID, After: endpointFields(e)})
	})
	return row.endpoint(), err
}

// Endpoint loads an endpoint; see delivery.Store.
func (s *Store) Endpoint(ctx context.Context, workspaceID, endpointID string) (delivery.Endpoint, error) {
	var row endpointRow
	err := s.read.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", endpointID, workspaceID).Scan(ctx)
	return row.endpoint(), found(err)
}

// ListEndpoints returns a page of endpoints, newest first; see delivery.Store.
func (s *Store) ListEndpoints(ctx context.Context, workspaceID string, p list.Page) ([]delivery.Endpoint, error) {
	var rows []endpointRow
	err := paged(p, s.read.NewSelect().Model(&rows), "e", workspaceID).Scan(ctx)
	return convert(rows, endpointRow.endpoint), err
}

// ChangeEndpoint alters an endpoint; see delivery.Store.
func (s *Store) ChangeEndpoint(ctx context.Context, workspaceID, endpointID string, change func(e *delivery.Endpoint, now time.Time) error) (e delivery.Endpoint, err error) {
	err = s.committer.write(ctx, []string{"endpoint " + endpointID}, func(ctx context.Context, t *tx) error {
		var row endpointRow
		if err := t.db.NewSelect().Model(&row).Where("id = ? AND workspace_id = ?", endpointID, workspaceID).Scan(ctx); err != nil {
			return found(err)
		}
		e = row.endpoint()
		old := e
		if err := change(&e, t.now); err != nil {
			return err
		}
		if _, err := t.db.NewUpdate().Model(endpointRowOf(e)).ExcludeColumn("id", "workspace_id", "created_at").WherePK().Exec(ctx); err != nil {
			return err
		}
		if !bytes.Equal(old.Secret.Data, e.Secret.Data) {
			return t.record(ctx, access.Deed{Action: "endpoint.set_secret", Resource: e.ID})
		}
		return t.record(ctx, access.Deed{Action: "endpoint.change", Resource: e.ID, Before: endpointFields(old), After: endpointFields(e)})
	})
	return e, err
}

// endpointFields is what the audit log says of an endpoint. Its address is not told in full: what follows the host may
// be a secret.
func endpointFields(e delivery.Endpoint) map[string]any {
	host := ""
	if u, err := url.Parse(e.URL); err == nil {
		host = u.Host
	}
	return map[string]any{"host": host, "events": e.Events, "state": e.State}
}

// DeleteEndpoint removes an endpoint with its deliveries; see delivery.Store.
func (s *Store) DeleteEndpoint(ctx context.Context, workspaceID, endpointID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		known, err := changed(t.db.NewRaw("DELETE FROM endpoints WHERE id = ? AND workspace_id = ?", endpointID, workspaceID).Exec(ctx))
		if err != nil {
			return err
		}
		if !known {
			return engine.ErrNotFound
		}
		if _, err = t.db.NewRaw("DELETE FROM outgoing_deliveries WHERE endpoint_id = ?", endpointID).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "endpoint.delete", Resource: endpointID})
	})
}

// DeliveriesSince counts the deliveries of a workspace that were begun since then, by their endpoints and how they stand. Their
// ids begin with the time.
func (s *Store) DeliveriesSince(ctx context.Context, workspaceID string, since time.Time) (map[string]map[delivery.DeliveryState]int, error) {
	var rows []struct {
		EndpointID string
		State      delivery.DeliveryState
		N          int
	}
	err := s.read.NewRaw("SELECT endpoint_id, state, count(*) AS n FROM outgoing_deliveries WHERE workspace_id = ? AND id >= ? GROUP BY endpoint_id, state",
		workspaceID, id.First("dlv", since)).Scan(ctx, &rows)
	counts := map[string]map[delivery.DeliveryState]int{}
	for _, r := range rows {
		if counts[r.EndpointID] == nil {
			counts[r.EndpointID] = map[delivery.DeliveryState]int{}
		}
		counts[r.EndpointID][r.State] = r.N
	}
	return counts, err
}
