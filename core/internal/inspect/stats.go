package inspect

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
)

// Span is a stretch of time: From belongs to it, Until does not.
type Span struct{ From, Until time.Time }

// Tally counts what was begun in a span, by what has become of it until now.
type Tally struct {
	Span
	Runs  map[run.Status]int
	Waits map[run.WaitState]int
}

// FailingFlow is a flow whose runs have failed lately, with the newest of them.
type FailingFlow struct {
	Name     string
	Title    string
	Failures int
	Last     run.Run // without steps and facts
}

// DueWait is an open wait with whom and what it is about.
type DueWait struct {
	Wait      run.Wait
	FlowName  string
	FlowTitle string
	Contact   run.ContactFacts
}

// Busy is what is not over, whenever it was begun.
type Busy struct {
	Runs map[run.Status]int // of those that have not ended
	Open int                // waits
	Due  []DueWait          // the open waits that end first
}

// Spans divides the time until now into n parts of equal length, the last of which holds now. Hours begin on the hour
// and days at midnight, both in the zone of now.
func Spans(now time.Time, n int, daily bool) []Span {
	spans := make([]Span, n)
	for i := range spans {
		back := n - 1 - i
		if daily { // by the calendar: a day of a clock change has 23 or 25 hours
			spans[i] = Span{midnight(now, -back), midnight(now, 1-back)}
		} else {
			hour := now.Truncate(time.Hour).Add(time.Duration(-back) * time.Hour)
			spans[i] = Span{hour, hour.Add(time.Hour)}
		}
	}
	return spans
}

func midnight(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, t.Location())
}
