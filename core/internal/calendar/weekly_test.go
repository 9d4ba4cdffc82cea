package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
)

// TestR16WeeklyNext: the clock that is meant is that of the place, and what is now is not next.
func TestR16WeeklyNext(t *testing.T) {
	t.Parallel()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		days        []string
		at          string
		after, want string // in Madrid
	}{
		"later this week":                     {[]string{"fri"}, "10:30", "2026-06-03 12:00", "2026-06-05 10:30"},
		"in the next week":                    {[]string{"mon"}, "10:30", "2026-06-03 12:00", "2026-06-08 10:30"},
		"today, if the time is still to come": {[]string{"wed"}, "12:01", "2026-06-03 12:00", "2026-06-03 12:01"},
		"now is not next":                     {[]string{"wed"}, "12:00", "2026-06-03 12:00", "2026-06-10 12:00"},
		"the first of several days":           {[]string{"mon", "thu", "sun"}, "09:00", "2026-06-05 00:00", "2026-06-07 09:00"},
		"at nine, if nothing is said":         {[]string{"fri"}, "", "2026-06-03 12:00", "2026-06-05 09:00"},
		"over the end of a year":              {[]string{"sat"}, "09:00", "2026-12-31 12:00", "2027-01-02 09:00"},
		"the clock is put forward between":    {[]string{"mon"}, "09:00", "2026-03-27 12:00", "2026-03-30 09:00"},
		"the clock is put back between":       {[]string{"sun"}, "09:00", "2026-10-23 12:00", "2026-10-25 09:00"},
		"on the day the clock is put back":    {[]string{"sun"}, "02:30", "2026-10-25 03:00", "2026-11-01 02:30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, problems := calendar.ParseWeekly(c.days, c.at)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := w.Next(at(t, madrid, c.after).UTC(), madrid); !got.Equal(at(t, madrid, c.want)) {
				t.Errorf("got %s, want %s", got.In(madrid), c.want)
			}
		})
	}
}

func TestParseWeeklyRefuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		days []string
		at   string
	}{"next": {nil, ""}, "next[1] at": {[]string{"mon", "monday"}, "9"}, "at": {[]string{"mon"}, "24:00"}} {
		_, problems := calendar.ParseWeekly(c.days, c.at)
		var paths []string
		for _, p := range problems {
			paths = append(paths, p.Path)
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("%v at %q: %v, want %s", c.days, c.at, got, want)
		}
	}
}
