package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/cordboard/cordboard/core/internal/live"
)

// channel is the name under which nodes on one Postgres tell each other what changed.
const channel = "cordboard_live"

// Shared reports whether other nodes may work on this database.
func (s *Store) Shared() bool { return !isSQLite(s.read) }

// Notify tells all nodes on the database, this one included, what changed. It is a hint and does not take part in any
// transaction: Postgres lets only one that notifies commit at a time.
func (s *Store) Notify(ctx context.Context, node string, c live.Changes) error {
	return s.tell(ctx, notice{Node: node, Changes: c})
}

// NotifyConnectors tells all other nodes that connectors were installed or chosen. Like Notify it is a hint.
func (s *Store) NotifyConnectors(ctx context.Context, node string) error {
	return s.tell(ctx, notice{Node: node, Connectors: true})
}

func (s *Store) tell(ctx context.Context, n notice) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = s.read.NewRaw("SELECT pg_notify(?, ?)", channel, string(text)).Exec(ctx)
	return err
}

type notice struct {
	Node       string       `json:"node"`
	Changes    live.Changes `json:"changes"`
	Connectors bool         `json:"connectors,omitempty"`
}

// Listen hands over what other nodes tell, until ctx ends or the connection breaks. It keeps one connection. connectors is
// called when they have changed.
func (s *Store) Listen(ctx context.Context, node string, take func(live.Changes), connectors func()) error {
	conn, err := s.read.DB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("listen to other nodes: %w", err)
	}
	defer func() { _ = conn.Close() }() // what matters is told by Raw
	var ended error
	err = conn.Raw(func(raw any) error {
		pg := raw.(*opener).Conn.Conn()
		if _, ended = pg.Exec(ctx, "LISTEN "+channel); ended != nil {
			return driver.ErrBadConn
		}
		for {
			told, err := pg.WaitForNotification(ctx)
			if err != nil {
				ended = err
				return driver.ErrBadConn // it listens still, so nobody else may have it
			}
			var n notice
			switch {
			case json.Unmarshal([]byte(told.Payload), &n) != nil || n.Node == node:
			case n.Connectors:
				connectors()
			default:
				take(n.Changes)
			}
		}
	})
	if ended != nil {
		err = ended
	}
	return fmt.Errorf("listen to other nodes: %w", err)
}
