package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/retention"
	"github.com/cordboard/cordboard/core/internal/run"
)

// twoHoursADay is open so little that thirty hours of it take a fortnight.
var twoHoursADay = calendar.Calendar{Name: "office", Hours: map[string][]string{
	"mon": {"10:00-12:00"}, "tue": {"10:00-12:00"}, "wed": {"10:00-12:00"}, "thu": {"10:00-12:00"}, "fri": {"10:00-12:00"}, "sat": {"10:00-12:00"}, "sun": {"10:00-12:00"},
}}

// TestR15AWaitFitsTheRetention: a wait that would last longer than the workspace keeps runs fails its step at once, and
// can be retried when they are kept for longer.
func TestR15AWaitFitsTheRetention(t *testing.T) {
	for within, says := range map[string]string{
		`"{{ '10' + 'd' }}"`:                         "an answer may take 10d here, and this workspace keeps runs for 8d",
		`{until: "now + duration('216h1m')"}`:        "an answer may take 9d1m here, and this workspace keeps runs for 8d",
		`{business: 30h, calendar: office}`:          "here, and this workspace keeps runs for 8d",
		"240h":                                       "an answer may take 10d here, and this workspace keeps runs for 8d",
		"1h, from: delivered, deliver_within: 8d":    "an answer may take 8d1h here, and this workspace keeps runs for 8d",
		`"{{ '7' + 'd' }}"`:                          "",
		"8d":                                         "",
		`{until: "now + duration('191h')"}`:          "",
		"30m, from: delivered, deliver_within: 191h": "",
	} {
		t.Run(within, func(t *testing.T) {
			onBoth(t, func(t *testing.T, url string) {
				w := newWorld(t, url, strings.Replace(patient, "within: 2h", "within: "+within, 1), func(c *engine.Config) { c.KeepRuns = 8 * 24 * time.Hour })
				w.check(w.store.SaveCalendar(t.Context(), w.workspace.ID, twoHoursADay))
				w.send(ordered("o1", phone))
				if says == "" {
					w.theRun(run.Waiting)
					return
				}
				d := w.theRun(run.Failed)
				if f := d.Run.State.Failure; f == nil || !strings.Contains(f.Message, says) {
					t.Fatalf("it failed with %+v, want %q", f, says)
				}
				if len(d.Waits) > 0 {
					t.Errorf("it waits: %+v", d.Waits)
				}
				w.check(w.store.SaveRetention(t.Context(), w.workspace.ID, retention.Chosen{Runs: new(0)}))
				w.check(w.engine.Retry(t.Context(), d.Run.ID))
				w.theRun(run.Waiting)
			})
		})
	}
}
