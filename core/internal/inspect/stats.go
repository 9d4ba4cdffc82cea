package inspect

import (
	"math"
	"slices"
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
	Took  []time.Duration // by those of the newest runs that have succeeded, in no order
}

// By is how long that share of the runs took at most, from 0 to 1; 0 if none has succeeded.
func (t Tally) By(share float64) time.Duration {
	if len(t.Took) == 0 {
		return 0
	}
	slices.Sort(t.Took)
	return t.Took[max(int(math.Ceil(share*float64(len(t.Took)))), 1)-1]
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

// The parts into which time is divided, and how much time there is at most for a part to be that short.
const (
	fineUntil   = 2 * time.Hour
	hourlyUntil = 72 * time.Hour
	fine        = 5 * time.Minute
	day         = 24 * time.Hour
)

// Spans divides a stretch of time into parts that follow each other: days, or hours if it is short, or five minutes. The
// first one holds since and the last one the moment before until. Hours begin on the hour and days at midnight, both in
// the zone of since.
func Spans(since, until time.Time) []Span {
	part := partOf(until.Sub(since))
	var spans []Span
	for from := begin(since, part); from.Before(until); {
		next := after(from, part, 1)
		spans = append(spans, Span{from, next})
		from = next
	}
	return spans
}

// Before is the stretch before that of Spans, as many parts long.
func Before(since, until time.Time) Span {
	part := partOf(until.Sub(since))
	first := begin(since, part)
	return Span{after(first, part, -len(Spans(since, until))), first}
}

func partOf(stretch time.Duration) time.Duration {
	switch {
	case stretch <= fineUntil:
		return fine
	case stretch <= hourlyUntil:
		return time.Hour
	}
	return day
}

// begin is when the part began that holds t, by the clocks of its zone.
func begin(t time.Time, part time.Duration) time.Time {
	if part == day {
		return midnight(t, 0)
	}
	_, seconds := t.Zone()
	offset := time.Duration(seconds) * time.Second
	return t.Add(offset).Truncate(part).Add(-offset)
}

// after is when the n-th part after that begins which begins at t. A day of a clock change has 23 or 25 hours.
func after(t time.Time, part time.Duration, n int) time.Time {
	if part == day {
		return midnight(t, n)
	}
	return t.Add(time.Duration(n) * part)
}

func midnight(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, t.Location())
}
