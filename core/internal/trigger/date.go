package trigger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Dated is a contact with a date.
type Dated struct {
	ContactID string
	Date      time.Time // midnight UTC of the day
}

// Dates finds the contacts with a date.
type Dates interface {
	// DateZones lists the time zones of the contacts who have a date in a field; an empty one is not known.
	DateZones(ctx context.Context, workspaceID, field string) ([]string, error)
	// ContactsDated lists the contacts of a time zone whose field is one of these dates, as calendar.Reminder.Dates writes
	// them, in the order of their ids from after on.
	ContactsDated(ctx context.Context, q DateQuery) ([]Dated, error)
}

// DateQuery is what ContactsDated is asked.
type DateQuery struct {
	WorkspaceID, Field, Zone string
	Yearly                   bool // Dates are without a year
	Dates                    []string
	After                    string // a contact's id
	Limit                    int
}

const (
	datesAtOnce = 200            // events of a page
	dateCatchUp = 24 * time.Hour // how long ago a date may have fallen due while nobody looked
)

// dateCursor says up to when all that fell due has started the flow, and how far the time after that has been read.
type dateCursor struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"` // of the time that is being read; zero: none is
	Zone  string    `json:"zone,omitempty"`
	At    time.Time `json:"at,omitzero"`
	After string    `json:"after,omitempty"`
}

// DateTick reads the dates that have fallen due as a poll is read. What fell due while nobody looked is made up for, a day
// back at most; a date that is set when its time has passed waits for the next year, if there is one. zone is the
// workspace's time zone. The key of an event is the flow's, the contact's and the day's, so each occurrence starts the flow
// once, whatever becomes of the trigger's settings and the contact's time zone in between.
func DateTick(ctx context.Context, source Dates, p Poll, zone string, now time.Time) (page protocol.Page, next time.Time, err error) {
	var in flow.DateInput
	if err := json.Unmarshal(p.Input, &in); err != nil {
		return page, next, fmt.Errorf("read the trigger's settings: %w", err)
	}
	reminder, err := calendar.ParseReminder(in.At, in.Offset, in.IgnoreYear)
	if err != nil {
		return page, next, &protocol.Failure{Kind: protocol.Invalid, Source: protocol.FromGateway, Message: err.Error()}
	}
	cursor := dateCursor{Since: now}
	if p.Cursor != "" {
		if err := json.Unmarshal([]byte(p.Cursor), &cursor); err != nil {
			return page, next, fmt.Errorf("read the cursor %q: %w", p.Cursor, err)
		}
	}
	if cursor.Until.IsZero() {
		cursor.Until = now
		if earliest := now.Add(-dateCatchUp); cursor.Since.Before(earliest) {
			cursor.Since = earliest
		}
	}
	zones, err := source.DateZones(ctx, p.WorkspaceID, in.Field)
	if err != nil {
		return page, next, fmt.Errorf("list the time zones of %s: %w", in.Field, err)
	}
	slices.Sort(zones)
	for _, theirs := range zones {
		if theirs < cursor.Zone {
			continue
		}
		effective := cmp.Or(in.TimeZone, theirs, zone)
		location, err := time.LoadLocation(effective)
		if err != nil {
			location, effective = time.UTC, "UTC"
		}
		for _, due := range reminder.Due(cursor.Since, cursor.Until, location) {
			after := ""
			if theirs == cursor.Zone {
				if due.At.Before(cursor.At) {
					continue
				}
				if due.At.Equal(cursor.At) {
					after = cursor.After
				}
			}
			limit := datesAtOnce - len(page.Events)
			found, err := source.ContactsDated(ctx, DateQuery{
				WorkspaceID: p.WorkspaceID, Field: in.Field, Zone: theirs, Yearly: reminder.Yearly(), Dates: reminder.Dates(due.Day), After: after, Limit: limit,
			})
			if err != nil {
				return page, next, fmt.Errorf("find who has %s on %s: %w", in.Field, due.Day.Format(time.DateOnly), err)
			}
			for _, who := range found {
				ev, err := dateEvent(p, in.Field, effective, who, due)
				if err != nil {
					return page, next, err
				}
				page.Events = append(page.Events, ev)
			}
			if len(found) == limit {
				cursor.Zone, cursor.At, cursor.After, page.More = theirs, due.At, found[limit-1].ContactID, true
				page.Cursor, err = written(cursor)
				return page, next, err
			}
		}
	}
	page.Cursor, err = written(dateCursor{Since: cursor.Until})
	return page, reminder.Next(cursor.Until), err
}

func dateEvent(p Poll, field, zone string, who Dated, due calendar.Due) (protocol.Event, error) {
	day := due.Day.Format(time.DateOnly)
	data, err := json.Marshal(map[string]any{
		"field": field, "date": who.Date.Format(time.DateOnly), "years": due.Day.Year() - who.Date.Year(), "at": due.At.UTC(), "time_zone": zone,
		"contact_id": who.ContactID,
	})
	return protocol.Event{Key: p.FlowID + " " + field + " " + who.ContactID + " " + day, Trigger: flow.Date, OccurredAt: due.At, Data: data}, err
}

func written(c dateCursor) (string, error) {
	text, err := json.Marshal(c)
	return string(text), err
}
