package run

import (
	"time"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Attempt is one try of a step's call, as a person looks at it; a run does not go by it.
type Attempt struct {
	StepID    string
	Iteration string
	Number    int       // in the order in which they were made, from 1
	Attempt   int       // as the step counts them: a try that spent none has the number of the next
	StartedAt time.Time // zero: not known, because the node that made it is gone
	EndedAt   time.Time
	Outcome   string // AttemptSucceeded, or the kind of the failure
	Failure   *protocol.Failure
	Exchanges []Exchange // the first ones
}

// AttemptSucceeded is the outcome of an attempt that went well.
const AttemptSucceeded = "succeeded"

// Exchange is one HTTP exchange as a run's timeline shows it: no header, no query, no body, no secret.
type Exchange struct {
	At       time.Time     `json:"at"`
	Method   string        `json:"method"`
	Host     string        `json:"host"`
	Path     string        `json:"path"`
	Status   int           `json:"status,omitempty"` // zero: no answer
	Duration time.Duration `json:"duration"`
	Sent     int           `json:"sent"`     // bytes of the request's body
	Received int           `json:"received"` // bytes of the answer's body
	Error    string        `json:"error,omitempty"`
}
