package store

import (
	"context"
	"strings"
	"unicode"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/list"
)

// SearchContacts returns a page of the contacts that have search in their name, phone, e-mail address or another
// identity, or as their id, and are on a list; what is empty narrows nothing. The newest come first.
func (s *Store) SearchContacts(ctx context.Context, workspaceID string, f inspect.ContactFilter, p list.Page) ([]conversation.Contact, error) {
	var rows []contactRow
	query := paged(p, selectContacts(s.read, &rows), "c", workspaceID)
	query = query.Where("c.merged_into = ''")
	if f.List != "" {
		query = query.Where("c.id IN (SELECT m.contact_id FROM list_members AS m WHERE m.workspace_id = ? AND m.list = ?)", workspaceID, f.List)
	}
	search := f.Search
	if search = strings.TrimSpace(search); search != "" {
		query = query.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			q = q.Where("c.id = ?", search)
			for _, spelling := range spellings(search) {
				q = q.WhereOr("c.name LIKE ? ESCAPE '!'", containing(spelling))
			}
			small := containing(strings.ToLower(search))
			q = q.WhereOr("lower(c.email) LIKE ? ESCAPE '!'", small).
				WhereOr("c.id IN (SELECT i.contact_id FROM identities AS i WHERE i.workspace_id = ? AND lower(i.value) LIKE ? ESCAPE '!')", workspaceID, small)
			if number := digits(search); number != "" {
				q = q.WhereOr("c.phone LIKE ? ESCAPE '!'", containing(number))
			}
			return q
		})
	}
	err := query.Scan(ctx)
	return convert(rows, contactRow.contact), err
}

// spellings are the ways in which a name may be written. SQLite knows the case of ASCII letters only, so the database
// is not asked to compare regardless of it.
func spellings(s string) []string {
	lower := strings.ToLower(s)
	title := strings.Builder{}
	start := true
	for _, r := range lower {
		if start {
			r = unicode.ToUpper(r)
		}
		title.WriteRune(r)
		start = unicode.IsSpace(r) || r == '-'
	}
	return []string{s, lower, strings.ToUpper(s), title.String()}
}

// containing is the pattern of what has s in it, with ! before what LIKE would read otherwise.
func containing(s string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s) + "%"
}

// digits is a phone number as it may have been typed; empty if it is none.
func digits(s string) string {
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./()\u00a0", r) {
			return -1
		}
		return r
	}, s)
	if number == "" || strings.Trim(strings.TrimPrefix(number, "+"), "0123456789") != "" || number == "+" {
		return ""
	}
	return number
}
