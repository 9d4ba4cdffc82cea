package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/sdk/protocol"
)

type messageRow struct {
	bun.BaseModel `bun:"table:messages,alias:m"`

	ID           string `bun:",pk"`
	WorkspaceID  string
	ContactID    string `bun:",nullzero"`
	ConnectionID string
	EventID      string
	Direction    protocol.Direction
	Seq          whole
	ProviderID   string
	CallKey      string
	RunID        string
	StepID       string
	Kind         string
	Text         string
	Payload      string
	Media        document
	InReplyTo    string
	NotReply     bool
	EffectiveAt  stamp
	ReceivedAt   stamp
	Status       conversation.MessageStatus
	DeliveredAt  stamp
	ReadAt       stamp
	Failure      encoded[*protocol.Failure]
	Disposition  conversation.Disposition
	DecidedBy    string
	WaitID       string
	StartedRunID string
	Duplicates   whole
}

func messageRowOf(m conversation.Message) *messageRow {
	return &messageRow{
		ID: m.ID, WorkspaceID: m.WorkspaceID, ContactID: m.ContactID, ConnectionID: m.ConnectionID, EventID: m.EventID,
		Direction: m.Direction, Seq: whole(m.Seq), ProviderID: m.ProviderID, CallKey: m.CallKey, RunID: m.RunID, StepID: m.StepID,
		Kind: m.Kind, Text: m.Text, Payload: m.Payload, Media: document(m.Media), InReplyTo: m.InReplyTo,
		NotReply: m.NotReply, EffectiveAt: at(m.EffectiveAt), ReceivedAt: at(m.ReceivedAt), Status: m.Status,
		DeliveredAt: at(m.DeliveredAt), ReadAt: at(m.ReadAt), Failure: encode(m.Failure), Disposition: m.Disposition, DecidedBy: m.DecidedBy, WaitID: m.WaitID,
		StartedRunID: m.StartedRunID, Duplicates: whole(m.Duplicates),
	}
}

func (r messageRow) message() conversation.Message {
	return conversation.Message{
		ID: r.ID, WorkspaceID: r.WorkspaceID, ContactID: r.ContactID, ConnectionID: r.ConnectionID, EventID: r.EventID,
		Direction: r.Direction, Seq: int64(r.Seq), ProviderID: r.ProviderID, CallKey: r.CallKey, RunID: r.RunID, StepID: r.StepID,
		Kind: r.Kind, Text: r.Text, Payload: r.Payload, Media: json.RawMessage(r.Media), InReplyTo: r.InReplyTo,
		NotReply: r.NotReply, EffectiveAt: r.EffectiveAt.Time, ReceivedAt: r.ReceivedAt.Time, Status: r.Status,
		DeliveredAt: r.DeliveredAt.Time, ReadAt: r.ReadAt.Time, Failure: r.Failure.value, Disposition: r.Disposition, DecidedBy: r.DecidedBy, WaitID: r.WaitID,
		StartedRunID: r.StartedRunID, Duplicates: int(r.Duplicates),
	}
}

// number gives an inbound message its number unless it is known.
func (t *tx) number(ctx context.Context, m conversation.Message) (conversation.Message, bool, error) {
	seq, err := rowOf[int64](ctx, t.db, t.nextInbound(m))
	if errors.Is(err, ErrNotFound) {
		return t.knownMessage(ctx, m)
	}
	m.Seq = seq
	if err == nil {
		t.numbered = append(t.numbered, m)
	}
	return m, err == nil, err
}

// InsertMessage stores a message once; see engine.Tx. A message whose call key is known comes back as it is stored,
// and is no duplicate: the same call was recorded twice.
func (t *tx) InsertMessage(ctx context.Context, m conversation.Message) (conversation.Message, bool, error) {
	if m.Direction == protocol.Inbound && m.Seq == 0 {
		numbered, fresh, err := t.number(ctx, m)
		if err != nil || !fresh {
			return numbered, false, err
		}
		m = numbered
	}
	fresh, err := changed(execute(ctx, t.db, t.db.NewInsert().Model(messageRowOf(m)).On("CONFLICT DO NOTHING")))
	if err != nil || fresh {
		return m, fresh, err
	}
	return t.knownMessage(ctx, m)
}

// KeepMessage stores a message that has its number; see engine.Tx.
func (t *tx) KeepMessage(ctx context.Context, m conversation.Message) error {
	return t.executeLast(ctx, t.db.NewInsert().Model(messageRowOf(m)).On("CONFLICT DO NOTHING"))
}

