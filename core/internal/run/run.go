// Package run owns what happens inside: a run of a flow version, its step runs and waits, and Advance, the pure
// function that says what a run does next. The package has no clock, disk, network or goroutine; its shells are
// the durable engine, the flow tester and the property tests.
package run

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/contactfield"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Status is where a run stands; transition.go lists the legal moves.
type Status string

const (
	Queued    Status = "queued"    // made, not begun
	Running   Status = "running"   // a call is out
	Waiting   Status = "waiting"   // for a time, a reply or a person
	Succeeded Status = "succeeded" // came to its end
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// Ended reports whether nothing can happen any more.
func (s Status) Ended() bool { return s == Succeeded || s == Failed || s == Cancelled }

// Phase is what the step at the cursor is doing.
type Phase string

const (
	PhaseNone       Phase = ""            // not begun, or ended
	PhaseCalling    Phase = "calling"     // the intent is committed; the call may or may not have gone out
	PhaseBackingOff Phase = "backing_off" // until WakeAt, then the call is made again
	PhaseHeld       Phase = "held"        // its connection must be renewed; the call is made again then, or at WakeAt
	PhaseSettling   Phase = "settling"    // the outcome of a message is unknown; until WakeAt a status may tell it
	PhaseSleeping   Phase = "sleeping"    // a delay, until WakeAt
	PhaseJoining    Phase = "joining"     // another run is to end
	PhaseAsking     Phase = "asking"      // a customer response; the wait row holds the deadline
	PhaseTurning    Phase = "turning"     // more steps follow at once: what one transition does is bounded
)

// Run is one execution of a flow version, as it is stored.
type Run struct {
	ID          string // run_…
	WorkspaceID string
	FlowID      string
	VersionID   string
	EventID     string // what started it
	ContactID   string // empty when the flow names no contact
	Revision    int64  // grows by one with each transition; whoever holds an old one has lost
	Owner       string // the node that is calling; empty unless Running
	CreatedAt   time.Time
	EndedAt     time.Time
	State       State
}

// State is what Advance reads and writes. It is a value: Advance never changes the one it was given.
type State struct {
	Status  Status
	Cursor  string // id of the step; empty before the start and after the end
	Phase   Phase
	Attempt int                // of the call at the cursor, from 1
	WakeAt  time.Time          // when the run wants to be looked at; zero: something else will wake it
	Steps   map[string]StepRun // the newest of each step
	Loops   []Frame            // the loops that the cursor is in, outermost first
	Vars    map[string]json.RawMessage
	Failure *protocol.Failure // why it failed
	Reason  string            // why it was cancelled

	HeldOn    string    // name of the connection that must be renewed first; empty unless PhaseHeld
	HeldSince time.Time // since when the call at the cursor has been held; zero: it has not been
	Facts     Facts
}

// Facts is what expressions see besides the steps: fixed for a transition, handed in by the shell.
type Facts struct {
	RunID         string
	StartedAt     time.Time
	FlowName      string
	FlowVersion   int
	WorkspaceID   string
	WorkspaceName string
	TimeZone      string // IANA name
	Event         json.RawMessage
	Hops          int           // how many runs led to this one, one after another
	Parent        *event.Origin // the run that waits for this one; nil if none does
	Contact       ContactFacts
	Heard         map[string]Heard             // of the contact, by the name of a connection, as far as Advance asked for it
	Fields        []contactfield.Field         // those of contacts that are declared; nil: as the version knows them
	Calendars     map[string]calendar.Calendar // those that the version goes by, as far as they are there
	LongestWait   time.Duration                // how long a customer response may take at most; 0: as long as any
}

// Heard is when a contact was last heard on a connection.
type Heard struct {
	At   time.Time // zero: never
	Deaf bool      // nobody knows: the connection is gone, or can't receive
}

// ContactFacts is the person a run is about.
type ContactFacts struct {
	ID    string `json:"id"`
	Phone string `json:"phone"`
	Email string `json:"email"`
	Name  string `json:"name"`

	Language string          `json:"language"`
	TimeZone string          `json:"time_zone"` // IANA name; empty: not known
	Tags     []string        `json:"tags"`      // in order
	Lists    []string        `json:"lists"`     // names, in order
	Fields   json.RawMessage `json:"fields"`    // an object; nil is an empty one
	Consent  flow.Consent    `json:"consent"`
	Blocked  bool            `json:"blocked"`
}

// StepStatus is how one step of a run stands.
type StepStatus string

const (
	StepActive    StepStatus = "active"
	StepSucceeded StepStatus = "succeeded"
	StepFailed    StepStatus = "failed"
	StepCancelled StepStatus = "cancelled"
)

// StepRun is one execution of one step.
type StepRun struct {
	StepID    string
	Iteration string // of the loops around it: "3", or "2.3" in a loop within a loop; empty outside of all
	Number    int    // place in the run's order, from 1
	Kind      string
	Status    StepStatus
	Exit      string // the branch taken: then, else, default, no_response, …
	Input     json.RawMessage
	Output    json.RawMessage // what later steps read as steps.<id>
	Failure   *protocol.Failure
	Attempt   int
	StartedAt time.Time
	EndedAt   time.Time
}

// Key tells the step run from all others of its run.
func (sr StepRun) Key() string { return StepKey(sr.StepID, sr.Iteration) }

// StepKey is the Key of a step in an iteration.
func StepKey(stepID, iteration string) string {
	if iteration == "" {
		return stepID
	}
	return stepID + "#" + iteration
}

// CallKey is the idempotency key of a step's call: the same for every attempt, another one in each iteration.
func CallKey(runID, stepID, iteration string) string { return runID + ":" + StepKey(stepID, iteration) }

// IterationOf returns the iteration of the step whose call has that key.
func IterationOf(callKey string) string {
	_, rest, _ := strings.Cut(callKey, "#")
	iteration, _, _ := strings.Cut(rest, ":")
	return iteration
}

// step returns the step run of that id and whether there is one.
func (s State) step(id string) (StepRun, bool) {
	sr, ok := s.Steps[id]
	return sr, ok
}

// With returns a copy of s in which sr stands.
func (s State) With(sr StepRun) State {
	steps := make(map[string]StepRun, len(s.Steps)+1)
	maps.Copy(steps, s.Steps)
	steps[sr.StepID] = sr
	s.Steps = steps
	return s
}
