package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Reminder says when a date of somebody is due: so many days before or after it, at a time of day.
type Reminder struct {
	hour, minute int
	days         int  // after the date; negative: before it
	yearly       bool // each year on that day
}

var (
	clockText  = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)$`)
	offsetText = regexp.MustCompile(`^([+-]?\d{1,3})([dw])$`)
)

// maxOffset is how many days a reminder may be away from its date.
const maxOffset = 366

// ParseReminder reads a time of day such as "09:00", which is also meant when it is empty, and an offset in days or weeks
// such as "-3d" or "1w"; empty is the day itself. Its error is a *Problem whose path is at or offset.
func ParseReminder(at, offset string, yearly bool) (Reminder, error) {
	r := Reminder{yearly: yearly}
	var wrong *Problem
	if r.hour, r.minute, wrong = timeOfDay(at); wrong != nil {
		return r, wrong
	}
	if offset != "" {
		m := offsetText.FindStringSubmatch(offset)
		if m == nil {
			return r, &Problem{"offset", fmt.Sprintf("%q is no number of days", offset), "write -3d for three days before, 1w for a week after"}
		}
		r.days, _ = strconv.Atoi(m[1])
		if m[2] == "w" {
			r.days *= 7
		}
		if r.days > maxOffset || r.days < -maxOffset {
			return r, &Problem{"offset", fmt.Sprintf("%s is more than a year", offset), fmt.Sprintf("write at most %dd", maxOffset)}
		}
	}
	return r, nil
}

// timeOfDay reads a time such as "09:00", which is also meant when it is empty. The path of its problem is at.
func timeOfDay(at string) (hour, minute int, wrong *Problem) {
	if at == "" {
		return 9, 0, nil
	}
	m := clockText.FindStringSubmatch(at)
	if m == nil {
		return 0, 0, &Problem{"at", fmt.Sprintf("%q is no time of day", at), "write one such as 09:00"}
	}
	hour, _ = strconv.Atoi(m[1])
	minute, _ = strconv.Atoi(m[2])
	return hour, minute, nil
}

// Due is a day whose dates are due at an instant.
type Due struct {
	Day time.Time // midnight UTC of the day
	At  time.Time
}

// Due lists what falls due in a zone after one instant and up to another, in order.
func (r Reminder) Due(after, until time.Time, zone *time.Location) []Due {
	var all []Due
	y, m, d := after.In(zone).Date()
	for i := -1; ; i++ { // the day before, in case a clock was put back over midnight
		at := time.Date(y, m, d+i, r.hour, r.minute, 0, 0, zone)
		if at.After(until) {
			return all
		}
		if at.After(after) {
			all = append(all, Due{Day: time.Date(y, m, d+i-r.days, 0, 0, 0, 0, time.UTC), At: at})
		}
	}
}

// Dates are the dates that a day stands for, as they are looked up: the day itself, or its month and day of each year. The
// 29th of February is kept on the 28th in years that lack it.
func (r Reminder) Dates(day time.Time) []string {
	if !r.yearly {
		return []string{day.Format(time.DateOnly)}
	}
	dates := []string{day.Format("01-02")}
	if dates[0] == "02-28" && day.AddDate(0, 0, 1).Day() == 1 {
		dates = append(dates, "02-29")
	}
	return dates
}

// Yearly reports whether the year of a date does not count.
func (r Reminder) Yearly() bool { return r.yearly }

// quarter is what the clocks of two zones differ by, or a multiple of it.
const quarter = 15 * time.Minute

// Next is the first instant after now at which something may fall due in some zone.
func (r Reminder) Next(now time.Time) time.Time {
	next := now.Truncate(quarter).Add(time.Duration(r.minute) * time.Minute % quarter)
	if !next.After(now) {
		next = next.Add(quarter)
	}
	return next
}
