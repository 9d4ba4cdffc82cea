package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

type contactDateRow struct {
	bun.BaseModel `bun:"table:contact_dates,alias:d"`

	ContactID   string `bun:",pk"`
	Field       string `bun:",pk"`
	WorkspaceID string
	Zone        string
	Day         string
	MonthDay    string
}

// saveDates puts the dates among a contact's fields where those that are due are looked up.
func (t *tx) saveDates(ctx context.Context, c conversation.Contact) error {
	if _, err := t.db.NewDelete().Model((*contactDateRow)(nil)).Where("contact_id = ?", c.ID).Exec(ctx); err != nil {
		return err
	}
	values := map[string]any{}
	_ = json.Unmarshal(c.Fields, &values) // an object, or nothing
	var rows []contactDateRow
	for field, value := range values {
		text, _ := value.(string)
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			continue
		}
		rows = append(rows, contactDateRow{
			ContactID: c.ID, Field: field, WorkspaceID: c.WorkspaceID, Zone: c.TimeZone, Day: text, MonthDay: day.Format("01-02"),
		})
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := t.db.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// DateZones steps from one time zone to the next in the index; see trigger.Dates.
func (s *Store) DateZones(ctx context.Context, workspaceID, field string) (zones []string, err error) {
	err = s.read.NewRaw(`WITH RECURSIVE z (zone) AS (
			SELECT (SELECT min(zone) FROM contact_dates WHERE workspace_id = ?0 AND field = ?1)
			UNION ALL
			SELECT (SELECT min(d.zone) FROM contact_dates AS d WHERE d.workspace_id = ?0 AND d.field = ?1 AND d.zone > z.zone) FROM z WHERE z.zone IS NOT NULL
		) SELECT zone FROM z WHERE zone IS NOT NULL`, workspaceID, field).Scan(ctx, &zones)
	return zones, err
}

// ContactsDated reads an index in its order; see trigger.Dates.
func (s *Store) ContactsDated(ctx context.Context, q trigger.DateQuery) ([]trigger.Dated, error) {
	column := "day"
	if q.Yearly {
		column = "month_day"
	}
	var rows []contactDateRow
	err := s.read.NewSelect().Model(&rows).Where("workspace_id = ? AND field = ? AND zone = ?", q.WorkspaceID, q.Field, q.Zone).
		Where("? IN (?)", bun.Ident(column), bun.List(q.Dates)).Where("contact_id > ?", q.After).OrderExpr("contact_id").Limit(int64(q.Limit)).Scan(ctx)
	dated := make([]trigger.Dated, len(rows))
	for i, r := range rows {
		day, _ := time.Parse(time.DateOnly, r.Day) // it was one when it was stored
		dated[i] = trigger.Dated{ContactID: r.ContactID, Date: day}
	}
	return dated, err
}
