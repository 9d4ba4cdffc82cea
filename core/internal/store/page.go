package store

import (
	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/list"
)

// paged restricts a query to a page of a workspace's rows, newest first.
func paged(p list.Page, q *bun.SelectQuery, alias, workspaceID string) *bun.SelectQuery {
	q = q.Where("?.workspace_id = ?", bun.Ident(alias), workspaceID)
	if p.After != "" {
		q = q.Where("?.id < ?", bun.Ident(alias), p.After)
	}
	return q.OrderExpr("?.id DESC", bun.Ident(alias)).Limit(int64(p.Size()))
}

func convert[Row, Word any](rows []Row, word func(Row) Word) []Word {
	words := make([]Word, len(rows))
	for i, row := range rows {
		words[i] = word(row)
	}
	return words
}
