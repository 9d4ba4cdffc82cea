package storetest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/trigger"
)

func born(day string) map[string]json.RawMessage {
	return map[string]json.RawMessage{"birthday": json.RawMessage(day)}
}

func (w *world) dated(zone string, yearly bool, after string, dates ...string) (ids []string) {
	w.t.Helper()
	for _, d := range must(w.ContactsDated(w.t.Context(), trigger.DateQuery{
		WorkspaceID: w.workspace.ID, Field: "birthday", Zone: zone, Yearly: yearly, Dates: dates, After: after, Limit: 2,
	}))(w.t) {
		ids = append(ids, d.ContactID+" "+d.Date.Format("2006-01-02"))
	}
	return ids
}

var dateCases = cases{
	"dates are found by time zone and day, and go with what they are of": func(t *testing.T, w *world) {
		zones := func() []string { return must(w.DateZones(t.Context(), w.workspace.ID, "birthday"))(t) }
		if got := zones(); len(got) > 0 {
			t.Errorf("zones %v of nobody", got)
		}
		rome, madrid := "Europe/Rome", "Europe/Madrid"
		var people []conversation.Contact
		for i, c := range []struct{ zone, day string }{
			{rome, `"1990-05-17"`}, {"", `"1991-05-17"`}, {rome, `"1990-05-17"`}, {rome, `"1992-02-29"`}, {madrid, `"17 May"`}, {rome, `"2000-05-17"`}, {"Asia/Tokyo", `17`},
		} {
			people = append(people, w.put(w.person("+3460000001"+string(rune('0'+i))), run.ContactChange{TimeZone: &c.zone, Fields: born(c.day)}))
		}
		if got := zones(); !slices.Equal(got, []string{"", rome}) {
			t.Errorf("zones %q", got)
		}
		named := func(i int, day string) string { return people[i].ID + " " + day }
		if got := w.dated(rome, false, "", "1990-05-17"); !slices.Equal(got, []string{named(0, "1990-05-17"), named(2, "1990-05-17")}) {
			t.Errorf("by the day: %v", got)
		}
		if got := w.dated(rome, true, "", "05-17", "02-29"); !slices.Equal(got, []string{named(0, "1990-05-17"), named(2, "1990-05-17")}) {
			t.Errorf("the first two of the year's day: %v", got)
		}
		if got := w.dated(rome, true, people[2].ID, "05-17", "02-29"); !slices.Equal(got, []string{named(3, "1992-02-29"), named(5, "2000-05-17")}) {
			t.Errorf("those after: %v", got)
		}
		people[0] = w.put(people[0], run.ContactChange{TimeZone: &madrid})
		w.put(people[2], run.ContactChange{Fields: born("null")})
		if err := w.EraseContact(t.Context(), w.workspace.ID, people[5].ID); err != nil {
			t.Fatal(err)
		}
		if got := w.dated(rome, true, "", "05-17"); len(got) > 0 {
			t.Errorf("still in Rome: %v", got)
		}
		if got := w.dated(madrid, true, "", "05-17"); !slices.Equal(got, []string{named(0, "1990-05-17")}) {
			t.Errorf("in Madrid: %v", got)
		}
	},
}
