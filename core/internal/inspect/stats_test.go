package inspect_test

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/inspect"
)

func TestSpansFollowEachOther(t *testing.T) {
	t.Parallel()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	kathmandu, err := time.LoadLocation("Asia/Kathmandu") // a quarter of an hour beside the others
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 26, 9, 32, 0, 0, madrid) // the day after a clock change
	at := func(zone *time.Location, day, hour, minute int) time.Time {
		return time.Date(2026, 10, day, hour, minute, 0, 0, zone)
	}
	for name, tt := range map[string]struct {
		since, until, first, last, before time.Time
		parts                             int
	}{
		"days":                  {at(madrid, 20, 9, 32), now, at(madrid, 20, 0, 0), at(madrid, 27, 0, 0), at(madrid, 13, 0, 0), 7},
		"hours":                 {at(madrid, 26, 3, 32), now, at(madrid, 26, 3, 0), at(madrid, 26, 10, 0), at(madrid, 25, 20, 0), 7},
		"hours of another zone": {at(kathmandu, 26, 3, 32), at(kathmandu, 26, 9, 32), at(kathmandu, 26, 3, 0), at(kathmandu, 26, 10, 0), at(kathmandu, 25, 20, 0), 7},
		"five minutes":          {at(madrid, 26, 8, 37), now, at(madrid, 26, 8, 35), at(madrid, 26, 9, 35), at(madrid, 26, 7, 35), 12},
		"until midnight":        {at(madrid, 20, 0, 0), at(madrid, 26, 0, 0), at(madrid, 20, 0, 0), at(madrid, 26, 0, 0), at(madrid, 14, 0, 0), 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := inspect.Spans(tt.since, tt.until)
			if len(spans) != tt.parts || !spans[0].From.Equal(tt.first) || !spans[len(spans)-1].Until.Equal(tt.last) {
				t.Fatalf("%d parts from %v until %v", len(spans), spans[0].From, spans[len(spans)-1].Until)
			}
			for i := range len(spans) - 1 {
				if !spans[i].Until.Equal(spans[i+1].From) {
					t.Errorf("%v is not followed by %v", spans[i], spans[i+1])
				}
			}
			if b := inspect.Before(tt.since, tt.until); !b.From.Equal(tt.before) || !b.Until.Equal(tt.first) {
				t.Errorf("before that %v", b)
			}
			if name == "days" && spans[5].Until.Sub(spans[5].From) != 25*time.Hour {
				t.Errorf("the day of the clock change has %v", spans[5].Until.Sub(spans[5].From))
			}
		})
	}
}

func TestHowLongRunsTake(t *testing.T) {
	t.Parallel()
	var tally inspect.Tally
	if got := tally.By(0.5); got != 0 {
		t.Errorf("none took %v", got)
	}
	for n := range 20 {
		tally.Took = append(tally.Took, time.Duration(20-n)*time.Second)
	}
	if half, most := tally.By(0.5), tally.By(0.95); half != 10*time.Second || most != 19*time.Second {
		t.Errorf("half took %v, and 95%% took %v", half, most)
	}
}
