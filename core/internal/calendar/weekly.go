package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Weekly is a time of day on some days of the week.
type Weekly struct {
	on           [7]bool // by time.Weekday
	hour, minute int
}

// ParseWeekly reads days of the week, mon to sun, and a time of day such as "09:00", which is also meant when it is empty. The
// paths of its problems are at, next, or a place in next.
func ParseWeekly(next []string, at string) (w Weekly, problems []*Problem) {
	if len(next) == 0 {
		problems = append(problems, &Problem{"next", "names no day", "write a day of the week such as mon, or a list of them"})
	}
	for i, day := range next {
		n := slices.Index(days, day)
		if n < 0 {
			problems = append(problems, &Problem{fmt.Sprintf("next[%d]", i), fmt.Sprintf("%q is no day of the week", day), "the days are " + strings.Join(slices.Concat(days[1:], days[:1]), ", ")})
			continue
		}
		w.on[n] = true
	}
	var wrong *Problem
	if w.hour, w.minute, wrong = timeOfDay(at); wrong != nil {
		problems = append(problems, wrong)
	}
	return w, problems
}

// Next is the first such time after an instant, in a zone with its changes of the clock.
func (w Weekly) Next(after time.Time, zone *time.Location) time.Time {
	y, m, d := after.In(zone).Date()
	for i := 0; ; i++ {
		at := time.Date(y, m, d+i, w.hour, w.minute, 0, 0, zone)
		if w.on[at.Weekday()] && at.After(after) {
			return at
		}
	}
}
