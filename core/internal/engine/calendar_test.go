package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/run"
)

// TestR16TheDeadlineIsWorkedOutOnceByTheCalendar: in the contact's time zone, which the calendar leaves open; a change of
// the calendar moves nothing that waits.
func TestR16TheDeadlineIsWorkedOutOnceByTheCalendar(t *testing.T) {
	source := strings.Replace(patient, "within: 2h", "within: { business: 4h, calendar: office }", 1)
	source = strings.Replace(source, "steps:\n", "steps:\n  - {id: zone, contact: {time_zone: Asia/Tokyo}}\n", 1)
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, source, nil)
		office := calendar.Calendar{Name: "office", Hours: map[string][]string{}}
		for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			office.Hours[day] = []string{"10:00-11:00"}
		}
		w.check(w.store.SaveCalendar(t.Context(), w.workspace.ID, office))
		w.send(ordered("o1", phone))
		w.asked()
		d := w.asked() // its steps were read before its waits
		tokyo, err := time.LoadLocation("Asia/Tokyo")
		w.check(err)
		want, err := office.Add(d.Waits[0].SentAt, 4*time.Hour, tokyo)
		w.check(err)
		if got := d.Waits[0].Deadline; !got.Equal(want) {
			t.Errorf("the deadline is %v, want %v", got.In(tokyo), want.In(tokyo))
		}
		if in := string(d.Steps[2].Input); !strings.Contains(in, `"by":"office, Asia/Tokyo"`) {
			t.Errorf("the step shows %s", in)
		}
		office.Hours = map[string][]string{"mon": {"00:00-24:00"}}
		w.check(w.store.SaveCalendar(t.Context(), w.workspace.ID, office))
		if got := w.asked().Waits[0].Deadline; !got.Equal(want) {
			t.Errorf("it moved to %v", got)
		}
	})
}

// TestACalendarThatIsGoneFailsTheStep: which can be retried when it is back.
func TestACalendarThatIsGoneFailsTheStep(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		w := newWorld(t, url, `
name: ask
title: Ask
trigger: {on: manual}
steps:
  - {id: pause, delay: {open: office}}
`, nil)
		w.begin("ask", `{}`)
		w.untilRuns("ask", run.Failed)
		if f := w.runsOf("ask")[0].State.Failure; !strings.Contains(f.Message, `there is no calendar "office" any more`) {
			t.Errorf("it failed with %q", f.Message)
		}
		w.alwaysOpen("office")
		w.check(w.engine.Retry(t.Context(), w.runsOf("ask")[0].ID))
		w.untilRuns("ask", run.Succeeded)
	})
}
