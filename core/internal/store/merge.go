package store

import (
	"context"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
)

// Belongings counts what belongs to a contact; see engine.Tx.
func (t *tx) Belongings(ctx context.Context, contactID string) (b engine.Belongings, err error) {
	err = t.db.NewRaw(`SELECT
			(SELECT count(*) FROM messages WHERE contact_id = ?0) AS messages,
			(SELECT count(*) FROM runs WHERE contact_id = ?0) AS runs,
			(SELECT count(*) FROM runs WHERE contact_id = ?0 AND status IN ('queued', 'running', 'waiting')) AS active_runs,
			(SELECT count(*) FROM waits WHERE contact_id = ?0) AS waits,
			(SELECT count(*) FROM waits WHERE contact_id = ?0 AND `+liveWait+`) AS open_waits`, contactID).Scan(ctx, &b)
	if err != nil {
		return b, err
	}
	b.Identities, err = identities(ctx, t.db, contactID)
	return b, err
}

// merges give what belongs to contact ?0 to contact ?1. The first one's inbound messages get numbers below all of the
// second's, so that none of them answers a question of the second's; what the first was asked after their newest message
// comes after the second's newest too. Runs that wait get a new revision, so that whoever holds an old one has lost.
var merges = []string{
	`UPDATE messages SET seq = seq - ?2 WHERE contact_id = ?0 AND direction = 'in'`,
	`UPDATE messages SET seq = CASE WHEN seq >= ?3 THEN ?4 ELSE seq - ?2 END WHERE contact_id = ?0 AND direction <> 'in'`,
	`UPDATE messages SET contact_id = ?1 WHERE contact_id = ?0`,
	`UPDATE waits SET contact_id = ?1, since_seq = CASE WHEN since_seq >= ?3 THEN ?4 ELSE since_seq - ?2 END WHERE contact_id = ?0`,
	`UPDATE runs SET contact_id = ?1, revision = CASE WHEN status IN ('queued', 'waiting') THEN revision + 1 ELSE revision END WHERE contact_id = ?0`,
	`UPDATE identities SET contact_id = ?1 WHERE contact_id = ?0`,
	`DELETE FROM list_members WHERE contact_id = ?0`,
	`DELETE FROM contact_dates WHERE contact_id = ?0`,
	`UPDATE contacts SET merged_into = ?1 WHERE merged_into = ?0`,
	`UPDATE contacts SET merged_into = ?1, phone = '', email = '', name = '', language = '', time_zone = '', tags = NULL, fields = NULL, consent = '', blocked = false WHERE id = ?0`,
}

// MergeContact gives what belongs to one contact to another; see engine.Tx.
func (t *tx) MergeContact(ctx context.Context, fromID, toID string) error {
	var from, to struct{ Newest, Lowest int64 }
	for id, into := range map[string]*struct{ Newest, Lowest int64 }{fromID: &from, toID: &to} {
		err := t.db.NewRaw(`SELECT inbound_seq AS newest, coalesce((SELECT min(m.seq) FROM messages AS m WHERE m.contact_id = c.id AND m.direction = 'in'), 1) AS lowest
			FROM contacts AS c WHERE c.id = ?`, id).Scan(ctx, into)
		if err != nil {
			return found(err)
		}
	}
	down := from.Newest - to.Lowest + 1
	for _, statement := range merges {
		if _, err := t.db.NewRaw(statement, fromID, toID, down, from.Newest, to.Newest).Exec(ctx); err != nil {
			return err
		}
	}
	return t.record(ctx, access.Deed{Action: "contact.merge", Resource: toID, After: map[string]any{"merged": fromID}})
}
