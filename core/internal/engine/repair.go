package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
)

// RepairAction is what a person has done to runs.
type RepairAction string

const (
	RepairRetry   RepairAction = "retry"   // taken up at the step that failed
	RepairCancel  RepairAction = "cancel"  // ended
	RepairReplay  RepairAction = "replay"  // begun anew, as another run
	RepairTimeOut RepairAction = "timeout" // taken for unanswered at once
	RepairRetime  RepairAction = "retime"  // given the limit of another version (R17)
	RepairMove    RepairAction = "move"    // taken over to another version (R17)
	RepairSettle  RepairAction = "settle"  // told what became of its call; of one run only
)

// RepairState is how far a repair is.
type RepairState string

const (
	RepairRunning RepairState = "running"
	RepairDone    RepairState = "done"
	RepairStopped RepairState = "stopped" // somebody stopped it; what was done stays done
)

// Selection says which runs a repair is about. Runs that began after it was asked for never are.
type Selection struct {
	RunIDs    []string   `json:"run_ids,omitempty"` // these; the rest is empty then
	FlowID    string     `json:"flow_id,omitempty"`
	Flow      string     `json:"flow,omitempty"` // its name
	ContactID string     `json:"contact_id,omitempty"`
	Status    run.Status `json:"status,omitempty"`
	Behind    bool       `json:"behind,omitempty"` // have not ended and follow another version than the repair's
}

// Repair is something that somebody asked for, to be done to several runs. It is done run by run, each in a unit of its
// own that notes the outcome, so that whoever takes it up after a crash does nothing twice.
type Repair struct {
	ID          string // rep_…
	WorkspaceID string
	Action      RepairAction
	Select      Selection
	AskedByName string // of the person or token, as far as they are known; only read
	VersionID   string // of RepairRetime and RepairMove
	Reason      string // of RepairCancel
	State       RepairState
	AfterRun    string // how far it has come: the newest runs are first
	Total       int    // how many runs were meant when it was asked for
	Done        int
	Skipped     int
	AskedBy     string
	CreatedAt   time.Time
	EndedAt     time.Time
}

// RepairOutcome is what became of one run of a repair.
type RepairOutcome string

const (
	RunRepaired RepairOutcome = "done"
	RunSkipped  RepairOutcome = "skipped" // Detail says why
)

// Repaired is what was done to one run, or why it was not.
type Repaired struct {
	ID          string // rpr_…
	WorkspaceID string
	RepairID    string // empty: it was asked for this run alone
	RunID       string
	Action      RepairAction
	Outcome     RepairOutcome
	Detail      string // for a person
	NewRunID    string // of a replay
	AskedBy     string // the store knows it when this is empty
	At          time.Time
}

// repairLease is for how long a repair is left to the node that works on it.
const repairLease = 30 * time.Second

// repairBatch is how many runs are found at once.
const repairBatch = 50

// StartRepair stores a repair and begins it.
func (e *Engine) StartRepair(ctx context.Context, r Repair) (Repair, error) {
	r.ID, r.State = id.New("rep"), RepairRunning
	r, err := e.Store.InsertRepair(ctx, r)
	if err == nil {
		e.Ready(KindRepair, r.ID)
	}
	return r, err
}

// repair does what is left of a repair, until it is done or this node stops.
func (e *Engine) repair(ctx context.Context, repairID string) error {
	var to *version
	for {
		r, err := e.Store.Repair(ctx, repairID)
		if errors.Is(err, ErrNotFound) || err == nil && r.State != RepairRunning {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load repair %s: %w", repairID, err)
		}
		if r.VersionID != "" && to == nil {
			if to, err = e.version(ctx, r.VersionID); err != nil {
				return err
			}
		}
		ids, err := e.Store.RepairRuns(ctx, r, repairBatch)
		if err != nil {
			return fmt.Errorf("find the runs of repair %s: %w", repairID, err)
		}
		if len(ids) == 0 {
			return e.Store.EndRepair(ctx, r.WorkspaceID, r.ID, RepairDone)
		}
		for _, runID := range ids {
			if e.stopping() {
				return nil // whoever comes next goes on from here
			}
			if err := e.repairRun(ctx, r, to, runID); err != nil {
				return fmt.Errorf("repair run %s: %w", runID, err)
			}
		}
		if err := e.Store.AdvanceRepair(ctx, r.ID, ids[len(ids)-1], repairLease); err != nil {
			return fmt.Errorf("note how far repair %s is: %w", repairID, err)
		}
	}
}

func (e *Engine) stopping() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopped
}

// errRepaired ends the unit of a run that the repair has dealt with before.
var errRepaired = errors.New("the repair has dealt with this run")

// repairRun deals with one run of a repair. A run that can't be repaired is noted with the reason; the error is of the
// gateway's own making.
func (e *Engine) repairRun(ctx context.Context, rp Repair, to *version, runID string) error {
	r, err := e.Store.Run(ctx, runID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	note := Repaired{WorkspaceID: r.WorkspaceID, RepairID: rp.ID, RunID: runID, Action: rp.Action, Outcome: RunRepaired, AskedBy: rp.AskedBy}
	for range 3 { // what runs moves on by itself
		err = e.repairOnce(ctx, rp, to, r, note)
		if !errors.Is(err, ErrLost) {
			break
		}
	}
	why, refused := whyNot(rp.Action, err)
	if !refused {
		if errors.Is(err, errRepaired) {
			return nil
		}
		return err
	}
	note.Outcome, note.Detail = RunSkipped, why
	return e.Store.Write(ctx, nil, func(ctx context.Context, tx Tx) error {
		_, err := tx.NoteRepaired(ctx, note)
		return err
	})
}

func (e *Engine) repairOnce(ctx context.Context, rp Repair, to *version, r run.Run, note Repaired) error {
	if rp.Action == RepairReplay {
		_, err := e.replay(ctx, r, "", rp.ID, note)
		return err
	}
	next, err := e.write(ctx, []string{r.ContactID}, func(ctx context.Context, tx Tx, out *sequel) error {
		note := note
		var err error
		if note.Detail, err = e.mend(ctx, tx, rp, to, r.ID, out); err != nil {
			return err
		}
		fresh, err := tx.NoteRepaired(ctx, note)
		if err == nil && !fresh {
			err = errRepaired
		}
		return err
	})
	e.performApart(next)
	return err
}

// performApart makes a call on a goroutine of its own, or here if there is no room.
func (e *Engine) performApart(next *call) {
	if next != nil && !e.try(func(ctx context.Context) { e.perform(ctx, *next) }) {
		e.perform(e.ctx, *next)
	}
}

// whyNot says for a person why a run was not repaired; refused is false for an error that says nothing about the run.
func whyNot(action RepairAction, err error) (why string, refused bool) {
	var no *run.RefusedError
	var closed *ClosedError
	switch {
	case err == nil:
		return "", false
	case errors.As(err, &no):
		return no.Reason, true
	case errors.As(err, &closed):
		why = closed.Error()
		return strings.ToUpper(why[:1]) + why[1:] + ".", true
	case errors.Is(err, run.ErrNotRetryable):
		return "Its step can't be done again. Replay it instead.", true
	case errors.Is(err, ErrLost):
		return "It moved on at that moment.", true
	case !errors.Is(err, run.ErrNotExpected):
		return "", false
	}
	switch action {
	case RepairRetry:
		return "It has not failed.", true
	case RepairTimeOut:
		return "It waits for no answer.", true
	}
	return "It has ended already.", true
}
