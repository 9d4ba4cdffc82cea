package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/erasure"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/list"
)

type erasureRow struct {
	bun.BaseModel `bun:"table:erasures,alias:z"`

	ID          string `bun:",pk"`
	WorkspaceID string
	MarkKey     string
	Marks       encoded[[]string]
	ErasedAt    stamp
	Contacts    encoded[[]string]
	Actor       string
	RequestID   string
	DoneAt      stamp
}

func erasureRowOf(t erasure.Tombstone, contacts []string, by access.Actor) erasureRow {
	return erasureRow{ID: t.ID, WorkspaceID: t.WorkspaceID, MarkKey: t.KeyID, Marks: encode(append([]string{}, t.Marks...)), ErasedAt: at(t.ErasedAt),
		Contacts: encode(append([]string{}, contacts...)), Actor: by.ID, RequestID: by.RequestID}
}

func (r erasureRow) tombstone() erasure.Tombstone {
	return erasure.Tombstone{ID: r.ID, WorkspaceID: r.WorkspaceID, KeyID: r.MarkKey, Marks: r.Marks.value, ErasedAt: r.ErasedAt.Time}
}

func (r erasureRow) open() erasure.Open {
	return erasure.Open{ID: r.ID, WorkspaceID: r.WorkspaceID, Contacts: r.Contacts.value,
		By: access.Actor{WorkspaceID: r.WorkspaceID, ID: r.Actor, RequestID: r.RequestID}}
}

// BeginErasure notes that a contact is to be erased; see erasure.Store.
func (s *Store) BeginErasure(ctx context.Context, workspaceID, contactID string, bury func(erasure.Tombstone, erasure.Known) erasure.Tombstone) (erasure.Tombstone, erasure.Open, error) {
	var row erasureRow
	err := s.committer.write(ctx, []string{"erasures " + workspaceID}, func(ctx context.Context, t *tx) error {
		contact, err := t.Contact(ctx, workspaceID, contactID)
		if err != nil {
			return err
		}
		var open []erasureRow
		if err := t.db.NewSelect().Model(&open).Where("workspace_id = ? AND done_at IS NULL", workspaceID).Scan(ctx); err != nil {
			return err
		}
		for _, row = range open {
			if len(row.Contacts.value) == 1 && row.Contacts.value[0] == contact.ID {
				return nil
			}
		}
		known := erasure.Known{CreatedAt: contact.CreatedAt}
		if err := t.db.NewRaw("SELECT id FROM contacts WHERE id = ?0 OR merged_into = ?0", contact.ID).Scan(ctx, &known.IDs); err != nil {
			return err
		}
		if known.Identities, err = identities(ctx, t.db, contact.ID); err != nil {
			return err
		}
		stone := bury(erasure.Tombstone{ID: id.New("ers"), WorkspaceID: workspaceID, ErasedAt: t.now.Truncate(time.Microsecond)}, known)
		row = erasureRowOf(stone, []string{contact.ID}, t.by)
		_, err = t.db.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	return row.tombstone(), row.open(), err
}

// EndErasure notes that an erasure is done; see erasure.Store.
func (s *Store) EndErasure(ctx context.Context, id string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.db.NewRaw("UPDATE erasures SET done_at = ? WHERE id = ? AND done_at IS NULL", at(t.now), id).Exec(ctx)
		return err
	})
}

// OpenErasures lists the erasures that are not done; see erasure.Store.
func (s *Store) OpenErasures(ctx context.Context, ago time.Duration) ([]erasure.Open, error) {
	var rows []erasureRow
	q := s.read.NewSelect().Model(&rows).Where("done_at IS NULL").OrderExpr("id")
	if ago > 0 {
		now, err := s.Now(ctx)
		if err != nil {
			return nil, err
		}
		q = q.Where("erased_at <= ?", at(now.Add(-ago)))
	}
	err := q.Scan(ctx)
	return convert(rows, erasureRow.open), err
}

// AddTombstone stores a tombstone that another database has made; see erasure.Store.
func (s *Store) AddTombstone(ctx context.Context, stone erasure.Tombstone, contacts []string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		by := t.by
		if by.ID == "" {
			by.ID = access.Gateway
		}
		row := erasureRowOf(stone, contacts, by)
		if len(contacts) == 0 {
			row.DoneAt = at(t.now)
		}
		_, err := t.db.NewInsert().Model(&row).On("CONFLICT (id) DO NOTHING").Exec(ctx)
		return err
	})
}

// Tombstones returns a page of a workspace's; see erasure.Store.
func (s *Store) Tombstones(ctx context.Context, workspaceID string, p list.Page) ([]erasure.Tombstone, error) {
	var rows []erasureRow
	err := paged(p, s.read.NewSelect().Model(&rows), "z", workspaceID).Scan(ctx)
	return convert(rows, erasureRow.tombstone), err
}

// WalkContacts goes through a workspace's contacts; see erasure.Store.
func (s *Store) WalkContacts(ctx context.Context, workspaceID string, visit func(contactID string, k erasure.Known)) error {
	for after := ""; ; {
		var rows []struct {
			ID        string
			CreatedAt stamp
		}
		err := s.read.NewRaw("SELECT id, created_at FROM contacts WHERE workspace_id = ? AND id > ? ORDER BY id LIMIT ?", workspaceID, after, list.MaxLimit).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		after = ids[len(ids)-1]
		var owned []identityRow
		if err := s.read.NewSelect().Model(&owned).Where("contact_id IN ?", bun.Tuple(ids)).Scan(ctx); err != nil {
			return err
		}
		of := map[string][]string{}
		for _, o := range owned {
			of[o.ContactID] = append(of[o.ContactID], o.text())
		}
		for _, r := range rows {
			visit(r.ID, erasure.Known{IDs: []string{r.ID}, Identities: of[r.ID], CreatedAt: r.CreatedAt.Time})
		}
	}
}

// text is an identity in one line.
func (r identityRow) text() string {
	return strings.Join([]string{string(r.Kind), r.Scope, r.Value}, " ")
}
