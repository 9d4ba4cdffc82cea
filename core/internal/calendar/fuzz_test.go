package calendar_test

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
)

// FuzzSchedule holds that any text is taken or refused, and that the next time of one that was taken is later.
func FuzzSchedule(f *testing.F) {
	for _, spec := range []string{"0 9 * * mon-fri", "*/15 8-18 1,15 * ?", "@daily", "@every 90m", "0 0 30 2 *", "TZ=UTC 0 9 * * *", "CRON_TZ=UTC", "30 2 * 3 sun#1", "59 23 31 12 7"} {
		f.Add(spec, "Europe/Madrid", int64(1_774_749_600))
	}
	f.Add("0 0 * * *", "America/Sao_Paulo", int64(1_539_475_200))
	f.Fuzz(func(t *testing.T, spec, zone string, after int64) {
		s, err := calendar.ParseSchedule(spec, zone)
		if err != nil {
			return
		}
		from := time.Unix(after%(1<<33), 0)
		if next := s.Next(from); !next.IsZero() && !next.After(from) {
			t.Errorf("%q in %q: after %s comes %s", spec, zone, from, next)
		}
	})
}

// FuzzHours holds that adding open hours to an instant never leads back, whatever hours a calendar says.
func FuzzHours(f *testing.F) {
	f.Add("09:00-14:00", "22:00-24:00", "12-25", "Europe/Madrid", int64(1_774_749_600), int64(7200))
	f.Add("00:00-00:00", "", "2026-12-07", "UTC", int64(0), int64(1))
	f.Fuzz(func(t *testing.T, monday, sunday, holiday, zone string, start, open int64) {
		c := calendar.Calendar{Name: "c", TimeZone: zone, Holidays: []string{holiday}, Hours: map[string][]string{"mon": {monday}, "sun": {sunday}}}
		if c.Check() != nil {
			return
		}
		from, length := time.Unix(start%(1<<33), 0), time.Duration(open%(1<<24))*time.Second
		if end, err := c.Add(from, length, c.Zone()); err == nil && length >= 0 && end.Before(from) {
			t.Errorf("%s and %s of %+v end at %s", from, length, c, end)
		}
	})
}
