package trigger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Tick reads a schedule as a poll is read: its cursor is the time that comes next, and the page holds an event once that
// has come. Times that were missed while nobody looked are made up for once. zone is the workspace's time zone.
func Tick(p Poll, zone string, now time.Time) (page protocol.Page, next time.Time, err error) {
	var in flow.ScheduleInput
	if err := json.Unmarshal(p.Input, &in); err != nil {
		return page, next, fmt.Errorf("read the schedule: %w", err)
	}
	zone = cmp.Or(in.TimeZone, zone)
	schedule, err := calendar.ParseSchedule(in.Cron, zone)
	if err != nil {
		return page, next, &protocol.Failure{Kind: protocol.Invalid, Source: protocol.FromGateway, Message: err.Error()}
	}
	due, err := time.Parse(time.RFC3339, p.Cursor)
	first := p.Cursor == ""
	switch {
	case err != nil && !first:
		return page, next, fmt.Errorf("read the cursor %q: %w", p.Cursor, err)
	case !first && now.Before(due):
		return protocol.Page{Cursor: p.Cursor}, due, nil
	case !first:
		data, err := json.Marshal(map[string]any{"at": due.UTC(), "time_zone": zone})
		if err != nil {
			return page, next, err
		}
		page.Events = []protocol.Event{{Key: p.FlowID + " " + p.Cursor, Trigger: flow.Schedule, OccurredAt: due, Data: data}}
	}
	if next = schedule.Next(now); next.IsZero() {
		return page, next, &protocol.Failure{Kind: protocol.Invalid, Source: protocol.FromGateway, Message: fmt.Sprintf("The schedule %q never comes.", in.Cron)}
	}
	page.Cursor = next.UTC().Format(time.RFC3339)
	return page, next, nil
}
