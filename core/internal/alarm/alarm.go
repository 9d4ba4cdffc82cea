// Package alarm wakes rows when they are due. The database is the truth about what is due and when; this package only
// makes somebody look at the right moment. It keeps alarms in Asynq, on Redis or on a Redis-compatible server inside
// the process, and gets them there in two ways: from whoever parks a row (Set) and from a promoter that looks ahead in
// the database. What the queue loses, a sweeper finds overdue. So an alarm may come twice, late, early or for a row
// that has moved on, and never means anything by itself: the handler reads the row and decides.
package alarm

import (
	"context"
	"time"
)

// Kind names the table whose row is to be looked at.
type Kind string

// The kinds of rows that wait for a time.
const (
	KindRun      Kind = "run"
	KindWait     Kind = "wait"
	KindRequest  Kind = "request"
	KindDelivery Kind = "delivery"
	KindRepair   Kind = "repair"
)

// Alarm is a hint to look at a row at a time. Acting on it twice, late or early is harmless.
type Alarm struct {
	Kind     Kind      `json:"kind"`
	ID       string    `json:"id"`
	Revision int64     `json:"revision"` // of the row, when the alarm was set
	At       time.Time `json:"at"`
}

// Source finds rows by their due time. The store implements it.
type Source interface {
	// Upcoming returns rows of all kinds that are due before until and not before after, at most limit of them,
	// ordered by due time and id.
	Upcoming(ctx context.Context, after, until time.Time, limit int) ([]Alarm, error)

	// Overdue returns rows whose due time passed more than slack ago on the database's clock, oldest first: those
	// whose alarm was lost.
	Overdue(ctx context.Context, slack time.Duration, limit int) ([]Alarm, error)
}

// Handler looks at one row. Its error is logged and has no other effect: while the row stays overdue the sweeper comes
// again, so a row that cannot be dealt with needs a later due time. The context ends when Stop loses patience.
type Handler func(ctx context.Context, a Alarm) error

// Stats counts what a Clock did since it was made.
type Stats struct {
	Queued  int64 // alarms given to Asynq
	Dropped int64 // alarms left to the promoter or the sweeper, because the queue was down or late, or there was no room
	Swept   int64 // overdue rows whose alarm was lost
	Fired   int64 // calls of the handler
	Failed  int64 // those that returned an error
}
