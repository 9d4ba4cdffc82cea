package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
)

type contactRow struct {
	bun.BaseModel `bun:"table:contacts,alias:c"`

	ID          string `bun:",pk"`
	WorkspaceID string
	Phone       string
	Email       string
	Name        string
	Language    string
	TimeZone    string
	Tags        encoded[[]string]
	Fields      document
	Consent     flow.Consent
	Blocked     bool
	InboundSeq  int64
	CreatedAt   stamp
	MergedInto  string
	Lists       string `bun:",scanonly"` // by listsOf
}

// selectContacts reads contacts with what is kept of them elsewhere.
func selectContacts(db bun.IDB, into any) *bun.SelectQuery {
	return db.NewSelect().Model(into).ColumnExpr("c.*").ColumnExpr(listsOf)
}

// nowID finds a contact by an id, or the one with whom they were merged. It takes the id twice.
const nowID = "c.id = coalesce((SELECT m.merged_into FROM contacts AS m WHERE m.id = ? AND m.merged_into <> ''), ?)"

func (r contactRow) contact() conversation.Contact {
	return conversation.Contact{
		ID: r.ID, WorkspaceID: r.WorkspaceID, Phone: r.Phone, Email: r.Email, Name: r.Name, Language: r.Language, TimeZone: r.TimeZone,
		Tags: r.Tags.value, Lists: names(r.Lists), Fields: json.RawMessage(r.Fields), Consent: r.Consent, Blocked: r.Blocked, InboundSeq: r.InboundSeq, CreatedAt: r.CreatedAt.Time,
	}
}

// Contact loads a contact; see engine.Tx.
func (t *tx) Contact(ctx context.Context, workspaceID, contactID string) (conversation.Contact, error) {
	row, err := rowOf[contactRow](ctx, t.db, selectContacts(t.db, (*contactRow)(nil)).Where(nowID+" AND c.workspace_id = ?", contactID, contactID, workspaceID))
	return row.contact(), err
}

// SaveContact stores what is known of a contact; see engine.Tx.
func (t *tx) SaveContact(ctx context.Context, c conversation.Contact) error {
	row := contactRow{
		ID: c.ID, Name: c.Name, Language: c.Language, TimeZone: c.TimeZone, Tags: encode(c.Tags), Fields: document(c.Fields),
		Consent: c.Consent, Blocked: c.Blocked,
	}
	_, err := t.db.NewUpdate().Model(&row).Column("name", "language", "time_zone", "tags", "fields", "consent", "blocked").WherePK().Exec(ctx)
	if err != nil {
		return err
	}
	if err := t.saveDates(ctx, c); err != nil {
		return err
	}
	if err := t.saveLists(ctx, c.WorkspaceID, c.ID, c.Lists); err != nil {
		return err
	}
	return t.carriesOut(ctx, c.ID, at(c.CreatedAt).Equal(t.now.Truncate(time.Microsecond)))
}

type identityRow struct {
	bun.BaseModel `bun:"table:identities,alias:i"`

	WorkspaceID string                    `bun:",pk"`
	Kind        conversation.IdentityKind `bun:",pk"`
	Scope       string                    `bun:",pk"`
	Value       string                    `bun:",pk"`
	ContactID   string
	CreatedAt   stamp
}

// Contact finds or makes a contact, as engine.Store says. When identities belong to several contacts the first in
// the person's order decides. Concurrent callers who share an identity get the same contact.
func (s *Store) Contact(ctx context.Context, workspaceID string, person conversation.Person, made engine.MadeFunc) (conversation.Contact, error) {
	if len(person.Identities) == 0 {
		return conversation.Contact{}, errors.New("find contact: no identity to find it by")
	}
	if known, err := recognise(ctx, s.read, workspaceID, person); err != nil || known.complete(person) {
		return known.contact.contact(), err
	}
	var locks []string
	for _, i := range person.Identities {
		locks = append(locks, fmt.Sprintf("identity %s %s %s %s", workspaceID, i.Kind, i.Scope, i.Value))
	}
	var contact conversation.Contact
	err := s.committer.write(ctx, locks, func(ctx context.Context, t *tx) (err error) {
		var fresh bool
		contact, fresh, err = t.contact(ctx, workspaceID, person)
		if fresh && err == nil && made != nil {
			contact, err = made(ctx, t, contact)
		}
		return err
	})
	return contact, err
}

// Recognise returns the contact that Contact would find; ErrNotFound if it would make one.
func (s *Store) Recognise(ctx context.Context, workspaceID string, person conversation.Person) (conversation.Contact, error) {
	known, err := recognise(ctx, s.read, workspaceID, person)
	if err == nil && known.contact.ID == "" {
		err = ErrNotFound
	}
	return known.contact.contact(), err
}

