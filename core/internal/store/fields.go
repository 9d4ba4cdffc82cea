package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/contactfield"
)

// ErrFieldType is returned for a field that is there with another type.
var ErrFieldType = errors.New("the field has another type")

type fieldRow struct {
	bun.BaseModel `bun:"table:contact_fields,alias:f"`

	WorkspaceID string `bun:",pk"`
	Name        string `bun:",pk"`
	Type        contactfield.Type
	Title       string
	Choices     encoded[[]string]
}

func (r fieldRow) field() contactfield.Field {
	return contactfield.Field{Name: r.Name, Type: r.Type, Title: r.Title, Choices: r.Choices.value}
}

// Fields returns the fields that a workspace declares for its contacts, in the order of their names.
func (s *Store) Fields(ctx context.Context, workspaceID string) ([]contactfield.Field, error) {
	return contactFields(ctx, s.read, workspaceID)
}

// Fields returns a workspace's fields; see engine.Tx.
func (t *tx) Fields(ctx context.Context, workspaceID string) ([]contactfield.Field, error) {
	return contactFields(ctx, t.db, workspaceID)
}

func contactFields(ctx context.Context, db bun.IDB, workspaceID string) ([]contactfield.Field, error) {
	var rows []fieldRow
	err := db.NewSelect().Model(&rows).Where("workspace_id = ?", workspaceID).OrderExpr("name").Scan(ctx)
	return convert(rows, fieldRow.field), err
}

// SaveField declares a field, or changes its title and choices. ErrFieldType if it is there with another type, which
// values that are stored have.
func (s *Store) SaveField(ctx context.Context, workspaceID string, f contactfield.Field) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		row := fieldRow{WorkspaceID: workspaceID, Name: f.Name, Type: f.Type, Title: f.Title, Choices: encode(f.Choices)}
		saved, err := changed(t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO UPDATE").
			Set("title = EXCLUDED.title, choices = EXCLUDED.choices").Where("f.type = EXCLUDED.type").Exec(ctx))
		if err == nil && !saved {
			err = ErrFieldType
		}
		if err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "field.save", Resource: f.Name, After: map[string]any{"type": f.Type, "title": f.Title, "choices": len(f.Choices)}})
	})
}

// DeleteField removes a field with the values that contacts have; ErrNotFound if there is none of that name.
func (s *Store) DeleteField(ctx context.Context, workspaceID, name string) error {
	strip := "UPDATE contacts SET fields = CAST(CAST(fields AS jsonb) - ?0 AS json) WHERE workspace_id = ?1 AND CAST(fields AS text) LIKE ?2"
	if isSQLite(s.read) {
		strip = "UPDATE contacts SET fields = json_remove(fields, '$.' || ?0) WHERE workspace_id = ?1 AND fields LIKE ?2"
	}
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		gone, err := changed(t.db.NewDelete().Model((*fieldRow)(nil)).Where("workspace_id = ? AND name = ?", workspaceID, name).Exec(ctx))
		if err == nil && !gone {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err := t.db.NewRaw(strip, name, workspaceID, "%\""+name+"\"%").Exec(ctx); err != nil {
			return err
		}
		if _, err := t.db.NewRaw("DELETE FROM contact_dates WHERE workspace_id = ? AND field = ?", workspaceID, name).Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "field.delete", Resource: name})
	})
}
