package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/repeat"
	"github.com/cordboard/cordboard/core/internal/seal"
)

type keyRow struct {
	bun.BaseModel `bun:"table:idempotency_keys,alias:k"`

	WorkspaceID  string `bun:",pk"`
	Actor        string `bun:",pk"`
	Key          string `bun:",pk"`
	Request      []byte
	RequestKeyID string
	Answer       []byte
	AnswerKeyID  string
	At           stamp
}

func (r keyRow) claim() repeat.Claim {
	return repeat.Claim{Key: repeat.Key{WorkspaceID: r.WorkspaceID, Actor: r.Actor, Text: r.Key}, At: r.At.Time,
		Request: seal.Sealed{KeyID: r.RequestKeyID, Data: r.Request}, Answer: seal.Sealed{KeyID: r.AnswerKeyID, Data: r.Answer}}
}

// ClaimKey stores the key of a request unless it is there; see repeat.Store.
func (s *Store) ClaimKey(ctx context.Context, c repeat.Claim, kept time.Duration) (stored repeat.Claim, age time.Duration, fresh bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		row := keyRow{WorkspaceID: c.WorkspaceID, Actor: c.Actor, Key: c.Text, Request: c.Request.Data, RequestKeyID: c.Request.KeyID, At: at(t.now)}
		fresh, err = changed(t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, actor, key) DO UPDATE").
			Set("request = excluded.request, request_key_id = excluded.request_key_id, answer = NULL, answer_key_id = '', at = excluded.at").
			Where("k.at <= ?", at(t.now.Add(-kept))).Exec(ctx))
		if err != nil || fresh {
			return err
		}
		row = keyRow{WorkspaceID: c.WorkspaceID, Actor: c.Actor, Key: c.Text}
		if err := t.db.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
			return found(err)
		}
		stored, age = row.claim(), t.now.Sub(row.At.Time)
		return nil
	})
	return stored, age, fresh, err
}

// KeepAnswer stores the answer to a key; see repeat.Store.
func (s *Store) KeepAnswer(ctx context.Context, k repeat.Key, answer seal.Sealed) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE idempotency_keys SET answer = ?, answer_key_id = ? WHERE workspace_id = ? AND actor = ? AND key = ?",
			answer.Data, answer.KeyID, k.WorkspaceID, k.Actor, k.Text).Exec(ctx)
		return err
	})
}

// DropKey forgets a key; see repeat.Store.
func (s *Store) DropKey(ctx context.Context, k repeat.Key) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("DELETE FROM idempotency_keys WHERE workspace_id = ? AND actor = ? AND key = ?", k.WorkspaceID, k.Actor, k.Text).Exec(ctx)
		return err
	})
}
