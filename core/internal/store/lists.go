package store

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/conversation"
)

type listRow struct {
	bun.BaseModel `bun:"table:lists,alias:l"`

	WorkspaceID string `bun:",pk"`
	Name        string `bun:",pk"`
	Title       string
	CreatedAt   stamp
	Members     int `bun:",scanonly"`
}

// Lists returns a workspace's lists in the order of their names.
func (s *Store) Lists(ctx context.Context, workspaceID string) ([]conversation.List, error) {
	var rows []listRow
	err := s.read.NewSelect().Model(&rows).ColumnExpr("l.*").
		ColumnExpr("(SELECT count(*) FROM list_members AS m WHERE m.workspace_id = l.workspace_id AND m.list = l.name) AS members").
		Where("l.workspace_id = ?", workspaceID).Scan(ctx)
	lists := convert(rows, func(r listRow) conversation.List {
		return conversation.List{Name: r.Name, Title: r.Title, Members: r.Members, CreatedAt: r.CreatedAt.Time}
	})
	slices.SortFunc(lists, func(a, b conversation.List) int { return strings.Compare(a.Name, b.Name) })
	return lists, err
}

// ListNames returns the names of a workspace's lists.
func (s *Store) ListNames(ctx context.Context, workspaceID string) (names []string, err error) {
	err = s.read.NewSelect().Model((*listRow)(nil)).Column("name").Where("workspace_id = ?", workspaceID).Scan(ctx, &names)
	slices.Sort(names)
	return names, err
}

// SaveList stores a list under its name; one that is there gets the title.
func (s *Store) SaveList(ctx context.Context, workspaceID, name, title string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		row := listRow{WorkspaceID: workspaceID, Name: name, Title: title, CreatedAt: at(t.now)}
		if _, err := t.db.NewInsert().Model(&row).On("CONFLICT (workspace_id, name) DO UPDATE").Set("title = EXCLUDED.title").Exec(ctx); err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "list.save", Resource: name, After: map[string]any{"title": title}})
	})
}

// DeleteList removes a list, and everybody from it; ErrNotFound if there is none of that name.
func (s *Store) DeleteList(ctx context.Context, workspaceID, name string) error {
	return s.update(ctx, func(ctx context.Context, t *tx) error {
		gone, err := changed(t.db.NewDelete().Model((*listRow)(nil)).Where("workspace_id = ? AND name = ?", workspaceID, name).Exec(ctx))
		if err == nil && !gone {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.record(ctx, access.Deed{Action: "list.delete", Resource: name})
	})
}

// listsOf selects the names of the lists that contact c is on, which names reads.
const listsOf = "coalesce((SELECT string_agg(m.list, ' ') FROM list_members AS m WHERE m.contact_id = c.id), '') AS lists"

// names are the lists of a contact in order; nil if there are none.
func names(lists string) []string {
	all := strings.Fields(lists)
	slices.Sort(all)
	return slices.Clip(append([]string(nil), all...))
}

type listMemberRow struct {
	bun.BaseModel `bun:"table:list_members,alias:m"`

	ContactID   string `bun:",pk"`
	List        string `bun:",pk"`
	WorkspaceID string
	AddedAt     stamp
}

// saveLists has a contact on these lists and on no other. A list that has been deleted since a flow was published is
// there again: nobody is lost over it.
func (t *tx) saveLists(ctx context.Context, workspaceID, contactID string, lists []string) error {
	gone := t.db.NewDelete().Model((*listMemberRow)(nil)).Where("contact_id = ?", contactID)
	if len(lists) > 0 {
		gone = gone.Where("list NOT IN (?)", bun.List(lists))
	}
	if _, err := gone.Exec(ctx); err != nil || len(lists) == 0 {
		return err
	}
	var wanted []listRow
	var members []listMemberRow
	for _, name := range lists {
		wanted = append(wanted, listRow{WorkspaceID: workspaceID, Name: name, CreatedAt: at(t.now)})
		members = append(members, listMemberRow{ContactID: contactID, List: name, WorkspaceID: workspaceID, AddedAt: at(t.now)})
	}
	if _, err := t.db.NewInsert().Model(&wanted).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return err
	}
	_, err := t.db.NewInsert().Model(&members).On("CONFLICT DO NOTHING").Exec(ctx)
	return err
}
