package run

import (
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// WaitState is where a wait stands (waits.md, Words). WaitOpen and WaitCollecting are live, every other one is final.
type WaitState string

const (
	WaitOpen        WaitState = "open"
	WaitCollecting  WaitState = "collecting" // the answer has begun; more of it may come until FireAt
	WaitReplied     WaitState = "replied"
	WaitNoResponse  WaitState = "no_response"
	WaitInvalid     WaitState = "invalid"
	WaitUndelivered WaitState = "undelivered"
	WaitCancelled   WaitState = "cancelled"
)

// Live reports whether something can still happen to the wait.
func (s WaitState) Live() bool { return s == WaitOpen || s == WaitCollecting }

// Wait is a stored pause of a run: a question to a contact, ended by a reply or by its deadline. It holds no
// goroutine and no memory.
type Wait struct {
	ID           string // wait_…
	WorkspaceID  string
	RunID        string
	StepID       string
	Iteration    string // of the step; see StepRun
	ContactID    string
	ConnectionID string
	State        WaitState
	Revision     int64
	OpenedAt     time.Time
	SentAt       time.Time     // when the provider accepted the question; zero if somebody else asks
	ClockAt      time.Time     // when the time for the answer began; zero while a status is waited for (R8)
	Within       time.Duration // the time for the answer, once the clock starts; zero where it started with the wait
	Deadline     time.Time     // until the clock starts, of its start
	FireAt       time.Time     // when the timeout is to be tried: deadline and settle, or later while it is held
	SinceSeq     int64         // the contact's newest inbound number when the question's intent was committed (R1)
	AskedID      string        // the message that asked; empty if somebody else asks
	AskedRef     string        // its id at the provider, for quoted answers
	Terms        flow.Terms
	Say          *Say   // what is sent after an answer that does not count; may be nil
	Attempts     int    // answers that were refused
	Holds        int    // how often its timeout was put off since that was set (R5, R6)
	ClaimedBy    string // reply, timeout, status, cancel, api, admin, opt_out, takeover
	ClosedAt     time.Time
	ReplyID      string    // the message that claimed it
	LateID       string    // the newest message that came too late
	PausedAt     time.Time // when a person stepped in and the clock was stopped; zero while it runs
}

// Paused reports whether the wait's clock is stopped (R20): no timeout claims it, and FireAt is when it goes on.
func (w Wait) Paused() bool { return !w.PausedAt.IsZero() }

// FireNext sets when the timeout is to be tried, which nothing has put off.
func (w *Wait) FireNext(at time.Time) { w.FireAt, w.Holds = at, 0 }

// Overdue reports whether what is said from now on comes too late.
func (w Wait) Overdue(now time.Time) bool { return !w.Paused() && !now.Before(w.Deadline) }

// Resumed returns a paused wait whose clock goes on at now, with as much time left as it had.
func (w Wait) Resumed(now time.Time, settle time.Duration) Wait {
	stood := w.PausedAt
	if w.ClockAt.After(stood) { // there was no deadline to put off before
		stood = w.ClockAt
	}
	w.Deadline = w.Deadline.Add(now.Sub(stood))
	w.PausedAt = time.Time{}
	w.FireNext(w.Deadline.Add(settle))
	return w
}

// Ending returns what the wait's row tells the run at its end.
func (w Wait) Ending() Ending {
	from := w.ClockAt
	if from.IsZero() {
		from = w.SentAt
	}
	return Ending{Attempts: w.Attempts, From: from, Deadline: w.Deadline}
}

// Ending is what every end of a wait tells.
type Ending struct {
	Attempts int       // answers that were refused
	From     time.Time // when the clock started, or the question was sent if it never did
	Deadline time.Time
	Late     *Said // the newest message that had come too late by then; usually nil
}

// Ask is the effect of a customer response: a wait is to be opened, looking back for a reply that has already
// come (R2), in the transaction that stores the state it came with.
type Ask struct {
	StepID     string
	Iteration  string
	To         string // id of the step whose message asks; empty if somebody else asks
	ToKey      string // of the call that sent it
	Connection string // on which the answer comes
	SentAt     time.Time
	ClockAt    time.Time // zero if a status is to start it
	Within     time.Duration
	Deadline   time.Time
	Terms      flow.Terms
	Say        *Say
}

// Say is a text that asks for another answer, ready to be sent.
type Say struct {
	Connector  string          `json:"connector"`
	Action     string          `json:"action"`
	Connection string          `json:"connection"`
	Input      json.RawMessage `json:"input"`
}

// Said is a message of the contact.
type Said struct {
	MessageID   string
	Message     protocol.Message
	EffectiveAt time.Time
}

// Reply is what claimed a wait: one message, or several that are one answer.
type Reply struct {
	Messages  []Said // oldest first
	MatchedBy string // the rule of R9 that decided: reference, open_wait
	Choice    string // of those that accept names; empty if it names none
}
