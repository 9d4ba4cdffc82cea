package calendar_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
)

func reminder(t *testing.T, at, offset string, yearly bool) calendar.Reminder {
	t.Helper()
	r, err := calendar.ParseReminder(at, offset, yearly)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReminderDue lists the days that fall due between two instants, changed clocks and offsets included.
func TestReminderDue(t *testing.T) {
	t.Parallel()
	madrid, auckland := office().Zone(), calendar.Calendar{TimeZone: "Pacific/Auckland"}.Zone()
	for name, c := range map[string]struct {
		at, offset   string
		after, until string // in Madrid
		zone         *time.Location
		want         []string // day at instant
	}{
		"the day itself, at nine if not said":  {"", "", "2026-05-16 10:00", "2026-05-17 09:00", madrid, []string{"2026-05-17 2026-05-17T07:00:00Z"}},
		"not before its time":                  {"", "", "2026-05-16 10:00", "2026-05-17 08:59", madrid, nil},
		"once only":                            {"", "", "2026-05-17 09:00", "2026-05-17 10:00", madrid, nil},
		"in another zone":                      {"00:15", "", "2026-05-16 10:00", "2026-05-16 14:20", auckland, []string{"2026-05-17 2026-05-16T12:15:00Z"}},
		"days before":                          {"18:30", "-3d", "2026-05-16 10:00", "2026-05-16 20:00", madrid, []string{"2026-05-19 2026-05-16T16:30:00Z"}},
		"a week after, over the end of a year": {"", "1w", "2027-01-02 08:00", "2027-01-02 10:00", madrid, []string{"2026-12-26 2027-01-02T08:00:00Z"}},
		"each of several days":                 {"", "", "2026-05-16 10:00", "2026-05-18 10:00", madrid, []string{"2026-05-17 2026-05-17T07:00:00Z", "2026-05-18 2026-05-18T07:00:00Z"}},
		"an hour that the clock leaves out":    {"02:30", "", "2026-03-28 10:00", "2026-03-29 12:00", madrid, []string{"2026-03-29 2026-03-29T01:30:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range reminder(t, c.at, c.offset, false).Due(at(t, madrid, c.after), at(t, madrid, c.until), c.zone) {
				got = append(got, d.Day.Format(time.DateOnly)+" "+d.At.UTC().Format(time.RFC3339))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("due are %q, want %q", got, c.want)
			}
		})
	}
}

// TestReminderDates: a leap day is kept on the 28th in years that lack it, and on the 29th in those that have it.
func TestReminderDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		day    string
		yearly bool
		want   []string
	}{
		{"2027-02-28", true, []string{"02-28", "02-29"}},
		{"2028-02-28", true, []string{"02-28"}},
		{"2028-02-29", true, []string{"02-29"}},
		{"2027-03-01", true, []string{"03-01"}},
		{"2027-02-28", false, []string{"2027-02-28"}},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := reminder(t, "", "", c.yearly).Dates(day); !slices.Equal(got, c.want) {
			t.Errorf("%s, yearly %v: %v, want %v", c.day, c.yearly, got, c.want)
		}
	}
}

func TestReminderNext(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at   string
		now  time.Time
		want time.Duration
	}{
		{"09:00", noon, 15 * time.Minute},
		{"09:00", noon.Add(time.Second), 15 * time.Minute},
		{"09:40", noon, 10 * time.Minute},
		{"09:40", noon.Add(10 * time.Minute), 25 * time.Minute},
	} {
		if got := reminder(t, c.at, "", true).Next(c.now).Sub(noon); got != c.want {
			t.Errorf("at %s, from %v: %v, want %v", c.at, c.now.Sub(noon), got, c.want)
		}
	}
}

func TestParseReminderRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ at, offset, path string }{
		{"9:00", "", "at"}, {"24:00", "", "at"}, {"", "3", "offset"}, {"", "400d", "offset"}, {"", "-60w", "offset"}, {"", "3h", "offset"},
	} {
		_, err := calendar.ParseReminder(c.at, c.offset, false)
		var p *calendar.Problem
		if !errors.As(err, &p) || p.Path != c.path || p.Remedy == "" {
			t.Errorf("%q, %q: %v", c.at, c.offset, err)
		}
	}
}
