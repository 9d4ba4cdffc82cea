package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/engine"
)

// nodeSilence is how long a node may be unheard of before its work is given to others.
const nodeSilence = 5 * time.Second

// RegisterNode announces a node that has started. Unless it is the very first that this database sees, or another
// node proves to be alive, an outage ends here and ListeningSince is now. A node that was heard of a moment ago may
// have died since, so its next sign of life is waited for. alone says that the caller holds the database's lock, so that
// whoever was heard of is dead: their runs are free at once.
func (s *Store) RegisterNode(ctx context.Context, node string, alone bool) error {
	var first, company bool
	var started time.Time
	err := s.committer.write(ctx, []string{"nodes"}, func(ctx context.Context, t *tx) (err error) {
		started = t.now
		if first, err = changed(t.db.NewRaw("INSERT INTO gateway (id) VALUES (1) ON CONFLICT DO NOTHING").Exec(ctx)); err != nil {
			return err
		}
		if alone {
			if _, err := t.db.NewRaw("UPDATE nodes SET left_at = ? WHERE left_at IS NULL", at(t.now)).Exec(ctx); err != nil {
				return err
			}
		}
		if company, err = othersSince(ctx, t.db, node, t.now.Add(-nodeSilence)); err != nil {
			return err
		}
		if _, err := t.db.NewRaw("DELETE FROM nodes WHERE seen_at < ?", at(t.now.Add(-24*time.Hour))).Exec(ctx); err != nil {
			return err
		}
		return t.seeNode(ctx, node)
	})
	if err != nil || first {
		return err
	}
	alive := false
	for end := time.Now().Add(2 * heartbeat); company && !alive && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(heartbeat / 10):
		}
		if alive, err = othersSince(ctx, s.read, node, started); err != nil {
			return err
		}
	}
	if alive {
		return nil
	}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE gateway SET listening_since = ?", at(started)).Exec(ctx)
		return err
	})
}

// heartbeat is how often a node says that it is alive.
const heartbeat = time.Second

// othersSince reports whether another node was heard of after an instant, and has not left.
func othersSince(ctx context.Context, db bun.IDB, node string, since time.Time) (heard bool, err error) {
	err = db.NewRaw("SELECT EXISTS (SELECT 1 FROM nodes WHERE id <> ? AND seen_at > ? AND left_at IS NULL)",
		node, at(since)).Scan(ctx, &heard)
	return heard, err
}

// Heartbeat says that a node is alive; it is due each second.
func (s *Store) Heartbeat(ctx context.Context, node string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error { return t.seeNode(ctx, node) })
}

func (t *tx) seeNode(ctx context.Context, node string) error {
	_, err := t.db.NewRaw(`INSERT INTO nodes (id, started_at, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, left_at = NULL`, node, at(t.now), at(t.now)).Exec(ctx)
	return err
}

// LeaveNode says that a node stops: the runs it still owns are free at once.
func (s *Store) LeaveNode(ctx context.Context, node string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE nodes SET seen_at = ?, left_at = ? WHERE id = ?", at(t.now), at(t.now), node).Exec(ctx)
		return err
	})
}

// Reception says since when a connection has been heard; see engine.Tx.
func (t *tx) Reception(ctx context.Context, connectionID string) (engine.Reception, error) {
	var row struct{ ListeningSince, LostAt, BackAt stamp }
	err := t.db.NewRaw(`SELECT (SELECT listening_since FROM gateway) AS listening_since,
		(SELECT lost_at FROM receptions WHERE connection_id = ?0) AS lost_at, (SELECT back_at FROM receptions WHERE connection_id = ?0) AS back_at`,
		connectionID).Scan(ctx, &row)
	r := engine.Reception{Since: row.ListeningSince.Time}
	switch {
	case row.BackAt.IsZero():
		r.LostAt = row.LostAt.Time
	case row.BackAt.After(r.Since):
		r.Since = row.BackAt.Time
	}
	return r, err
}

// NotHeard notes that a connection can't receive; see engine.Store.
func (s *Store) NotHeard(ctx context.Context, connectionID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw(`INSERT INTO receptions (connection_id, lost_at) SELECT id, ? FROM connections WHERE id = ?
			ON CONFLICT (connection_id) DO UPDATE SET lost_at = excluded.lost_at, back_at = NULL WHERE receptions.back_at IS NOT NULL`,
			at(t.now), connectionID).Exec(ctx)
		return err
	})
}

// Heard notes that a connection receives; see engine.Tx.
func (t *tx) Heard(ctx context.Context, connectionID string) error {
	_, err := t.db.NewRaw("UPDATE receptions SET back_at = ? WHERE connection_id = ? AND back_at IS NULL", at(t.now), connectionID).Exec(ctx)
	return err
}

// Heard is Heard in a transaction of its own, for those who learn otherwise than by a request that a connection receives.
func (s *Store) Heard(ctx context.Context, connectionID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error { return t.Heard(ctx, connectionID) })
}

// LostAt returns since when a connection can't receive; zero if it can.
func (s *Store) LostAt(ctx context.Context, connectionID string) (time.Time, error) {
	var at stamp
	err := s.read.NewRaw("SELECT (SELECT lost_at FROM receptions WHERE connection_id = ? AND back_at IS NULL)", connectionID).Scan(ctx, &at)
	return at.Time, err
}

// NodeAlive reports whether a node has been heard of lately and has not left; see engine.Tx.
func (t *tx) NodeAlive(ctx context.Context, node string) (alive bool, err error) {
	err = t.db.NewRaw("SELECT EXISTS (SELECT 1 FROM nodes WHERE id = ? AND seen_at > ? AND left_at IS NULL)",
		node, at(t.now.Add(-nodeSilence))).Scan(ctx, &alive)
	return alive, err
}
