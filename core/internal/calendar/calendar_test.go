package calendar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
)

func office() calendar.Calendar {
	weekday := []string{"09:00-14:00", "16:00-19:00"}
	return calendar.Calendar{
		Name: "office", TimeZone: "Europe/Madrid", Holidays: []string{"12-25", "2026-12-07"},
		Hours: map[string][]string{"mon": weekday, "tue": weekday, "wed": weekday, "thu": weekday, "fri": {"09:00-15:00"}},
	}
}

func at(t *testing.T, zone *time.Location, text string) time.Time {
	t.Helper()
	instant, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

// TestR16Add counts only the time in which the calendar is open, holidays and changed clocks included.
func TestR16Add(t *testing.T) {
	t.Parallel()
	night := calendar.Calendar{Name: "night", Hours: map[string][]string{"sat": {"22:00-24:00"}, "sun": {"00:00-06:00"}}}
	madrid := office().Zone()
	cases := map[string]struct {
		calendar calendar.Calendar
		start    string
		open     time.Duration
		want     string
	}{
		"within one span":                   {office(), "2026-11-25 10:00", 2 * time.Hour, "2026-11-25 12:00"},
		"over the pause at noon":            {office(), "2026-11-25 13:00", 2 * time.Hour, "2026-11-25 17:00"},
		"to the end of a span, not further": {office(), "2026-11-25 13:00", time.Hour, "2026-11-25 14:00"},
		"over a weekend":                    {office(), "2026-11-27 14:00", 2 * time.Hour, "2026-11-30 10:00"},
		"from outside the hours":            {office(), "2026-11-28 03:00", time.Hour, "2026-11-30 10:00"},
		"over a holiday of one year":        {office(), "2026-12-04 14:00", 2 * time.Hour, "2026-12-08 10:00"},
		"over a holiday of each year":       {office(), "2026-12-24 18:00", 2 * time.Hour, "2026-12-28 10:00"},
		"several days":                      {office(), "2026-11-23 09:00", 20 * time.Hour, "2026-11-25 13:00"},
		// On 25 October 2026 the clocks of Madrid go back at 3:00, so that the night has an hour more.
		"when the clocks go back": {night, "2026-10-24 22:00", 9 * time.Hour, "2026-10-25 06:00"},
		// On 29 March 2026 they go forward at 2:00, so that it has one less.
		"when the clocks go forward": {night, "2026-03-28 22:00", 7 * time.Hour, "2026-03-29 06:00"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.calendar.Add(at(t, madrid, c.start), c.open, madrid)
			if want := at(t, madrid, c.want); err != nil || !got.Equal(want) {
				t.Errorf("got %v, %v; want %v", got.In(madrid), err, want)
			}
		})
	}
}

func TestNextAndOpen(t *testing.T) {
	t.Parallel()
	c := office()
	zone := c.Zone("America/Lima")
	for start, want := range map[string]string{
		"2026-11-25 10:00": "2026-11-25 10:00", "2026-11-25 14:00": "2026-11-25 16:00", "2026-11-27 15:00": "2026-11-30 09:00",
	} {
		from := at(t, zone, start)
		got, err := c.Next(from, zone)
		if err != nil || !got.Equal(at(t, zone, want)) {
			t.Errorf("from %s: %v, %v; want %s", start, got, err, want)
		}
		if open := c.Open(from, zone); open != (start == want) {
			t.Errorf("%s: open is %v", start, open)
		}
	}
	closed := calendar.Calendar{Hours: map[string][]string{}}
	if _, err := closed.Next(time.Now(), time.UTC); !errors.Is(err, calendar.ErrNeverOpen) {
		t.Errorf("one that never opens: %v", err)
	}
}

// TestZone: the calendar's own, else the contact's, else the workspace's.
func TestZone(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]*time.Location{
		"Europe/Madrid": office().Zone("America/Lima", "Europe/Rome"),
		"America/Lima":  calendar.Calendar{}.Zone("America/Lima", "Europe/Rome"),
		"Europe/Rome":   calendar.Calendar{}.Zone("", "Europe/Rome"),
		"Europe/Paris":  calendar.Calendar{}.Zone("nowhere", "Europe/Paris"),
		"UTC":           calendar.Calendar{}.Zone(""),
	} {
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestCheckNamesTheField(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]func(*calendar.Calendar){
		"":             func(*calendar.Calendar) {},
		"name":         func(c *calendar.Calendar) { c.Name = "The Office" },
		"time_zone":    func(c *calendar.Calendar) { c.TimeZone = "Madrid" },
		"hours":        func(c *calendar.Calendar) { c.Hours = nil },
		"hours.monday": func(c *calendar.Calendar) { c.Hours["monday"] = []string{"09:00-10:00"} },
		"hours.sat[0]": func(c *calendar.Calendar) { c.Hours["sat"] = []string{"9-10"} },
		"hours.sun[0]": func(c *calendar.Calendar) { c.Hours["sun"] = []string{"22:00-02:00"} },
		"hours.sat[1]": func(c *calendar.Calendar) { c.Hours["sat"] = []string{"09:00-12:00", "11:00-13:00"} },
		"holidays[0]":  func(c *calendar.Calendar) { c.Holidays = []string{"25-12"} },
		"holidays[1]":  func(c *calendar.Calendar) { c.Holidays = []string{"02-29", "2026-02-29"} },
	} {
		c := office()
		change(&c)
		err := c.Check()
		var p *calendar.Problem
		if path == "" {
			if err != nil {
				t.Errorf("a sound one: %v", err)
			}
		} else if !errors.As(err, &p) || p.Path != path || p.Remedy == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestScheduleKeepsToTheClockOfItsPlace: nine in the morning is nine before and after the clocks go back.
func TestScheduleKeepsToTheClockOfItsPlace(t *testing.T) {
	t.Parallel()
	madrid := office().Zone()
	s, err := calendar.ParseSchedule("0 9 * * mon-fri", "Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[string]string{
		"2026-10-23 09:00": "2026-10-26 09:00", // a Friday before, a Monday after the change
		"2026-11-25 08:59": "2026-11-25 09:00",
	} {
		if got := s.Next(at(t, madrid, after)); !got.Equal(at(t, madrid, want)) {
			t.Errorf("after %s: %v, want %s", after, got.In(madrid), want)
		}
	}
	never, err := calendar.ParseSchedule("0 0 30 2 *", "UTC")
	if err != nil || !never.Next(time.Now()).IsZero() {
		t.Errorf("30 February: %v, %v", never.Next(time.Now()), err)
	}
	for _, wrong := range [][2]string{{"every day", "UTC"}, {"0 9 * * *", "Madrid"}, {"61 * * * *", "UTC"}, {"TZ=UTC 0 9 * * *", "UTC"}, {"CRON_TZ=UTC", "UTC"}} {
		if _, err := calendar.ParseSchedule(wrong[0], wrong[1]); err == nil {
			t.Errorf("%v was taken", wrong)
		}
	}
}
