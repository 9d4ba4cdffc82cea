package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when something is to happen again and again.
type Schedule struct {
	spec cron.Schedule
	zone *time.Location
}

// ParseSchedule reads a schedule of five fields (minute, hour, day of the month, month, day of the week), or one such as
// @daily, in a time zone by its IANA name.
func ParseSchedule(spec, zone string) (Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("%q is no time zone", zone)
	}
	if strings.Contains(spec, "TZ=") { // the library would take a zone from it, and breaks on one without a schedule
		return Schedule{}, fmt.Errorf("%q names a time zone, which has a field of its own", spec)
	}
	parsed, err := cron.ParseStandard(spec)
	if err != nil {
		return Schedule{}, fmt.Errorf("%q is no schedule: %w", spec, err)
	}
	return Schedule{parsed, location}, nil
}

// Next returns the first time after an instant; zero if there is none within years, as for 30 February.
func (s Schedule) Next(after time.Time) time.Time { return s.spec.Next(after.In(s.zone)) }
