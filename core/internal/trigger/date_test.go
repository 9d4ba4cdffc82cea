package trigger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
)

// book is what is known of contacts' birthdays: by id, the time zone and the day.
type book map[string][2]string

func (b book) DateZones(context.Context, string, string) (zones []string, err error) {
	for _, c := range b {
		if !slices.Contains(zones, c[0]) {
			zones = append(zones, c[0])
		}
	}
	return zones, nil
}

func (b book) ContactsDated(_ context.Context, q DateQuery) (found []Dated, err error) {
	for id, c := range b {
		day, err := time.Parse(time.DateOnly, c[1])
		if err != nil {
			return nil, err
		}
		date := c[1]
		if q.Yearly {
			date = date[len("2006-"):]
		}
		if c[0] == q.Zone && id > q.After && slices.Contains(q.Dates, date) {
			found = append(found, Dated{ContactID: id, Date: day})
		}
	}
	slices.SortFunc(found, func(a, b Dated) int { return cmp.Compare(a.ContactID, b.ContactID) })
	return found[:min(len(found), q.Limit)], nil
}

// reading reads a date trigger on a clock of its own.
type reading struct {
	*testing.T
	book book
	poll Poll
}

// at reads all pages at a time and returns whom they name, in order, with the day that fell due.
func (r *reading) at(now time.Time) (due []string, next time.Time) {
	r.Helper()
	for {
		page, until, err := DateTick(r.Context(), r.book, r.poll, "Europe/Madrid", now)
		if err != nil {
			r.Fatal(err)
		}
		for _, ev := range page.Events {
			var data struct {
				ContactID string `json:"contact_id"`
				Years     int    `json:"years"`
			}
			if err := json.Unmarshal(ev.Data, &data); err != nil {
				r.Fatal(err)
			}
			due = append(due, fmt.Sprint(data.ContactID, " ", data.Years, " ", ev.OccurredAt.UTC().Format(time.RFC3339)))
		}
		r.poll.Cursor = page.Cursor
		if !page.More {
			return due, until
		}
	}
}

var monday = time.Date(2027, 5, 17, 0, 0, 0, 0, time.UTC)

// TestDateTick: each is due at nine where they are, once, and again in a year.
func TestDateTick(t *testing.T) {
	t.Parallel()
	r := &reading{t, book{
		"ana": {"America/Lima", "1990-05-17"}, "bo": {"", "1985-05-17"}, "cy": {"Asia/Tokyo", "2000-05-17"}, "di": {"", "1985-05-18"},
	}, Poll{FlowID: "flow_1", Input: []byte(`{"field":"birthday","ignore_year":true}`)}}
	for _, c := range []struct {
		after time.Duration
		want  []string
	}{
		{-2 * time.Hour, nil}, // it begins
		{-time.Hour, nil},
		{0, []string{"cy 27 2027-05-17T00:00:00Z"}},
		{7 * time.Hour, []string{"bo 42 2027-05-17T07:00:00Z"}},
		{7*time.Hour + time.Minute, nil},
		{13 * time.Hour, nil},
		{14*time.Hour + time.Second, []string{"ana 37 2027-05-17T14:00:00Z"}},
		{366*24*time.Hour + 7*time.Hour, []string{"bo 43 2028-05-17T07:00:00Z", "cy 28 2028-05-17T00:00:00Z"}}, // it was away for a year
	} {
		now := monday.Add(c.after)
		got, next := r.at(now)
		if !slices.Equal(got, c.want) {
			t.Errorf("after %v: %q, want %q", c.after, got, c.want)
		}
		if pause := next.Sub(now); pause <= 0 || pause > 15*time.Minute {
			t.Errorf("after %v it looks again in %v", c.after, pause)
		}
	}
}

// TestALeapDayFallsDueEachYear: on the 28th of February where there is no 29th, and never twice in a year; an offset counts
// from that day.
func TestALeapDayFallsDueEachYear(t *testing.T) {
	t.Parallel()
	for offset, want := range map[string][4]string{ // of the one born on a leap day; none for the other
		"0d":  {"leap 27 2027-02-28T08:00:00Z", "", "leap 28 2028-02-29T08:00:00Z", ""},
		"-1d": {"", "", "leap 28 2028-02-28T08:00:00Z", ""},
		"1d":  {"", "leap 27 2027-03-01T08:00:00Z", "", "leap 28 2028-03-01T08:00:00Z"},
	} {
		t.Run(offset, func(t *testing.T) {
			t.Parallel()
			r := &reading{t, book{"leap": {"", "2000-02-29"}, "plain": {"", "2000-06-01"}}, Poll{FlowID: "flow_1", Input: []byte(`{"field":"birthday","ignore_year":true,"offset":"` + offset + `"}`)}}
			for i, day := range []string{"2027-02-28", "2027-03-01", "2028-02-28", "2028-03-01"} {
				midnight, err := time.Parse(time.DateOnly, day)
				if err != nil {
					t.Fatal(err)
				}
				r.at(midnight)
				at := midnight.Add(23 * time.Hour)
				if day == "2028-02-28" && offset == "0d" { // the next day is the 29th
					if got, _ := r.at(at); len(got) != 0 {
						t.Errorf("on the 28th of a leap year: %q", got)
					}
					at = at.AddDate(0, 0, 1)
				}
				var wanted []string
				if want[i] != "" {
					wanted = []string{want[i]}
				}
				if got, _ := r.at(at); !slices.Equal(got, wanted) {
					t.Errorf("by the end of %s: %q, want %q", at.Format(time.DateOnly), got, wanted)
				}
			}
		})
	}
}

