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
	now := time.Date(2026, 10, 26, 9, 30, 0, 0, madrid) // the day after a clock change
	for name, tt := range map[string]struct {
		daily       bool
		first, last time.Time
	}{
		"days":  {true, time.Date(2026, 10, 20, 0, 0, 0, 0, madrid), time.Date(2026, 10, 27, 0, 0, 0, 0, madrid)},
		"hours": {false, time.Date(2026, 10, 26, 3, 0, 0, 0, madrid), time.Date(2026, 10, 26, 10, 0, 0, 0, madrid)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := inspect.Spans(now, 7, tt.daily)
			if !spans[0].From.Equal(tt.first) || !spans[6].Until.Equal(tt.last) {
				t.Errorf("from %v until %v", spans[0].From, spans[6].Until)
			}
			for i := range 6 {
				if !spans[i].Until.Equal(spans[i+1].From) {
					t.Errorf("%v is not followed by %v", spans[i], spans[i+1])
				}
			}
			if tt.daily && spans[5].Until.Sub(spans[5].From) != 25*time.Hour {
				t.Errorf("the day of the clock change has %v", spans[5].Until.Sub(spans[5].From))
			}
		})
	}
}