// contact is Contact under the locks of all identities.
func (t *tx) contact(ctx context.Context, workspaceID string, person conversation.Person) (c conversation.Contact, fresh bool, err error) {
	known, err := recognise(ctx, t.db, workspaceID, person)
	if err != nil {
		return c, false, err
	}
	row := known.contact
	if fresh = row.ID == ""; fresh {
		row = contactRow{ID: id.New("cnt"), WorkspaceID: workspaceID, CreatedAt: at(t.now)}
		row.fill(person)
		if _, err := t.db.NewInsert().Model(&row).Exec(ctx); err != nil {
			return c, false, err
		}
	} else if row.fill(person) {
		_, err := t.db.NewUpdate().Model(&row).Column("phone", "email", "name").WherePK().Exec(ctx)
		if err != nil {
			return c, false, err
		}
	}
	if missing := known.missing(person); len(missing) > 0 {
		rows := make([]identityRow, len(missing))
		for i, m := range missing {
			rows[i] = identityRow{WorkspaceID: workspaceID, Kind: m.Kind, Scope: m.Scope, Value: m.Value,
				ContactID: row.ID, CreatedAt: at(t.now)}
		}
		if _, err := t.db.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return c, false, err
		}
	}
	return row.contact(), fresh, nil
}

// fill sets what is empty and reports whether that changed anything.
func (r *contactRow) fill(person conversation.Person) (changed bool) {
	for field, value := range map[*string]string{&r.Phone: person.Phone, &r.Email: person.Email, &r.Name: person.Name} {
		if *field == "" && value != "" {
			*field, changed = value, true
		}
	}
	return changed
}

// recognised is what the database knows of a person.
type recognised struct {
	contact contactRow // zero if unknown
	owned   []conversation.Identity
}

func (r recognised) missing(person conversation.Person) []conversation.Identity {
	var missing []conversation.Identity
	for _, i := range person.Identities {
		if !slices.Contains(r.owned, i) && !slices.Contains(missing, i) {
			missing = append(missing, i)
		}
	}
	return missing
}

func (r recognised) complete(person conversation.Person) bool {
	return r.contact.ID != "" && len(r.missing(person)) == 0 && !r.contact.fill(person)
}

// ownedRow is an identity with the contact that owns it.
type ownedRow struct {
	contactRow `bun:",extend"`

	Kind  conversation.IdentityKind
	Scope string
	Value string
}

func recognise(ctx context.Context, db bun.IDB, workspaceID string, person conversation.Person) (recognised, error) {
	query := db.NewSelect().TableExpr("identities AS i").Join("JOIN contacts AS c ON c.id = i.contact_id").
		ColumnExpr("c.*, i.kind, i.scope, i.value, " + listsOf)
	for _, i := range person.Identities {
		query = query.WhereOr("i.workspace_id = ? AND i.kind = ? AND i.scope = ? AND i.value = ?", workspaceID, i.Kind, i.Scope, i.Value)
	}
	rows, err := rowsOf[ownedRow](ctx, db, query)
	if err != nil {
		return recognised{}, err
	}
	var known recognised
	owners := map[conversation.Identity]contactRow{}
	for _, row := range rows {
		identity := conversation.Identity{Kind: row.Kind, Scope: row.Scope, Value: row.Value}
		known.owned = append(known.owned, identity)
		owners[identity] = row.contactRow
	}
	for _, i := range person.Identities {
		if owner, ok := owners[i]; ok {
			known.contact = owner
			break
		}
	}
	return known, nil
}

// ContactByID loads a contact.
func (s *Store) ContactByID(ctx context.Context, workspaceID, contactID string) (conversation.Contact, error) {
	var row contactRow
	err := selectContacts(s.read, &row).Where(nowID+" AND c.workspace_id = ?", contactID, contactID, workspaceID).Scan(ctx)
	return row.contact(), found(err)
}

// Renumber gives a contact new identities for former ones; see engine.Tx.
func (t *tx) Renumber(ctx context.Context, workspaceID, contactID string, former, now conversation.Person) error {
	for _, i := range former.Identities {
		_, err := t.db.NewRaw("DELETE FROM identities WHERE workspace_id = ? AND kind = ? AND scope = ? AND value = ? AND contact_id = ?",
			workspaceID, i.Kind, i.Scope, i.Value, contactID).Exec(ctx)
		if err != nil {
			return err
		}
	}
	for _, i := range now.Identities {
		if err := t.AddIdentity(ctx, workspaceID, contactID, i); err != nil {
			return err
		}
	}
	if former.Phone == "" || now.Phone == "" {
		return nil
	}
	_, err := t.db.NewRaw("UPDATE contacts SET phone = ? WHERE id = ? AND phone = ?", now.Phone, contactID, former.Phone).Exec(ctx)
	return err
}

// AddIdentity attaches an identity to a contact; see engine.Tx.
func (t *tx) AddIdentity(ctx context.Context, workspaceID, contactID string, i conversation.Identity) error {
	row := identityRow{WorkspaceID: workspaceID, Kind: i.Kind, Scope: i.Scope, Value: i.Value, ContactID: contactID, CreatedAt: at(t.now)}
	_, err := t.db.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx)
	return err
}
