package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type connectionTokensRow struct {
	bun.BaseModel `bun:"table:connection_tokens,alias:k"`

	ConnectionID   string `bun:",pk"`
	Tokens         []byte
	KeyID          string
	Scopes         string
	ObtainedAt     stamp
	ExpiresAt      stamp
	RenewAt        stamp
	Forced         bool
	Revision       int64
	Broken         int
	Failures       int
	RenewingUntil  stamp
	RenewalFailure encoded[*protocol.Failure]
}

func (r connectionTokensRow) tokens() connection.Tokens {
	return connection.Tokens{ConnectionID: r.ConnectionID, Sealed: r.Tokens, KeyID: r.KeyID, Scopes: r.Scopes, ObtainedAt: r.ObtainedAt.Time,
		ExpiresAt: r.ExpiresAt.Time, RenewAt: r.RenewAt.Time, Forced: r.Forced, Revision: r.Revision, Broken: r.Broken, Failures: r.Failures,
		RenewingUntil: r.RenewingUntil.Time, Failure: r.RenewalFailure.value}
}

// Tokens returns what was given for a connection; see connection.TokenStore.
func (s *Store) Tokens(ctx context.Context, connectionID string) (connection.Tokens, error) {
	var row connectionTokensRow
	err := s.read.NewSelect().Model(&row).Where("connection_id = ?", connectionID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return connection.Tokens{ConnectionID: connectionID}, nil
	}
	return row.tokens(), err
}

// BeginRenewal takes the lease of renewing a connection's tokens; see connection.TokenStore.
func (s *Store) BeginRenewal(ctx context.Context, connectionID string, revision int64, lease time.Duration) (began bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		began, err = changed(t.db.NewRaw(`INSERT INTO connection_tokens AS k
				(connection_id, tokens, key_id, scopes, forced, revision, broken, failures, renewing_until) VALUES (?0, ?1, '', '', false, 0, 1, 0, ?2)
			ON CONFLICT (connection_id) DO UPDATE SET broken = k.broken + 1, renewing_until = excluded.renewing_until, renewal_failure = NULL
			WHERE k.revision = ?3 AND (k.renewing_until IS NULL OR k.renewing_until <= ?4)`,
			connectionID, []byte{}, at(t.now.Add(lease)), revision, at(t.now)).Exec(ctx))
		return err
	})
	return began, err
}

// PauseRenewal ends a renewal that brought nothing; see connection.TokenStore.
func (s *Store) PauseRenewal(ctx context.Context, connectionID string, revision int64, pause time.Duration, failure *protocol.Failure) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw(`UPDATE connection_tokens SET broken = 0, failures = failures + 1, renewing_until = ?, renewal_failure = ?
			WHERE connection_id = ? AND revision = ?`, at(t.now.Add(pause)), encode(failure), connectionID, revision).Exec(ctx)
		return err
	})
}

// tokenColumns are set by whoever has a new token.
const tokenColumns = `tokens = ?, key_id = ?, scopes = ?, obtained_at = ?, expires_at = ?, renew_at = ?, forced = ?, revision = k.revision + 1,
	broken = 0, failures = 0, renewing_until = NULL, renewal_failure = NULL`

func tokenValues(k connection.Tokens) []any {
	return []any{k.Sealed, k.KeyID, k.Scopes, at(k.ObtainedAt), at(k.ExpiresAt), at(k.RenewAt), k.Forced}
}

// SaveTokens stores what a renewal brought; see connection.TokenStore.
func (s *Store) SaveTokens(ctx context.Context, k connection.Tokens) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE connection_tokens AS k SET "+tokenColumns+" WHERE connection_id = ? AND revision = ?",
			append(tokenValues(k), k.ConnectionID, k.Revision)...).Exec(ctx)
		return err
	})
}

// Lose marks a connection as one that needs to be reconnected; see connection.TokenStore.
func (s *Store) Lose(ctx context.Context, connectionID string, revision int64, failure *protocol.Failure, news *connection.News) (lost bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		lost, err = changed(t.db.NewRaw(`UPDATE connections SET health = ?0, failure = ?1, checked_at = ?2, revision = revision + 1, updated_at = ?2
			WHERE id = ?3 AND health <> ?0 AND EXISTS (SELECT 1 FROM connection_tokens AS k WHERE k.connection_id = ?3 AND k.revision = ?4)`,
			connection.HealthReconnect, encode(failure), at(t.now), connectionID, revision).Exec(ctx))
		if err != nil || !lost {
			return err
		}
		return t.tell(ctx, news)
	})
	return lost, err
}

// tell stores news about a connection.
func (t *tx) tell(ctx context.Context, news *connection.News) error {
	if news == nil {
		return nil
	}
	return t.Announce(ctx, news.Outgoing, news.Endpoints)
}