// InsertIntent stores a message that is about to be sent; see engine.Tx.
func (t *tx) InsertIntent(ctx context.Context, m conversation.Message) error {
	_, err := execute(ctx, t.db, t.db.NewInsert().Model(messageRowOf(m)).
		Value("seq", "coalesce((SELECT inbound_seq FROM contacts WHERE id = ?), 0)", m.ContactID).
		On("CONFLICT (connection_id, call_key) WHERE call_key <> '' DO UPDATE").
		Set("status = excluded.status, failure = NULL, seq = excluded.seq").
		Where("m.status = ?", conversation.SendFailed))
	return err
}

// InboundSeq is the number of a contact's newest message; see engine.Tx.
func (t *tx) InboundSeq(ctx context.Context, contactID string) (int64, error) {
	return rowOf[int64](ctx, t.db, t.db.NewRaw("SELECT inbound_seq FROM contacts WHERE id = ?", contactID))
}

// InboundSeqAt is the number of the newest message that a contact had been heard with by a time; see engine.Tx.
func (t *tx) InboundSeqAt(ctx context.Context, contactID string, at time.Time) (int64, error) {
	return rowOf[int64](ctx, t.db, t.db.NewSelect().Model((*messageRow)(nil)).ColumnExpr("coalesce(max(seq), 0)").
		Where("contact_id = ? AND direction = 'in' AND received_at < ?", contactID, stamp{at}))
}

// nextInbound takes the contact's next number for a message that is not known yet. No row means that it is, or that there
// is no such contact, or that they were merged.
func (t *tx) nextInbound(m conversation.Message) *bun.RawQuery {
	return t.db.NewRaw(`UPDATE contacts SET inbound_seq = inbound_seq + 1 WHERE id = ? AND merged_into = '' AND NOT EXISTS (
			SELECT 1 FROM messages WHERE connection_id = ? AND provider_id = ? AND provider_id <> '')
		RETURNING inbound_seq`, m.ContactID, m.ConnectionID, m.ProviderID)
}

func (t *tx) knownMessage(ctx context.Context, m conversation.Message) (conversation.Message, bool, error) {
	var row messageRow
	err := t.db.NewRaw(`UPDATE messages SET duplicates = duplicates + 1
		WHERE connection_id = ? AND provider_id = ? AND provider_id <> '' RETURNING *`,
		m.ConnectionID, m.ProviderID).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) && m.CallKey != "" {
		known, err := t.SentMessage(ctx, m.ConnectionID, "", m.CallKey)
		return known, false, err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return m, false, fmt.Errorf("store message of contact %s: %w", m.ContactID, ErrNotFound)
	}
	return row.message(), false, err
}

// SentMessage finds an outbound message; see engine.Store.
func (s *Store) SentMessage(ctx context.Context, connectionID, providerID, callKey string) (conversation.Message, error) {
	return sentMessage(ctx, s.read, connectionID, providerID, callKey)
}

// SentMessage finds an outbound message; see engine.Tx.
func (t *tx) SentMessage(ctx context.Context, connectionID, providerID, callKey string) (conversation.Message, error) {
	return sentMessage(ctx, t.db, connectionID, providerID, callKey)
}

func sentMessage(ctx context.Context, db bun.IDB, connectionID, providerID, callKey string) (conversation.Message, error) {
	row, err := rowOf[messageRow](ctx, db, db.NewSelect().Model((*messageRow)(nil)).
		Where("connection_id = ? AND direction = 'out'", connectionID).
		Where("(provider_id = ? AND provider_id <> '') OR (call_key = ? AND call_key <> '')", providerID, callKey).
		OrderExpr("provider_id = ? DESC", providerID).Limit(1))
	return row.message(), err
}

// UpdateMessage stores what became of a message; see engine.Tx.
func (t *tx) UpdateMessage(ctx context.Context, m conversation.Message) error {
	updated, err := changed(execute(ctx, t.db, t.updateMessage(m).Where(`provider_id = ? OR NOT EXISTS (
		SELECT 1 FROM messages AS o WHERE o.connection_id = ? AND o.provider_id = ? AND o.provider_id <> '')`,
		m.ProviderID, m.ConnectionID, m.ProviderID)))
	if err != nil || updated {
		return err
	}
	if m, err = t.mergeEcho(ctx, m); err != nil {
		return err
	}
	updated, err = changed(t.updateMessage(m).Exec(ctx))
	if err == nil && !updated {
		return ErrNotFound
	}
	return err
}

