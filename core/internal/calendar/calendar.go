// Package calendar owns business hours: the hours of a week in which somebody is there, and the days on which nobody is.
// It is pure; what day it is in a place comes from the time that is handed in and the place's time zone.
package calendar

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Calendar is one set of business hours of a workspace.
type Calendar struct {
	Name     string `json:"name"`
	TimeZone string `json:"time_zone,omitempty"` // IANA name; empty: the contact's if it is known, else the workspace's
	// Hours lists by day of the week, mon to sun, when it is open: "09:00-14:00". A day without hours is closed.
	Hours    map[string][]string `json:"hours"`
	Holidays []string            `json:"holidays,omitempty"` // days on which it is closed: "2026-12-25", or "12-25" for each year
}

// days are the days of the week as time.Weekday counts them.
var days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Problem is what is wrong with a calendar.
type Problem struct{ Path, Message, Remedy string }

func (p *Problem) Error() string { return p.Path + " " + p.Message + "; " + p.Remedy }

var (
	slug    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	spanned = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):([0-5]\d)|24:00)$`)
	holiday = regexp.MustCompile(`^(\d{4}-)?(\d{2}-\d{2})$`)
)

// Limits of a calendar.
const (
	maxSpans    = 10 // a day
	maxHolidays = 1000
)

// Check finds the first thing that is wrong with a calendar; nil if it is sound.
func (c Calendar) Check() error {
	if !slug.MatchString(c.Name) {
		return &Problem{"name", fmt.Sprintf("%q can't be a calendar's name", c.Name), "use lower-case letters, digits and hyphens"}
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		return &Problem{"time_zone", fmt.Sprintf("%q is no time zone", c.TimeZone), "write one such as Europe/Madrid, or leave it out"}
	}
	open := false
	for day, spans := range c.Hours {
		at := "hours." + day
		if !slices.Contains(days, day) {
			return &Problem{at, "is no day of the week", "the days are mon, tue, wed, thu, fri, sat, sun"}
		}
		if len(spans) > maxSpans {
			return &Problem{at, fmt.Sprintf("has more than %d spans", maxSpans), "join some of them"}
		}
		end := ""
		for i, s := range spans {
			at := fmt.Sprintf("%s[%d]", at, i)
			from, to, _ := strings.Cut(s, "-")
			switch {
			case !spanned.MatchString(s):
				return &Problem{at, fmt.Sprintf("%q is no span of a day", s), "write 09:00-14:00"}
			case to <= from:
				return &Problem{at, "ends before it begins", "hours after midnight belong to the next day"}
			case from < end:
				return &Problem{at, "begins before the one before it has ended", "write the spans of a day in order"}
			}
			end, open = to, true
		}
	}
	if !open {
		return &Problem{"hours", "are never open", "name at least one span, such as mon: [09:00-18:00]"}
	}
	if len(c.Holidays) > maxHolidays {
		return &Problem{"holidays", fmt.Sprintf("are more than %d", maxHolidays), "leave out those that have passed"}
	}
	for i, h := range c.Holidays {
		text := h
		if len(h) == len("12-25") {
			text = "2024-" + h // a leap year, so that 02-29 is a day
		}
		if _, err := time.Parse(time.DateOnly, text); err != nil || !holiday.MatchString(h) {
			return &Problem{fmt.Sprintf("holidays[%d]", i), fmt.Sprintf("%q is no day", h), "write 2026-12-25, or 12-25 for each year"}
		}
	}
	return nil
}

// Zone returns where the calendar's hours are meant: its own time zone, else the first of the others that is known.
func (c Calendar) Zone(others ...string) *time.Location {
	for _, name := range append([]string{c.TimeZone}, others...) {
		if name == "" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// ErrNeverOpen is returned when a calendar does not open often enough within some years.
var ErrNeverOpen = errors.New("the calendar does not open often enough within three years")

// horizon bounds how far ahead one looks, in days.
const horizon = 3 * 366

// Add returns the instant at which a calendar has been open for a time, counted from start. Clocks that are put forward or
// back are those of the zone: an hour is an hour.
func (c Calendar) Add(start time.Time, open time.Duration, zone *time.Location) (time.Time, error) {
	left := open
	for s := range c.spans(start, zone) {
		from := s.from
		if from.Before(start) {
			from = start
		}
		if length := s.to.Sub(from); length > 0 {
			if left <= length {
				return from.Add(left), nil
			}
			left -= length
		}
	}
	return time.Time{}, ErrNeverOpen
}

// Open reports whether a calendar is open at an instant.
func (c Calendar) Open(at time.Time, zone *time.Location) bool {
	return slices.ContainsFunc(c.day(at.In(zone)), func(s span) bool { return !at.Before(s.from) && at.Before(s.to) })
}

// Next returns the first instant, from start on, at which a calendar is open: start itself if it is.
func (c Calendar) Next(start time.Time, zone *time.Location) (time.Time, error) {
	if c.Open(start, zone) {
		return start, nil
	}
	for s := range c.spans(start, zone) {
		if !s.from.Before(start) {
			return s.from, nil
		}
	}
	return time.Time{}, ErrNeverOpen
}

type span struct{ from, to time.Time }

// spans lists when the calendar is open, from start's day on.
func (c Calendar) spans(start time.Time, zone *time.Location) iter.Seq[span] {
	y, m, d := start.In(zone).Date()
	return func(yield func(span) bool) {
		for i := range horizon {
			for _, s := range c.day(time.Date(y, m, d+i, 12, 0, 0, 0, zone)) {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// day lists when the calendar is open on a day, which at is in the middle of.
func (c Calendar) day(at time.Time) []span {
	if slices.Contains(c.Holidays, at.Format(time.DateOnly)) || slices.Contains(c.Holidays, at.Format("01-02")) {
		return nil
	}
	y, m, d := at.Date()
	var all []span
	for _, s := range c.Hours[days[at.Weekday()]] {
		from, to, _ := strings.Cut(s, "-")
		on := func(clock string) time.Time {
			var hour, minute int
			_, _ = fmt.Sscanf(clock, "%d:%d", &hour, &minute) // it was checked
			return time.Date(y, m, d, hour, minute, 0, 0, at.Location())
		}
		all = append(all, span{on(from), on(to)})
	}
	return all
}
