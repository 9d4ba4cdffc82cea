package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/engine"
)

// theirEvents are the events that a contact caused or that a run about them began with.
const theirEvents = `SELECT event_id FROM messages WHERE contact_id = ?0 AND event_id <> ''
	UNION SELECT event_id FROM runs WHERE contact_id = ?0 AND event_id <> ''`

// erasures take what tells of a contact out of every table, and leave that something happened. ?0 is the contact, ?1 their
// workspace, ?2 a pattern with the contact's id, ?3 why their runs ended that were under way, which tells nothing of them. The
// requests come before the events that lead to them, the contact last: should it stop in the middle, it is begun again from
// the first.
var erasures = []string{
	`UPDATE raw_requests SET body = '', query = '{}', header = '{}' WHERE parsed_at IS NOT NULL AND id IN (
		SELECT request_id FROM events WHERE request_id <> '' AND id IN (` + theirEvents + `))`,
	// Nobody knows whose a refused request is: all of the workspace lose what they say.
	`UPDATE refused_requests SET body = '', query = '{}', header = '{}', delivery_key = '', remote = '' WHERE workspace_id = ?1`,
	`UPDATE events SET data = NULL, contact = NULL, message = NULL, status = NULL WHERE id IN (` + theirEvents + `)`,
	`UPDATE step_runs SET input = NULL, output = NULL, failure = NULL WHERE run_id IN (SELECT id FROM runs WHERE contact_id = ?0)`,
	`DELETE FROM answers WHERE run_id IN (SELECT id FROM runs WHERE contact_id = ?0)`,
	`UPDATE step_attempts SET failure = NULL, exchanges = NULL WHERE run_id IN (SELECT id FROM runs WHERE contact_id = ?0)`,
	`UPDATE runs SET vars = NULL, loops = NULL, failure = NULL, reason = CASE WHEN reason = ?3 THEN reason ELSE '' END WHERE contact_id = ?0`,
	`UPDATE wait_events SET detail = '' WHERE wait_id IN (SELECT id FROM waits WHERE contact_id = ?0)`,
	`UPDATE waits SET say = NULL WHERE contact_id = ?0`,
	`UPDATE messages SET text = '', payload = '', media = NULL, failure = NULL, provider_id = '', in_reply_to = '' WHERE contact_id = ?0`,
	`DELETE FROM outgoing_deliveries WHERE event_id IN (SELECT id FROM outgoing_events WHERE workspace_id = ?1 AND CAST(payload AS text) LIKE ?2)`,
	`DELETE FROM outgoing_events WHERE workspace_id = ?1 AND CAST(payload AS text) LIKE ?2`,
	`DELETE FROM identities WHERE contact_id = ?0`,
	`DELETE FROM list_members WHERE contact_id = ?0`,
	`DELETE FROM contact_dates WHERE contact_id = ?0`,
	`UPDATE contacts SET phone = '', email = '', name = '', language = '', time_zone = '', tags = NULL, fields = NULL, consent = '', blocked = false WHERE id = ?0`,
}

// EraseContact takes what tells of a contact out of every table, in several transactions. Their runs have ended by then.
// It may be called again, after a crash too.
func (s *Store) EraseContact(ctx context.Context, workspaceID, contactID string) error {
	if _, err := s.ContactByID(ctx, workspaceID, contactID); err != nil {
		return err
	}
	var all []string // who went up in them, too: what was told of those has their ids
	err := s.read.NewSelect().Model((*contactRow)(nil)).Column("id").Where("id = ? OR merged_into = ?", contactID, contactID).Scan(ctx, &all)
	if err != nil {
		return err
	}
	for _, statement := range erasures {
		for _, one := range all {
			err := s.update(ctx, func(ctx context.Context, t *tx) error {
				_, err := t.db.NewRaw(statement, one, workspaceID, "%"+one+"%", engine.ErasedReason).Exec(ctx)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		return t.record(ctx, access.Deed{Action: "contact.erase", Resource: contactID})
	})
}

// Identities lists how a contact is recognised.
func (s *Store) Identities(ctx context.Context, contactID string) ([]string, error) {
	return identities(ctx, s.read, contactID)
}

func identities(ctx context.Context, db bun.IDB, contactID string) (all []string, err error) {
	var rows []identityRow
	err = db.NewSelect().Model(&rows).Where("contact_id = ?", contactID).OrderExpr("kind, scope, value").Scan(ctx)
	for _, r := range rows {
		all = append(all, r.text())
	}
	return all, err
}
