package store

import "github.com/uptrace/bun"

// Page says which part of a list is wanted. Ids sort by time, so a page begins behind the last id of the one before
// it, and the hundredth costs no more than the first.
type Page struct {
	After string // the last id of the page before; empty for the first
	Limit int    // 50 if zero, 200 at most
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 200)
}

// apply restricts a query to a page of a workspace's rows, newest first.
func (p Page) apply(q *bun.SelectQuery, alias, workspaceID string) *bun.SelectQuery {
	q = q.Where("?.workspace_id = ?", bun.Ident(alias), workspaceID)
	if p.After != "" {
		q = q.Where("?.id < ?", bun.Ident(alias), p.After)
	}
	return q.OrderExpr("?.id DESC", bun.Ident(alias)).Limit(int64(p.limit()))
}

func convert[Row, Word any](rows []Row, word func(Row) Word) []Word {
	words := make([]Word, len(rows))
	for i, row := range rows {
		words[i] = word(row)
	}
	return words
}
