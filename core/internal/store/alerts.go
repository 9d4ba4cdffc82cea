package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/alert"
	"github.com/cordboard/cordboard/core/internal/connection"
	"github.com/cordboard/cordboard/core/internal/delivery"
)

type alertRow struct {
	bun.BaseModel `bun:"table:alerts,alias:a"`

	WorkspaceID string     `bun:",pk"`
	Kind        alert.Kind `bun:",pk"`
	Subject     string     `bun:",pk"`
	Failure     string     `bun:",pk"`
	Untold      int
	RunID       string
	Since       stamp
	ToldAt      stamp
	Lasting     bool
}

type mailRow struct {
	bun.BaseModel `bun:"table:mails,alias:m"`

	ID          string `bun:",pk"`
	WorkspaceID string
	Recipient   string
	Subject     string
	Body        string
	Attempts    int
	DueAt       stamp
	CreatedAt   stamp
}

// Raise counts what has gone wrong and takes what is to be told; see alert.Store.
func (s *Store) Raise(ctx context.Context, settled, quiet time.Duration, most int, tell func(ctx context.Context, alerts []alert.Alert, recipients []string) (alert.Telling, error)) (told []alert.Alert, err error) {
	err = s.committer.write(ctx, []string{"alerts"}, func(ctx context.Context, t *tx) error {
		told = nil
		if err := t.countFailures(ctx, settled); err != nil {
			return err
		}
		if err := t.noteTroubles(ctx); err != nil {
			return err
		}
		var workspaces []string
		err := t.db.NewRaw("SELECT DISTINCT workspace_id FROM alerts WHERE untold > 0 AND (told_at IS NULL OR told_at <= ?)", at(t.now.Add(-quiet))).Scan(ctx, &workspaces)
		if err != nil {
			return err
		}
		for _, w := range workspaces {
			alerts, err := t.takeAlerts(ctx, w, quiet, most)
			if err != nil {
				return err
			}
			if err := t.tellAlerts(ctx, w, alerts, tell); err != nil {
				return err
			}
			told = append(told, alerts...)
		}
		_, err = t.db.NewRaw("DELETE FROM alerts WHERE untold = 0 AND NOT lasting AND (told_at IS NULL OR told_at <= ?)", at(t.now.Add(-quiet))).Exec(ctx)
		return err
	})
	return told, err
}

// countFailures adds the runs that failed since it was last called. The first time there is nothing to add: what failed
// before anybody counted is no news.
func (t *tx) countFailures(ctx context.Context, settled time.Duration) error {
	until := t.now.Add(-settled)
	if fresh, err := changed(t.db.NewRaw("INSERT INTO alert_watch (id, counted_to) VALUES (1, ?) ON CONFLICT DO NOTHING", at(until)).Exec(ctx)); err != nil || fresh {
		return err
	}
	var from stamp
	if err := t.db.NewRaw("SELECT counted_to FROM alert_watch").Scan(ctx, &from); err != nil || !from.Before(until) {
		return err
	}
	var rows []alertRow
	err := t.db.NewRaw(`SELECT r.workspace_id, 'flow' AS kind, r.flow_id AS subject, coalesce(r.failure->>'kind', '') AS failure,
			count(*) AS untold, max(r.id) AS run_id, min(r.ended_at) AS since
		FROM workspaces AS w JOIN runs AS r ON r.workspace_id = w.id
		WHERE r.status = 'failed' AND r.ended_at > ? AND r.ended_at <= ? GROUP BY 1, 3, 4`, at(from.Time), at(until)).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		_, err := t.db.NewInsert().Model(&rows).On("CONFLICT (workspace_id, kind, subject, failure) DO UPDATE").
			Set("since = CASE WHEN a.untold = 0 THEN excluded.since ELSE a.since END, untold = a.untold + excluded.untold, run_id = excluded.run_id").Exec(ctx)
		if err != nil {
			return err
		}
	}
	_, err = t.db.NewRaw("UPDATE alert_watch SET counted_to = ?", at(until)).Exec(ctx)
	return err
}

// troubles are the connections and endpoints that do not work.
const troubles = `SELECT workspace_id, 'connection' AS kind, id AS subject FROM connections WHERE health = ?
	UNION ALL SELECT workspace_id, 'endpoint' AS kind, id AS subject FROM endpoints WHERE state = ? AND reason <> ?`

// noteTroubles notes which connections and endpoints have ceased to work, and which were mended.
func (t *tx) noteTroubles(ctx context.Context) error {
	broken := []any{connection.HealthBad, delivery.Disabled, delivery.ByHand}
	_, err := t.db.NewRaw(`INSERT INTO alerts AS a (workspace_id, kind, subject, failure, untold, run_id, since, lasting)
		SELECT x.workspace_id, x.kind, x.subject, '', 1, '', ?, true FROM (`+troubles+`) AS x
		WHERE NOT EXISTS (SELECT 1 FROM alerts AS b WHERE b.subject = x.subject AND b.workspace_id = x.workspace_id AND b.kind = x.kind AND b.lasting)
		ON CONFLICT (workspace_id, kind, subject, failure) DO UPDATE SET untold = 1, since = excluded.since, lasting = true`,
		append([]any{at(t.now)}, broken...)...).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = t.db.NewRaw(`UPDATE alerts SET lasting = false, untold = 0 WHERE lasting AND NOT EXISTS (
		SELECT 1 FROM (`+troubles+`) AS x WHERE x.subject = alerts.subject AND x.kind = alerts.kind)`, broken...).Exec(ctx)
	return err
}

