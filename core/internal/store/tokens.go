package store

import (
	"context"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/list"
	"github.com/uptrace/bun"
)

type tokenRow struct {
	bun.BaseModel `bun:"table:api_tokens,alias:t"`

	ID          string `bun:",pk"`
	WorkspaceID string
	Name        string
	Prefix      string
	Last4       string `bun:"last4"`
	Hash        []byte
	Scopes      encoded[[]access.Scope]
	CreatedAt   stamp
	ExpiresAt   stamp
	RevokedAt   stamp
	UsedAt      stamp
}

func (r tokenRow) token() access.Token {
	return access.Token{ID: r.ID, WorkspaceID: r.WorkspaceID, Name: r.Name, Prefix: r.Prefix, Last4: r.Last4, Hash: r.Hash,
		Scopes: r.Scopes.value, CreatedAt: r.CreatedAt.Time, ExpiresAt: r.ExpiresAt.Time, RevokedAt: r.RevokedAt.Time,
		UsedAt: r.UsedAt.Time}
}

// InsertToken stores a new token. CreatedAt is the database's.
func (s *Store) InsertToken(ctx context.Context, k access.Token) (access.Token, error) {
	if k.Scopes == nil {
		k.Scopes = []access.Scope{}
	}
	var row tokenRow
	err := s.update(ctx, func(ctx context.Context, t *tx) error {
		row = tokenRow{ID: k.ID, WorkspaceID: k.WorkspaceID, Name: k.Name, Prefix: k.Prefix, Last4: k.Last4, Hash: k.Hash,
			Scopes: encode(k.Scopes), CreatedAt: at(t.now), ExpiresAt: at(k.ExpiresAt)}
		if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		after := map[string]any{"name": k.Name, "scopes": k.Scopes}
		if !k.ExpiresAt.IsZero() {
			after["expires_at"] = k.ExpiresAt.UTC()
		}
		return t.record(ctx, access.Deed{Action: "token.create", Resource: k.ID, After: after})
	})
	return row.token(), err
}

// TokenByHash loads a token that is neither revoked nor expired on the database's clock; else ErrNotFound.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (access.Token, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return access.Token{}, err
	}
	var row tokenRow
	err = s.read.NewSelect().Model(&row).Where("hash = ? AND revoked_at IS NULL", hash).
		Where("expires_at IS NULL OR expires_at > ?", at(now)).Scan(ctx)
	return row.token(), found(err)
}

// TouchToken notes that a token was used, at most once a minute.
func (s *Store) TouchToken(ctx context.Context, id string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE api_tokens SET used_at = ? WHERE id = ? AND (used_at IS NULL OR used_at < ?)",
			at(t.now), id, at(t.now.Add(-time.Minute))).Exec(ctx)
		return err
	})
}

// RevokeToken ends a token at once; a second time changes nothing. ErrNotFound if it is not there.
func (s *Store) RevokeToken(ctx context.Context, workspaceID, id string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		var row tokenRow
		err := t.db.NewRaw("UPDATE api_tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND workspace_id = ? RETURNING *",
			at(t.now), id, workspaceID).Scan(ctx, &row)
		if err != nil || !row.RevokedAt.Equal(t.now) { // it is not there, or had been revoked
			return found(err)
		}
		return t.record(ctx, access.Deed{Action: "token.revoke", Resource: id, Before: map[string]any{"name": row.Name, "scopes": row.Scopes.value}})
	})
}

// ListTokens returns a page of tokens, newest first, revoked ones too.
func (s *Store) ListTokens(ctx context.Context, workspaceID string, p list.Page) ([]access.Token, error) {
	var rows []tokenRow
	if err := paged(p, s.read.NewSelect().Model(&rows), "t", workspaceID).Scan(ctx); err != nil {
		return nil, err
	}
	return convert(rows, tokenRow.token), nil
}