// Restore stores the tokens of a connection that works from now on; see connection.TokenStore.
func (s *Store) Restore(ctx context.Context, k connection.Tokens, news *connection.News) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		var before connectionRow
		err := t.db.NewRaw("SELECT * FROM connections WHERE id = ?", k.ConnectionID).Scan(ctx, &before)
		if err != nil {
			return found(err)
		}
		values := append([]any{k.ConnectionID, []byte{}}, tokenValues(k)...)
		if _, err := t.db.NewRaw(`INSERT INTO connection_tokens AS k (connection_id, tokens, key_id, scopes, forced, revision, broken, failures)
			VALUES (?, ?, '', '', false, 0, 0, 0) ON CONFLICT (connection_id) DO NOTHING`, values[:2]...).Exec(ctx); err != nil {
			return err
		}
		if _, err := t.db.NewRaw("UPDATE connection_tokens AS k SET "+tokenColumns+" WHERE connection_id = ?",
			append(tokenValues(k), k.ConnectionID)...).Exec(ctx); err != nil {
			return err
		}
		if _, err := t.db.NewRaw("UPDATE connections SET health = ?, failure = NULL, checked_at = ?, revision = revision + 1, updated_at = ? WHERE id = ?",
			connection.HealthGood, at(t.now), at(t.now), k.ConnectionID).Exec(ctx); err != nil {
			return err
		}
		if err := t.wakeHeld(ctx, k.ConnectionID); err != nil {
			return err
		}
		if err := t.record(ctx, access.Deed{Action: "connection.connect", Resource: k.ConnectionID, After: map[string]any{"name": before.Name, "scopes": k.Scopes}}); err != nil {
			return err
		}
		if before.Health != connection.HealthReconnect {
			return nil
		}
		return t.tell(ctx, news)
	})
}

// WakeHeld lets the runs go on that wait for a connection; see connection.TokenStore.
func (s *Store) WakeHeld(ctx context.Context, connectionID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error { return t.wakeHeld(ctx, connectionID) })
}

// wakeHeld makes them due; whoever looks for what is overdue finds them.
func (t *tx) wakeHeld(ctx context.Context, connectionID string) error {
	_, err := t.db.NewRaw(`UPDATE runs SET wake_at = ?0 WHERE status = 'waiting' AND held_on <> '' AND wake_at > ?0
		AND (workspace_id, held_on) IN (SELECT workspace_id, name FROM connections WHERE id = ?1)`, at(t.now), connectionID).Exec(ctx)
	return err
}

// HeldRuns counts the runs of a workspace that wait for their connection, by its name.
func (s *Store) HeldRuns(ctx context.Context, workspaceID string) (map[string]int, error) {
	var rows []struct {
		HeldOn string
		Runs   int
	}
	err := s.read.NewRaw("SELECT held_on, count(*) AS runs FROM runs WHERE workspace_id = ? AND held_on <> '' GROUP BY held_on", workspaceID).Scan(ctx, &rows)
	held := make(map[string]int, len(rows))
	for _, r := range rows {
		held[r.HeldOn] = r.Runs
	}
	return held, err
}

// Hold notes until when a provider asked a connection to wait; see connection.TokenStore.
func (s *Store) Hold(ctx context.Context, connectionID string, wait time.Duration) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE connections SET held_until = ?0 WHERE id = ?1 AND (held_until IS NULL OR held_until < ?0)",
			at(t.now.Add(wait)), connectionID).Exec(ctx)
		return err
	})
}

type consentRow struct {
	bun.BaseModel `bun:"table:oauth_consents,alias:o"`

	StateHash    string `bun:",pk"`
	ConnectionID string
	WorkspaceID  string
	SessionID    string
	UserID       string
	BrowserHash  string
	Verifier     []byte
	KeyID        string
	ExpiresAt    stamp
}

// InsertConsent stores a consent and removes those that are over; see connection.TokenStore.
func (s *Store) InsertConsent(ctx context.Context, c connection.Consent, lives time.Duration) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.db.NewRaw("DELETE FROM oauth_consents WHERE expires_at <= ?", at(t.now)).Exec(ctx); err != nil {
			return err
		}
		row := consentRow{StateHash: c.StateHash, ConnectionID: c.ConnectionID, WorkspaceID: c.WorkspaceID, SessionID: c.SessionID, UserID: c.UserID,
			BrowserHash: c.BrowserHash, Verifier: c.Verifier, KeyID: c.KeyID, ExpiresAt: at(t.now.Add(lives))}
		if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "connection.authorize", Resource: c.ConnectionID})
	})
}

// TakeConsent removes a consent and returns it; see connection.TokenStore.
func (s *Store) TakeConsent(ctx context.Context, stateHash string) (c connection.Consent, ok bool, err error) {
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		var row consentRow
		err := t.db.NewRaw("DELETE FROM oauth_consents WHERE state_hash = ? RETURNING *", stateHash).Scan(ctx, &row)
		if ok = err == nil; errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil || !row.ExpiresAt.After(t.now) {
			ok = false
			return err
		}
		c = connection.Consent{StateHash: row.StateHash, ConnectionID: row.ConnectionID, WorkspaceID: row.WorkspaceID, SessionID: row.SessionID,
			UserID: row.UserID, BrowserHash: row.BrowserHash, Verifier: row.Verifier, KeyID: row.KeyID}
		ok, err = t.db.NewSelect().TableExpr("sessions AS s").Join("JOIN memberships AS u ON u.user_id = s.user_id").
			Where("s.id = ? AND u.workspace_id = ? AND s.expires_at > ? AND s.used_at > ? AND u.disabled_at IS NULL", row.SessionID, row.WorkspaceID, at(t.now), at(t.now.Add(-access.SessionIdle))).Exists(ctx)
		return err
	})
	return c, ok, err
}