// takeAlerts marks what is to be told in a workspace as told.
func (t *tx) takeAlerts(ctx context.Context, workspaceID string, quiet time.Duration, most int) ([]alert.Alert, error) {
	var rows []struct {
		alertRow `bun:",extend"`

		FlowName, FlowTitle, ConnectionName, Description, URL, Reason string
	}
	err := t.db.NewRaw(`SELECT a.*, coalesce(f.name, '') AS flow_name, coalesce(f.title, '') AS flow_title, coalesce(c.name, '') AS connection_name,
			coalesce(e.description, '') AS description, coalesce(e.url, '') AS url, coalesce(e.reason, '') AS reason
		FROM alerts AS a LEFT JOIN flows AS f ON f.id = a.subject LEFT JOIN connections AS c ON c.id = a.subject LEFT JOIN endpoints AS e ON e.id = a.subject
		WHERE a.workspace_id = ? AND a.untold > 0 AND (a.told_at IS NULL OR a.told_at <= ?) ORDER BY a.since, a.subject LIMIT ?`,
		workspaceID, at(t.now.Add(-quiet)), most).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	alerts := make([]alert.Alert, len(rows))
	for i, r := range rows {
		a := alert.Alert{WorkspaceID: workspaceID, Kind: r.Kind, Subject: r.Subject, Failure: r.Failure, Count: r.Untold, RunID: r.RunID,
			Since: r.Since.Time, Told: !r.ToldAt.IsZero()}
		switch r.Kind {
		case alert.Flow:
			a.Name, a.Title = r.FlowName, r.FlowTitle
		case alert.Connection:
			a.Name = r.ConnectionName
		case alert.Endpoint:
			a.Name, a.Failure = r.Description, r.Reason
			if u, err := url.Parse(r.URL); err == nil && a.Name == "" {
				a.Name = u.Host // what follows it may be a secret
			}
		}
		alerts[i] = a
		if _, err := t.db.NewRaw("UPDATE alerts SET untold = 0, told_at = ? WHERE workspace_id = ? AND kind = ? AND subject = ? AND failure = ?",
			at(t.now), workspaceID, r.Kind, r.Subject, r.Failure).Exec(ctx); err != nil {
			return nil, err
		}
	}
	return alerts, nil
}

// tellAlerts stores the letters and events by which alerts are told.
func (t *tx) tellAlerts(ctx context.Context, workspaceID string, alerts []alert.Alert, tell func(ctx context.Context, alerts []alert.Alert, recipients []string) (alert.Telling, error)) error {
	var recipients []string
	err := t.db.NewRaw("SELECT email FROM people WHERE workspace_id = ? AND role IN (?, ?) AND disabled_at IS NULL AND NOT mutes_alerts ORDER BY email",
		workspaceID, access.Owner, access.Administrator).Scan(ctx, &recipients)
	if err != nil {
		return err
	}
	how, err := tell(ctx, alerts, recipients)
	if err != nil {
		return err
	}
	for _, n := range how.News {
		if err := t.Announce(ctx, n.Event, n.Endpoints); err != nil {
			return err
		}
	}
	if len(how.Letters) == 0 {
		return nil
	}
	rows := make([]mailRow, len(how.Letters))
	for i, l := range how.Letters {
		rows[i] = mailRow{ID: l.ID, WorkspaceID: workspaceID, Recipient: l.Recipient, Subject: l.Subject, Body: l.Body, DueAt: at(t.now), CreatedAt: at(t.now)}
	}
	_, err = t.db.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// TakeLetter takes the letter that has been due the longest; see alert.Store.
func (s *Store) TakeLetter(ctx context.Context, lease time.Duration) (l alert.Letter, ok bool, err error) {
	now, err := s.Now(ctx)
	if err != nil {
		return l, false, err
	}
	if due, err := s.read.NewSelect().Model((*mailRow)(nil)).Where("due_at <= ?", at(now)).Exists(ctx); err != nil || !due {
		return l, false, err
	}
	err = s.update(ctx, func(ctx context.Context, t *tx) error {
		ok = false
		skip := ""
		if !isSQLite(t.db) { // which has one writer
			skip = "FOR UPDATE SKIP LOCKED"
		}
		var row mailRow
		err := t.db.NewRaw(`UPDATE mails SET attempts = attempts + 1, due_at = ? WHERE id = (
			SELECT q.id FROM mails AS q WHERE q.due_at <= ? ORDER BY q.due_at, q.id LIMIT 1 ?) RETURNING *`,
			at(t.now.Add(lease)), at(t.now), bun.Safe(skip)).Scan(ctx, &row)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		l, ok = alert.Letter{ID: row.ID, Recipient: row.Recipient, Subject: row.Subject, Body: row.Body, Attempts: row.Attempts}, err == nil
		return err
	})
	return l, ok, err
}

// PostponeLetter has a letter be tried again after a while; see alert.Store.
func (s *Store) PostponeLetter(ctx context.Context, letterID string, pause time.Duration) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE mails SET due_at = ? WHERE id = ?", at(t.now.Add(pause)), letterID).Exec(ctx)
		return err
	})
}

// DropLetter forgets a letter; see alert.Store.
func (s *Store) DropLetter(ctx context.Context, letterID string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("DELETE FROM mails WHERE id = ?", letterID).Exec(ctx)
		return err
	})
}
