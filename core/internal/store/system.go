package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// NodeState is a gateway that works on the database.
type NodeState struct {
	ID                string
	StartedAt, SeenAt time.Time
	Keys              []string // the ids of the secret keys that it knows
}

// Nodes lists the gateways that are alive, the oldest first.
func (s *Store) Nodes(ctx context.Context) ([]NodeState, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		bun.BaseModel `bun:"table:nodes"`

		ID                string
		StartedAt, SeenAt stamp
		KeyIDs            string `bun:"key_ids"`
	}
	err = s.read.NewRaw("SELECT id, started_at, seen_at, key_ids FROM nodes WHERE left_at IS NULL AND seen_at > ? ORDER BY started_at, id", at(now.Add(-nodeSilence))).Scan(ctx, &rows)
	nodes := make([]NodeState, len(rows))
	for i, r := range rows {
		nodes[i] = NodeState{ID: r.ID, StartedAt: r.StartedAt.Time, SeenAt: r.SeenAt.Time, Keys: strings.Fields(r.KeyIDs)}
	}
	return nodes, err
}

// SealedWith counts the stored secrets by the ids of the keys that sealed them.
func (s *Store) SealedWith(ctx context.Context) (map[string]int, error) {
	parts := make([]string, len(sealedColumns))
	for i, c := range sealedColumns {
		parts[i] = "SELECT x." + c.key + " AS key_id, count(*) AS n FROM " + c.table + " AS x WHERE length(x." + c.data + ") > 0 GROUP BY 1"
	}
	var rows []struct {
		KeyID string
		N     int
	}
	if err := s.read.NewRaw(strings.Join(parts, " UNION ALL ")).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	by := map[string]int{}
	for _, r := range rows {
		by[r.KeyID] += r.N
	}
	return by, nil
}

// About is what a database says of itself.
type About struct {
	Kind    string // sqlite or postgres
	Version string
	Size    int64 // in bytes, indexes included
	Schema  int64 // the number of the newest migration
}

// About asks the database what it is and how large.
func (s *Store) About(ctx context.Context) (a About, err error) {
	a.Kind = "postgres"
	query := "SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size"
	if isSQLite(s.read) {
		a.Kind = "sqlite"
		query = "SELECT sqlite_version() AS version, (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()) AS size"
	}
	if err := s.read.NewRaw(query).Scan(ctx, &a.Version, &a.Size); err != nil {
		return a, err
	}
	a.Schema, _, err = s.schema(ctx)
	return a, err
}
