// Package inspect is what people look at: runs with their timelines, flows with their versions. It reads and changes
// nothing; Timeline puts the pieces of a run's history into the order in which they happened.
package inspect

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// RunFilter says which runs are wanted; an empty field leaves all.
type RunFilter struct {
	Status    run.Status
	Phase     run.Phase
	FlowID    string
	Version   int // of the flow
	ContactID string
	Failure   protocol.FailureKind
	Since     time.Time     // began then or later
	Until     time.Time     // began before
	Longer    time.Duration // has taken longer than that, until now if it has not ended
}

// ListedRun is a run with what its line in a list shows besides.
type ListedRun struct {
	run.Run
	Deadline time.Time // of the answer that it waits for; zero: it waits for none
	PausedAt time.Time // since when the clock of that answer stands still; zero: it runs
}

// RunDetail is all that a run's timeline shows.
type RunDetail struct {
	Run        run.Run       // with its facts
	Steps      []run.StepRun // in the run's order
	Attempts   []run.Attempt // of its calls, the oldest first
	Waits      []run.Wait    // the oldest first
	WaitEvents []engine.WaitEvent
	Repairs    []engine.Repaired      // what was done to it because somebody asked, and what it is a replay of
	Messages   []conversation.Message // what the run sent and what its waits took, the oldest first
}

// Flow is a flow with its draft.
type Flow struct {
	ID            string // flow_…
	WorkspaceID   string
	Name          string
	Title         string
	Enabled       bool // a flow that is not takes no events; its runs go on
	Archived      bool // out of sight; it is not enabled then
	Tags          []string
	Draft         []byte
	LiveVersionID string // empty until a version was published
	Revision      int64  // grows by one with each change of the draft
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// MaxRecent is of how many of a flow's newest runs an Activity tells.
const MaxRecent = 300

// Activity is what a flow has done lately.
type Activity struct {
	Trigger     string             // what starts the live version; empty: none is live
	LiveVersion int                // its number; 0: none is live
	ChangedBy   string             // who changed the flow last, by name; empty: it is not known
	LastRun     run.Run            // its id, status and beginning; zero: there was none
	Recent      map[run.Status]int // the runs of a span, of the newest MaxRecent at most
}

// PublishedVersion is a published version and the flow document's pins.
type PublishedVersion struct {
	ID           string // ver_…
	FlowID       string
	Number       int
	Source       []byte
	Connectors   map[string]string // connector name to the version it is pinned to
	EventType    string            // what the trigger listens to
	ConnectionID string            // from where; empty: from anywhere
	Live         bool
	CreatedAt    time.Time
	By           string
}
