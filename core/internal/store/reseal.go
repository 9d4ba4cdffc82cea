package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/seal"
)

// sealedColumn is a column that holds secrets, with the column that names their key.
type sealedColumn struct {
	table, data, key string
	primary          []string // the columns of the primary key
	row              string   // an expression for seal.Place's RowID
	column           string   // seal.Place's Column
	workspace        string   // an expression for its WorkspaceID
	also             string   // what else is set, so that who read the row before does not put the old one back
	lock             string   // begins the lock under which rows are changed that were read; empty: none
}

func (c sealedColumn) name() string { return c.table + "." + c.data }

// sealedColumns are all columns that hold secrets, apart from the sentinel. What a place is called is said by the
// package that seals.
var sealedColumns = []sealedColumn{
	{"connections", "secrets", "key_id", []string{"id"}, "x.id", "secrets", "x.workspace_id", ", revision = revision + 1", ""},
	{"connection_tokens", "tokens", "key_id", []string{"connection_id"}, "x.connection_id", "tokens", "(SELECT c.workspace_id FROM connections AS c WHERE c.id = x.connection_id)", "", ""},
	{"oauth_consents", "verifier", "key_id", []string{"state_hash"}, "x.state_hash", "verifier", "x.workspace_id", "", ""},
	{"hooks", "secret", "secret_key_id", []string{"id"}, "x.id", "secret", "x.workspace_id", "", ""},
	{"hooks", "previous", "previous_key_id", []string{"id"}, "x.id", "secret", "x.workspace_id", "", ""},
	{"endpoints", "secret", "secret_key_id", []string{"id"}, "x.id", "secret", "x.workspace_id", "", "endpoint "},
	{"endpoints", "previous", "previous_key_id", []string{"id"}, "x.id", "secret", "x.workspace_id", "", "endpoint "},
	{"users", "totp_secret", "totp_key_id", []string{"id"}, "x.id", "totp_secret", "x.workspace_id", "", ""},
	{"idempotency_keys", "request", "request_key_id", []string{"workspace_id", "actor", "key"}, "x.actor || ' ' || x.key", "request", "x.workspace_id", "", ""},
	{"idempotency_keys", "answer", "answer_key_id", []string{"workspace_id", "actor", "key"}, "x.actor || ' ' || x.key", "answer", "x.workspace_id", "", ""},
}

// SealedColumns names the columns that hold secrets; see seal.RotationStore.
func (s *Store) SealedColumns() []string {
	names := make([]string, len(sealedColumns))
	for i, c := range sealedColumns {
		names[i] = c.name()
	}
	return names
}

func sealedColumnOf(name string) (sealedColumn, error) {
	for _, c := range sealedColumns {
		if c.name() == name {
			return c, nil
		}
	}
	return sealedColumn{}, fmt.Errorf("there is no sealed column %s", name)
}

// tuple writes columns, or as many marks, in parentheses.
func tuple(columns []string, prefix string) string {
	return "(" + prefix + strings.Join(columns, ", "+prefix) + ")"
}

// SealedOtherwise lists secrets that are not sealed with this key; see seal.RotationStore.
func (s *Store) SealedOtherwise(ctx context.Context, column, keyID, after string, limit int) ([]seal.Stored, error) {
	c, err := sealedColumnOf(column)
	if err != nil {
		return nil, err
	}
	from := make([]string, len(c.primary)) // empty texts come before all others
	if after != "" {
		if err := json.Unmarshal([]byte(after), &from); err != nil {
			return nil, fmt.Errorf("place in a list: %w", err)
		}
	}
	marks := make([]any, 0, len(from)+2)
	marks = append(marks, keyID)
	for _, text := range from {
		marks = append(marks, text)
	}
	var rows []struct {
		WorkspaceID, RowID, KeyID string
		Data                      []byte
		A, B, C                   string // the primary key
	}
	parts := []string{"a", "b", "c"}
	keys := make([]string, len(c.primary))
	for i, name := range c.primary {
		keys[i] = "x." + name + " AS " + parts[i]
	}
	err = s.read.NewRaw("SELECT "+c.workspace+" AS workspace_id, "+c.row+" AS row_id, x."+c.key+" AS key_id, x."+c.data+" AS data, "+strings.Join(keys, ", ")+
		" FROM "+c.table+" AS x WHERE x."+c.key+" <> ? AND length(x."+c.data+") > 0 AND "+
		tuple(c.primary, "x.")+" > (?"+strings.Repeat(", ?", len(from)-1)+") ORDER BY x."+strings.Join(c.primary, ", x.")+" LIMIT ?",
		append(marks, limit)...).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	found := make([]seal.Stored, len(rows))
	for i, r := range rows {
		behind, err := json.Marshal([]string{r.A, r.B, r.C}[:len(c.primary)])
		if err != nil {
			return nil, err
		}
		found[i] = seal.Stored{Place: seal.Place{WorkspaceID: r.WorkspaceID, Table: c.table, RowID: r.RowID, Column: c.column},
			Sealed: seal.Sealed{KeyID: r.KeyID, Data: r.Data}, After: string(behind)}
	}
	return found, nil
}

// Reseal replaces secrets that are still as they were; see seal.RotationStore.
func (s *Store) Reseal(ctx context.Context, column string, from []seal.Stored, to []seal.Sealed) (n int, err error) {
	c, err := sealedColumnOf(column)
	if err != nil {
		return 0, err
	}
	statement := "UPDATE " + c.table + " SET " + c.data + " = ?, " + c.key + " = ?" + c.also + " WHERE " + strings.Join(c.primary, " = ? AND ") + " = ? AND " + c.data + " = ?"
	var locks []string
	if c.lock != "" {
		for _, old := range from {
			locks = append(locks, c.lock+old.RowID)
		}
	}
	err = s.committer.write(ctx, locks, func(ctx context.Context, t *tx) error {
		n = 0
		for i, old := range from {
			var primary []string
			if err := json.Unmarshal([]byte(old.After), &primary); err != nil {
				return fmt.Errorf("place in a list: %w", err)
			}
			marks := []any{to[i].Data, to[i].KeyID}
			for _, text := range primary {
				marks = append(marks, text)
			}
			ok, err := changed(t.db.NewRaw(statement, append(marks, old.Data)...).Exec(ctx))
			if err != nil {
				return err
			}
			if ok {
				n++
			}
		}
		return nil
	})
	return n, err
}

// SetNodeKeys notes which keys a node knows, with blanks between them.
func (s *Store) SetNodeKeys(ctx context.Context, node, keys string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE nodes SET key_ids = ? WHERE id = ?", keys, node).Exec(ctx)
		return err
	})
}

// NodeKeys lists the nodes that are alive with the keys that they know; see seal.RotationStore.
func (s *Store) NodeKeys(ctx context.Context) ([]seal.NodeKeys, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		bun.BaseModel `bun:"table:nodes"`

		ID     string
		KeyIDs string `bun:"key_ids"`
	}
	// A node that is stopped for a while goes on as what it was.
	err = s.read.NewRaw("SELECT id, key_ids FROM nodes WHERE left_at IS NULL AND seen_at > ? ORDER BY id", at(now.Add(-time.Minute))).Scan(ctx, &rows)
	nodes := make([]seal.NodeKeys, len(rows))
	for i, r := range rows {
		nodes[i] = seal.NodeKeys{Node: r.ID, Keys: strings.Fields(r.KeyIDs)}
	}
	return nodes, err
}
