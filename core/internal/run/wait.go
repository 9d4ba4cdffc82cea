package run

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// WaitState is where a wait stands. Every state but WaitOpen is final (waits.md, Words).
type WaitState string

const (
	WaitOpen        WaitState = "open"
	WaitReplied     WaitState = "replied"
	WaitNoResponse  WaitState = "no_response"
	WaitInvalid     WaitState = "invalid"
	WaitUndelivered WaitState = "undelivered"
	WaitCancelled   WaitState = "cancelled"
)

// Several says which of several open waits a message claims.
type Several string

const (
	SeveralNewest Several = "newest"
	SeveralOldest Several = "oldest"
	SeveralAll    Several = "all"
)

// Wait is a stored pause of a run: a question to a contact, ended by a reply or by its deadline. It holds no
// goroutine and no memory.
type Wait struct {
	ID           string // wait_…
	WorkspaceID  string
	RunID        string
	StepID       string
	ContactID    string
	ConnectionID string
	State        WaitState
	Revision     int64
	OpenedAt     time.Time
	SentAt       time.Time // when the provider accepted the question; the clock's start
	Deadline     time.Time
	FireAt       time.Time // when the timeout is to be tried: deadline and settle, or later while it is held
	SinceSeq     int64     // the contact's newest inbound number when the question's intent was committed (R1)
	AskedID      string    // the message that asked
	AskedRef     string    // its id at the provider, for quoted answers
	Several      Several
	Accept       flow.Accept // which messages count as an answer
	Retries      int         // how often an answer may be refused; beyond that the wait is invalid, if EndsInvalid
	EndsInvalid  bool        // the step has an exit for it
	Attempts     int         // answers that were refused
	Holds        int         // how often its timeout was held (R5, R6)
	ClosedAt     time.Time
	ClaimedBy    string // reply, timeout, status, cancel, api
	ReplyID      string // the message that claimed it
	LateID       string // the newest message that came too late
}

// Ask is the effect of a customer response: a wait is to be opened, looking back for a reply that has already
// come (R2), in the transaction that stores the state it came with.
type Ask struct {
	StepID   string
	To       string // id of the step whose message asks
	SentAt   time.Time
	Deadline time.Time
	Several  Several

	Accept      flow.Accept
	Retries     int
	EndsInvalid bool
}

// Reply is an inbound message that claims a wait.
type Reply struct {
	MessageID   string
	Message     protocol.Message
	EffectiveAt time.Time
	MatchedBy   string // the rule of R9 that decided: reference, open_wait
	Choice      string // of those that accept names; empty if it names none
	Attempts    int    // answers that were refused before
}
