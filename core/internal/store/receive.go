package store

import (
	"context"
	"reflect"
	"strings"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
)

// Receive stores an event unless its key is known; see engine.Tx. On Postgres it is one statement, because each reply of a
// customer comes by here and a round trip is most of what one costs.
func (t *tx) Receive(ctx context.Context, in engine.Incoming) (got engine.Received, err error) {
	if in.ReadAll {
		if err := t.executeLast(ctx, t.parse(in.RequestID, "")); err != nil {
			return got, err
		}
	}
	receive := t.receiveAtOnce
	if isSQLite(t.db) || in.ContactID == "" {
		receive = t.receiveApart
	}
	if got, err = receive(ctx, in); err != nil || got.Contact.ID != in.ContactID {
		return got, err
	}
	if got.EventID = in.ID; !got.Fresh {
		if got.EventID, err = t.knownEvent(ctx, in.Event); err != nil {
			return got, err
		}
	}
	if got.Heard {
		got.Message.EventID = got.EventID
	}
	return got, nil
}

// receiveApart takes a statement for each thing.
func (t *tx) receiveApart(ctx context.Context, in engine.Incoming) (got engine.Received, err error) {
	if in.ContactID != "" {
		got.Contact, err = t.Contact(ctx, in.WorkspaceID, in.ContactID)
		if err != nil || got.Contact.ID != in.ContactID {
			return got, err
		}
	}
	if got.Fresh, err = changed(execute(ctx, t.db, t.insertEvent(in.Event))); err != nil || in.Says == nil {
		return got, err
	}
	if got.Message, got.Heard, err = t.number(ctx, *in.Says); err == nil && got.Heard {
		got.Waits, err = t.LiveWaits(ctx, in.ContactID)
	}
	return got, err
}

// receiveAtOnce takes one statement. Its parts see the database as it was before any of them.
func (t *tx) receiveAtOnce(ctx context.Context, in engine.Incoming) (got engine.Received, err error) {
	says := conversation.Message{}
	if in.Says != nil {
		says = *in.Says
	}
	rows, err := rowsOf[struct {
		waitRow `bun:",extend"`
		Contact contactRow `bun:"embed:c_"`
		Fresh   bool
		Seq     int64
	}](ctx, t.db, t.db.NewRaw("WITH e AS (?), n AS (?) SELECT "+t.contactColumns()+`, EXISTS (SELECT 1 FROM e) AS fresh, coalesce(n.inbound_seq, 0) AS seq, w.*
		FROM contacts AS c LEFT JOIN n ON true LEFT JOIN waits AS w ON n.inbound_seq IS NOT NULL AND w.contact_id = c.id AND w.`+liveWait+`
		WHERE `+nowID+` AND c.workspace_id = ? ORDER BY w.opened_at DESC, w.id DESC`,
		t.insertEvent(in.Event).Returning("id"), t.nextInbound(says), in.ContactID, in.ContactID, in.WorkspaceID))
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return got, err
	}
	got = engine.Received{Fresh: rows[0].Fresh, Contact: rows[0].Contact.contact()}
	if in.Says == nil || got.Contact.ID != in.ContactID {
		return got, nil
	}
	if got.Heard = rows[0].Seq > 0; !got.Heard {
		got.Message, _, err = t.knownMessage(ctx, says)
		return got, err
	}
	says.Seq = rows[0].Seq
	got.Message, t.numbered = says, append(t.numbered, says)
	for _, r := range rows {
		if r.ID != "" {
			got.Waits = append(got.Waits, r.wait())
		}
	}
	return got, nil
}

// contactColumns is what selectContacts reads, for a statement that reads more, with c_ before each name.
func (t *tx) contactColumns() string {
	columns := []string{strings.Replace(listsOf, "AS lists", "AS c_lists", 1)}
	for _, f := range t.db.Dialect().Tables().Get(reflect.TypeFor[*contactRow]()).Fields {
		columns = append(columns, "c."+f.Name+" AS c_"+f.Name)
	}
	return strings.Join(columns, ", ")
}

func (t *tx) insertEvent(e event.Event) *bun.InsertQuery {
	return t.db.NewInsert().On("CONFLICT DO NOTHING").Model(&eventRow{
		ID: e.ID, WorkspaceID: e.WorkspaceID, ConnectionID: e.ConnectionID, RequestID: e.RequestID, Type: e.Type,
		Key: e.Key, OccurredAt: at(e.OccurredAt), ReceivedAt: at(e.ReceivedAt), Data: document(e.Data),
		Contact: encode(e.Contact), Message: encode(e.Message), Status: encode(e.Status), Origin: encode(e.Origin),
	})
}

// knownEvent returns the id of the event that has the same key.
func (t *tx) knownEvent(ctx context.Context, e event.Event) (id string, err error) {
	err = t.db.NewRaw("SELECT id FROM events WHERE workspace_id = ? AND connection_id = ? AND type = ? AND key = ?",
		e.WorkspaceID, e.ConnectionID, e.Type, e.Key).Scan(ctx, &id)
	return id, found(err)
}
