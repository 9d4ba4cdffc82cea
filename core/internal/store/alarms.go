package store

import (
	"context"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/engine"
)

// requestPatience is how long a stored request is left to the node that took it in before others look at it.
const requestPatience = time.Second

type alarmRow struct {
	Kind     engine.Kind
	ID       string
	Revision int64
	At       stamp
}

func (r alarmRow) alarm() engine.Alarm {
	return engine.Alarm{Kind: r.Kind, ID: r.ID, Revision: r.Revision, At: r.At.Time}
}

// Upcoming returns what falls due before until and not before after, in the order of (At, ID), at most limit rows. A timeout
// that is held is not among them: it is to be found overdue.
func (s *Store) Upcoming(ctx context.Context, after, until time.Time, limit int) ([]engine.Alarm, error) {
	var rows []alarmRow
	err := s.read.NewRaw(`SELECT * FROM (
			SELECT * FROM (SELECT 'run' AS kind, id, revision, wake_at AS at FROM runs
				WHERE status = 'waiting' AND wake_at >= ?0 AND wake_at < ?1 ORDER BY wake_at, id LIMIT ?2) AS r
			UNION ALL
			SELECT * FROM (SELECT 'wait' AS kind, id, revision, fire_at AS at FROM waits
				WHERE `+liveWait+` AND fire_at >= ?0 AND fire_at < ?1 AND holds = 0 ORDER BY fire_at, id LIMIT ?2) AS w
		) AS due ORDER BY at, id LIMIT ?2`, at(after), at(until), limit).Scan(ctx, &rows)
	return convert(rows, alarmRow.alarm), err
}

// Overdue returns what fell due more than slack ago on the database's clock, the oldest first, at most limit rows.
// Runs whose node died while calling are overdue at once, and so are requests that no node has parsed within a
// second.
func (s *Store) Overdue(ctx context.Context, slack time.Duration, limit int) ([]engine.Alarm, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for overdue rows: %w", err)
	}
	var rows []alarmRow
	err = s.read.NewRaw(`SELECT * FROM (
			SELECT * FROM (SELECT 'run' AS kind, id, revision, wake_at AS at FROM runs
				WHERE status = 'waiting' AND wake_at < ?0 ORDER BY wake_at, id LIMIT ?4) AS r
			UNION ALL
			SELECT * FROM (SELECT 'wait' AS kind, id, revision, fire_at AS at FROM waits
				WHERE `+liveWait+` AND fire_at < ?0 ORDER BY fire_at, id LIMIT ?4) AS w
			UNION ALL
			SELECT * FROM (SELECT 'request' AS kind, id, 0 AS revision, received_at AS at FROM raw_requests
				WHERE parsed_at IS NULL AND received_at < ?1 ORDER BY received_at, id LIMIT ?4) AS q
			UNION ALL
			SELECT * FROM (SELECT 'repair' AS kind, id, 0 AS revision, due_at AS at FROM repairs
				WHERE due_at < ?0 ORDER BY due_at, id LIMIT ?4) AS p
			UNION ALL
			SELECT * FROM (SELECT 'run' AS kind, id, revision, ?2 AS at FROM runs
				WHERE status = 'running' AND owner NOT IN (SELECT id FROM nodes WHERE seen_at > ?3 AND left_at IS NULL)
				ORDER BY owner, id LIMIT ?4) AS o
		) AS due ORDER BY at, id LIMIT ?4`,
		at(now.Add(-slack)), at(now.Add(-max(slack, requestPatience))), at(now), at(now.Add(-nodeSilence)), limit).Scan(ctx, &rows)
	return convert(rows, alarmRow.alarm), err
}

// Calling lists the runs whose call a node has to make; see engine.Store.
func (s *Store) Calling(ctx context.Context, node string) ([]engine.Alarm, error) {
	rows, err := rowsOf[alarmRow](ctx, s.read, s.read.NewRaw(
		"SELECT 'run' AS kind, id, revision FROM runs WHERE status = 'running' AND owner = ? ORDER BY id", node))
	if err != nil {
		return nil, fmt.Errorf("list the calls of node %s: %w", node, err)
	}
	return convert(rows, alarmRow.alarm), nil
}
