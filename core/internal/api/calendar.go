package api

import "github.com/cordboard/cordboard/core/internal/calendar"

// Calendar is a workspace's business hours.
type Calendar struct {
	Name string `json:"name"`
	CalendarHours
}

// CalendarHours is when a calendar is open.
type CalendarHours struct {
	TimeZone string              `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name. Absent: the contact's if it is known, else the workspace's."`
	Hours    map[string][]string `json:"hours" doc:"By day, mon to sun: spans such as 09:00-14:00, in order. A day without any is closed."`
	Holidays []string            `json:"holidays,omitempty" maxItems:"1000" doc:"Days on which it is closed: 2026-12-25, or 12-25 for each year."`
}

// CalendarOf shapes a calendar.
func CalendarOf(c calendar.Calendar) Calendar {
	return Calendar{Name: c.Name, CalendarHours: CalendarHours{TimeZone: c.TimeZone, Hours: c.Hours, Holidays: c.Holidays}}
}

// Calendar is what is meant, under a name.
func (h CalendarHours) Calendar(name string) calendar.Calendar {
	return calendar.Calendar{Name: name, TimeZone: h.TimeZone, Hours: h.Hours, Holidays: h.Holidays}
}