func (t *tx) updateMessage(m conversation.Message) *bun.UpdateQuery {
	return t.db.NewUpdate().Model(messageRowOf(m)).
		Column("provider_id", "kind", "text", "status", "delivered_at", "read_at", "failure", "effective_at", "disposition", "decided_by", "wait_id", "started_run_id").
		WherePK()
}

// mergeEcho takes the provider's echo of a message out of the way, with the status that it has got to.
func (t *tx) mergeEcho(ctx context.Context, m conversation.Message) (conversation.Message, error) {
	var echo messageRow
	err := t.db.NewRaw(`DELETE FROM messages WHERE connection_id = ? AND provider_id = ? AND id <> ? AND direction = 'out' AND call_key = ''
		RETURNING *`, m.ConnectionID, m.ProviderID, m.ID).Scan(ctx, &echo)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		m.ProviderID = ""
		return m, nil
	case err != nil:
		return m, err
	}
	if conversation.Newer(m.Status, echo.Status) {
		m.Status, m.Failure = echo.Status, echo.Failure.value
		m.DeliveredAt, m.ReadAt = echo.DeliveredAt.Time, echo.ReadAt.Time
	}
	return m, nil
}

// Message loads a message; see engine.Tx.
func (t *tx) Message(ctx context.Context, id string) (conversation.Message, error) {
	var row messageRow
	err := t.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.message(), found(err)
}

// UnclaimedInbound returns what a contact said since then and no wait has claimed; see engine.Tx.
func (t *tx) UnclaimedInbound(ctx context.Context, contactID, connectionID string, since int64) ([]conversation.Message, error) {
	q := t.db.NewSelect().Model((*messageRow)(nil)).
		Where("contact_id = ? AND direction = 'in' AND seq > ? AND disposition <> ?", contactID, whole(since), conversation.Matched)
	if connectionID != "" {
		q = q.Where("connection_id = ?", connectionID)
	}
	rows, err := rowsOf[messageRow](ctx, t.db, q.OrderExpr("seq"))
	return convert(rows, messageRow.message), err
}

// recentInbound is how many of a contact's inbound messages may have come in another order than they were written.
const recentInbound = 20

// LastHeard returns when a contact last wrote; see engine.Tx.
func (t *tx) LastHeard(ctx context.Context, contactID, connectionID string) (time.Time, error) {
	var rows []messageRow
	err := t.db.NewSelect().Model(&rows).Column("effective_at").
		Where("contact_id = ? AND direction = 'in' AND connection_id = ? AND NOT not_reply", contactID, connectionID).
		OrderExpr("seq DESC").Limit(recentInbound).Scan(ctx)
	var last time.Time
	for _, row := range rows {
		if at := row.EffectiveAt.Time; at.After(last) {
			last = at
		}
	}
	for _, m := range t.numbered {
		if m.ContactID == contactID && m.ConnectionID == connectionID && !m.NotReply && m.EffectiveAt.After(last) {
			last = m.EffectiveAt
		}
	}
	return last, err
}

// AnswerMessages returns the messages that a wait took as its answer; see engine.Tx.
func (t *tx) AnswerMessages(ctx context.Context, waitID string) ([]conversation.Message, error) {
	if err := t.finish(ctx); err != nil { // this unit may have written some of the lines
		return nil, err
	}
	var rows []messageRow
	err := t.db.NewSelect().Model(&rows).
		Where("id IN (SELECT message_id FROM wait_events WHERE wait_id = ? AND kind = ?)", waitID, engine.WaitCollected).
		OrderExpr("seq").Scan(ctx)
	return convert(rows, messageRow.message), err
}

// sendingFor is how long the echo of a message whose outcome is not known may take.
const sendingFor = 10 * time.Minute

// IsSending reports whether a message to the contact is on its way; see engine.Tx.
func (t *tx) IsSending(ctx context.Context, contactID, connectionID string) (bool, error) {
	return t.db.NewSelect().Model((*messageRow)(nil)).
		Where("contact_id = ? AND connection_id = ? AND status = 'sending' AND call_key <> ''", contactID, connectionID).
		Where("received_at > ?", at(t.Now().Add(-sendingFor))).Exists(ctx)
}
