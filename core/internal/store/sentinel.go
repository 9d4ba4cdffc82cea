package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/seal"
)

type sentinelRow struct {
	bun.BaseModel `bun:"table:sentinels"`

	ID    int `bun:",pk"`
	KeyID string
	Data  []byte
}

// Sentinel loads what proves the secret key; see seal.SentinelStore.
func (s *Store) Sentinel(ctx context.Context) (*seal.Sealed, error) {
	var row sentinelRow
	err := found(s.read.NewSelect().Model(&row).Where("id = 1").Scan(ctx))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &seal.Sealed{KeyID: row.KeyID, Data: row.Data}, err
}

// SaveSentinel stores it; see seal.SentinelStore.
func (s *Store) SaveSentinel(ctx context.Context, sealed seal.Sealed) error {
	row := sentinelRow{ID: 1, KeyID: sealed.KeyID, Data: sealed.Data}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Exec(ctx)
		return err
	})
}
