package trigger

import (
	"testing"
	"time"
)

// TestTick: a schedule begins with what comes after it was made, and makes up once for what was missed.
func TestTick(t *testing.T) {
	t.Parallel()
	p := Poll{FlowID: "flow_1", Input: []byte(`{"cron":"0 9 * * *"}`)}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		now    time.Time
		events string // the time in the event; empty: none
		next   time.Time
	}{
		{now, "", time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)}, // nine in Madrid
		{now.Add(time.Hour), "", time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)},
		{time.Date(2026, 11, 26, 8, 0, 1, 0, time.UTC), "2026-11-26T08:00:00Z", time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)},
		{time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), "2026-11-27T08:00:00Z", time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)},
	} {
		page, next, err := Tick(p, "Europe/Madrid", step.now)
		if err != nil {
			t.Fatal(err)
		}
		if !next.Equal(step.next) || (len(page.Events) == 1) != (step.events != "") {
			t.Errorf("at %v: %d events, next %v; want %v", step.now, len(page.Events), next, step.next)
		}
		if len(page.Events) == 1 {
			if want := `{"at":"` + step.events + `","time_zone":"Europe/Madrid"}`; string(page.Events[0].Data) != want || page.Events[0].Key == "" {
				t.Errorf("at %v: %s, want %s", step.now, page.Events[0].Data, want)
			}
		}
		p.Cursor = page.Cursor
	}
	if _, _, err := Tick(Poll{Input: []byte(`{"cron":"0 0 30 2 *"}`)}, "UTC", now); err == nil {
		t.Error("a schedule that never comes was taken")
	}
}