// TestDateTickMakesUpForADay: what fell due while nobody looked starts the flow, oldest first in each zone, but not what is
// older than a day.
func TestDateTickMakesUpForADay(t *testing.T) {
	t.Parallel()
	r := &reading{t, book{"old": {"", "2027-05-17"}, "new": {"", "2027-05-19"}, "other": {"Asia/Tokyo", "2027-05-19"}},
		Poll{FlowID: "flow_1", Input: []byte(`{"field":"visit","offset":"-1d","at":"18:30"}`)}}
	r.at(monday.Add(-48 * time.Hour))
	if got, _ := r.at(monday.Add(41 * time.Hour)); !slices.Equal(got, []string{"new 0 2027-05-18T16:30:00Z", "other 0 2027-05-18T09:30:00Z"}) {
		t.Errorf("due are %q", got)
	}
}

// TestDateTickReadsOn: a page ends where there is no more room, and the next one goes on there, also after a restart.
func TestDateTickReadsOn(t *testing.T) {
	t.Parallel()
	b := book{}
	for i := range 2*datesAtOnce + 50 {
		b[fmt.Sprintf("c%03d", i)] = [2]string{[]string{"", "Europe/Rome"}[i%2], "2027-05-17"}
	}
	r := &reading{t, b, Poll{FlowID: "flow_1", Input: []byte(`{"field":"visit"}`)}}
	r.at(monday)
	seen := map[string]int{}
	pages := 0
	for now := monday.Add(8 * time.Hour); ; now = now.Add(time.Minute) { // each page is read by a node that has just started
		page, _, err := DateTick(t.Context(), b, r.poll, "Europe/Madrid", now)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range page.Events {
			seen[ev.Key]++
		}
		pages++
		r.poll.Cursor = page.Cursor
		if !page.More {
			break
		}
	}
	if len(seen) != len(b) || pages != 3 {
		t.Errorf("%d of %d in %d pages", len(seen), len(b), pages)
	}
	for key, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", key, n)
		}
	}
}

// TestDateTickKeysOccurrences: another time of day or another zone does not make a birthday of the same year another one.
func TestDateTickKeysOccurrences(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, input := range []string{`{"field":"birthday","ignore_year":true}`, `{"field":"birthday","ignore_year":true,"at":"10:00","time_zone":"Asia/Tokyo"}`} {
		for _, year := range []int{2027, 2028} {
			p := Poll{FlowID: "flow_1", Input: []byte(input)}
			start := time.Date(year, 5, 16, 12, 0, 0, 0, time.UTC)
			page, _, err := DateTick(t.Context(), book{}, p, "UTC", start)
			if err != nil {
				t.Fatal(err)
			}
			p.Cursor = page.Cursor
			page, _, err = DateTick(t.Context(), book{"ana": {"", "1990-05-17"}}, p, "UTC", start.Add(23*time.Hour))
			if err != nil || len(page.Events) != 1 {
				t.Fatalf("%d events, %v", len(page.Events), err)
			}
			keys[page.Events[0].Key] = true
		}
	}
	if len(keys) != 2 {
		t.Errorf("the keys are %v", keys)
	}
}

// TestR16ADateIsOfOneFlowFieldContactAndDay: what differs in one of them is another occurrence, and nothing else makes one.
func TestR16ADateIsOfOneFlowFieldContactAndDay(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 5, 17, 0, 0, 0, 0, time.UTC)
	key := func(flow, field, zone, contact string, day, at time.Time) string {
		ev, err := dateEvent(Poll{FlowID: flow}, field, zone, Dated{ContactID: contact, Date: day}, calendar.Due{Day: day, At: at})
		if err != nil {
			t.Fatal(err)
		}
		return ev.Key
	}
	first := key("flow_1", "birthday", "UTC", "ana", day, day)
	for name, other := range map[string]string{
		"of another flow":    key("flow_2", "birthday", "UTC", "ana", day, day),
		"of another field":   key("flow_1", "joined", "UTC", "ana", day, day),
		"of another contact": key("flow_1", "birthday", "UTC", "ben", day, day),
		"of another day":     key("flow_1", "birthday", "UTC", "ana", day.AddDate(0, 0, 1), day),
	} {
		if other == first {
			t.Errorf("the date %s is the same", name)
		}
	}
	if again := key("flow_1", "birthday", "Asia/Tokyo", "ana", day, day.Add(time.Hour)); again != first {
		t.Errorf("at another time of day it is %q, not %q", again, first)
	}
}
