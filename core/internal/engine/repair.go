package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
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
	return e.Store.Write(ctx, "", func(ctx context.Context, tx Tx) error {
		_, err := tx.NoteRepaired(ctx, note)
		return err
	})
}

func (e *Engine) repairOnce(ctx context.Context, rp Repair, to *version, r run.Run, note Repaired) error {
	if rp.Action == RepairReplay {
		_, err := e.replay(ctx, r, "", rp.ID, note)
		return err
	}
	next, err := e.write(ctx, r.ContactID, func(ctx context.Context, tx Tx, out *sequel) error {
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

// input is what a repair other than a replay tells a run that is in this wait, if it is in one.
func (r Repair) input(to *version, current string, w run.Wait) (run.Input, error) {
	switch r.Action {
	case RepairRetry:
		return run.Retry{}, nil
	case RepairCancel:
		return run.Cancel{Reason: r.Reason}, nil
	case RepairTimeOut:
		return run.Elapsed{Ending: w.Ending()}, nil
	case RepairRetime, RepairMove:
		if current == to.ID {
			return nil, &run.RefusedError{Reason: "It follows that version already."}
		}
		if r.Action == RepairRetime {
			return run.Retime{By: to.flow, Wait: &w}, nil
		}
		return run.Move{To: to.flow, Number: to.Number, Wait: &w}, nil
	}
	return nil, fmt.Errorf("there is no repair %q", r.Action)
}

// mend does to one run what a repair asks for, under the contact's lock. detail says what that was, where the action does
// not.
func (e *Engine) mend(ctx context.Context, tx Tx, rp Repair, to *version, runID string, out *sequel) (detail string, err error) {
	r, err := tx.Run(ctx, runID)
	if err != nil {
		return "", fmt.Errorf("load run %s: %w", runID, err)
	}
	if rp.Action == RepairCancel {
		return "", e.cancelRun(ctx, tx, runID, "admin", rp.Reason, out)
	}
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return "", err
	}
	var w run.Wait
	if r.State.Phase == run.PhaseAsking {
		if w, err = tx.WaitOfStep(ctx, r.ID, r.State.Cursor); err != nil {
			return "", err
		}
		if rp.Action == RepairTimeOut {
			return "", e.timeOut(ctx, tx, w, out)
		}
	}
	in, err := rp.input(to, r.VersionID, w)
	if err != nil {
		return "", err
	}
	if rp.Action != RepairRetime && rp.Action != RepairMove {
		return "", e.advance(ctx, tx, r, v, in, out)
	}
	return e.rollOver(ctx, tx, r, v, to, w, in, out)
}

// rollOver gives a parked run the limit of another version, or takes it over to that version (R17).
func (e *Engine) rollOver(ctx context.Context, tx Tx, r run.Run, v, to *version, w run.Wait, in run.Input, out *sequel) (detail string, err error) {
	if r.State.Facts.Calendars, err = tx.Calendars(ctx, r.WorkspaceID); err != nil {
		return "", fmt.Errorf("load calendars: %w", err)
	}
	t, err := e.next(ctx, tx, &r, v, in)
	if err != nil {
		return "", err
	}
	_, moves := in.(run.Move)
	kind := WaitRetimed
	if moves {
		kind = WaitMoved
		detail = fmt.Sprintf("From version %d to version %d.", v.Number, to.Number)
		r.VersionID, v = to.ID, to
	} else {
		detail = fmt.Sprintf("As version %d says.", to.Number)
	}
	if !t.State.WakeAt.Equal(r.State.WakeAt) {
		detail += " It sleeps until " + stamp(t.State.WakeAt) + "."
	}
	if t.Wait != nil {
		next := *t.Wait
		if next.ClockAt.IsZero() { // a status that is to start it may have come by the terms of before
			asked, err := tx.Message(ctx, next.AskedID)
			if err != nil {
				return "", fmt.Errorf("question of wait %s: %w", next.ID, err)
			}
			if reached := asked.Reached(next.Terms.From); !reached.IsZero() {
				next.ClockAt, next.Deadline = reached, reached.Add(next.Within)
			}
		}
		next.FireAt = next.Deadline.Add(e.Settle)
		saved, err := tx.SaveWait(ctx, next)
		if err == nil && !saved {
			err = ErrLost
		}
		if err != nil {
			return "", err
		}
		next.Revision++
		out.alarms = append(out.alarms, alarm(next))
		if !next.Deadline.Equal(w.Deadline) {
			detail += fmt.Sprintf(" The deadline was %s and is %s.", stamp(w.Deadline), stamp(next.Deadline))
		}
		if err := tx.AddWaitEvent(ctx, WaitEvent{WaitID: w.ID, At: tx.Now(), Kind: kind, Detail: detail}); err != nil {
			return "", err
		}
	}
	return detail, e.carry(ctx, tx, r, v, t, out, tx.SaveRun)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// timeOut takes a question for unanswered before its time is over (R3: by the one way out of open).
func (e *Engine) timeOut(ctx context.Context, tx Tx, w run.Wait, out *sequel) error {
	if w.State != run.WaitOpen {
		return &ClosedError{Wait: w}
	}
	to, in, err := e.silence(ctx, tx, w)
	if err != nil {
		return err
	}
	detail := "Somebody let it time out."
	if left := w.Deadline.Sub(tx.Now()); left > 0 {
		detail = "Somebody let it time out " + left.Round(time.Second).String() + " before its deadline."
	}
	closed, err := e.close(ctx, tx, w, to, "admin", "", WaitClosed, detail)
	if err == nil && !closed {
		err = ErrLost
	}
	if err != nil {
		return err
	}
	return e.resume(ctx, tx, w, in, out)
}

// TimeOut takes a wait for unanswered now, and returns it as it then is. It does not wait for calls. It returns
// ErrNotFound for a wait that is not the workspace's and a *ClosedError for one that is over.
func (e *Engine) TimeOut(ctx context.Context, workspaceID, waitID string) (run.Wait, error) {
	w, err := e.Store.Wait(ctx, waitID)
	if err == nil && w.WorkspaceID != workspaceID {
		err = ErrNotFound
	}
	if err != nil {
		return run.Wait{}, err
	}
	next, err := e.write(ctx, w.ContactID, func(ctx context.Context, tx Tx, out *sequel) (err error) {
		if w, err = tx.Wait(ctx, waitID); err != nil {
			return err
		}
		if err := e.timeOut(ctx, tx, w, out); err != nil {
			return err
		}
		w, err = tx.Wait(ctx, waitID)
		return err
	})
	e.performApart(next)
	return w, err
}

// SettleCall tells a run what became of a call whose outcome is not known. It does not wait for calls. The error is a
// *run.RefusedError for a run that has no such call and a *flow.InputError for an output that can't be.
func (e *Engine) SettleCall(ctx context.Context, runID string, in run.Settle) error {
	return e.mendOne(ctx, runID, Repaired{Action: RepairSettle, Detail: string(in.As)}, func(ctx context.Context, tx Tx, r run.Run, v *version, out *sequel) error {
		if step := v.flow.Step(r.State.Cursor); step != nil && step.Do != nil && step.Do.Declared.Sends && in.As != run.SettledResend {
			if err := e.settleMessage(ctx, tx, r, step.Do.Connection, in); err != nil {
				return err
			}
		}
		return e.advance(ctx, tx, r, v, in, out)
	})
}

// settleMessage brings the message of a call that somebody settles up to date.
func (e *Engine) settleMessage(ctx context.Context, tx Tx, r run.Run, connection string, in run.Settle) error {
	connectionID, err := e.connectionID(ctx, r.WorkspaceID, connection)
	if err != nil {
		return err
	}
	m, err := tx.SentMessage(ctx, connectionID, "", run.CallKey(r.ID, r.State.Cursor, r.State.Steps[r.State.Cursor].Iteration))
	if errors.Is(err, ErrNotFound) {
		return nil // none was meant to be sent
	}
	if err != nil {
		return fmt.Errorf("message of step %s: %w", r.State.Cursor, err)
	}
	if in.As == run.SettledFailed {
		m.Status, m.Failure = conversation.SendFailed, &protocol.Failure{
			Kind: protocol.Permanent, Source: protocol.FromGateway, Message: "Somebody found that it was not sent.",
		}
		return tx.UpdateMessage(ctx, m)
	}
	var output struct {
		MessageID string `json:"message_id"`
	}
	_ = json.Unmarshal(in.Output, &output) // what has no such id is only not followed
	m.ProviderID = cmp.Or(m.ProviderID, output.MessageID)
	if conversation.Newer(m.Status, conversation.Sent) {
		m.Status, m.EffectiveAt = conversation.Sent, tx.Now()
	}
	return tx.UpdateMessage(ctx, m)
}

// mendOne does something to one run that somebody asked for, and notes it.
func (e *Engine) mendOne(ctx context.Context, runID string, note Repaired, do func(ctx context.Context, tx Tx, r run.Run, v *version, out *sequel) error) error {
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return fmt.Errorf("load run %s: %w", runID, err)
	}
	next, err := e.write(ctx, r.ContactID, func(ctx context.Context, tx Tx, out *sequel) error {
		r, err := tx.Run(ctx, runID)
		if err != nil {
			return fmt.Errorf("load run %s: %w", runID, err)
		}
		v, err := e.version(ctx, r.VersionID)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, r, v, out); err != nil {
			return err
		}
		note := note
		note.WorkspaceID, note.RunID, note.Outcome = r.WorkspaceID, r.ID, RunRepaired
		_, err = tx.NoteRepaired(ctx, note)
		return err
	})
	e.performApart(next)
	return err
}

// Replay begins a run anew, with the event that started it and about the same contact, on a version of its flow: the live
// one if versionID is empty. The old run stays as it is. A second ask with the same key finds the first one's run; an
// empty key is one of its own. The error is a *run.RefusedError for a run that can't be begun again.
func (e *Engine) Replay(ctx context.Context, runID, versionID, key string) (newRunID string, err error) {
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return "", fmt.Errorf("load run %s: %w", runID, err)
	}
	return e.replay(ctx, r, versionID, cmp.Or(key, id.New("key")), Repaired{WorkspaceID: r.WorkspaceID, RunID: r.ID, Action: RepairReplay, Outcome: RunRepaired})
}

// replay is Replay with what is to be noted.
func (e *Engine) replay(ctx context.Context, r run.Run, versionID, key string, note Repaired) (newRunID string, err error) {
	v, err := e.replayVersion(ctx, r, versionID)
	if err != nil {
		return "", err
	}
	ev := event.Event{
		ID: id.New("evt"), WorkspaceID: r.WorkspaceID, Type: v.flow.Trigger.On, Key: "replay:" + r.ID + ":" + key,
		ReceivedAt: time.Now(), Data: r.State.Facts.Event,
	}
	in := intake{live: []LiveFlow{{FlowID: r.FlowID, VersionID: v.ID}}}
	in.begun = func(ctx context.Context, tx Tx, newRunID string) error {
		if newRunID == "" {
			return nil
		}
		note := note
		note.NewRunID = newRunID
		fresh, err := tx.NoteRepaired(ctx, note)
		if err == nil && !fresh {
			err = errRepaired
		}
		return err
	}
	if r.ContactID != "" {
		if in.about, err = e.Store.ContactByID(ctx, r.WorkspaceID, r.ContactID); err != nil && !errors.Is(err, ErrNotFound) {
			return "", fmt.Errorf("contact of run %s: %w", r.ID, err)
		}
	}
	t, err := e.takeApart(ctx, ev, in)
	if err != nil || t.runID != "" {
		return t.runID, err
	}
	newRunID, err = e.Store.RunOfEvent(ctx, t.eventID, r.FlowID)
	if errors.Is(err, ErrNotFound) || err == nil && newRunID == "" {
		return "", &run.RefusedError{Reason: "The flow does not start with it now: its filter or per_contact does not let it."}
	}
	return newRunID, err
}

// replayVersion finds the version on which a run is begun again; a *run.RefusedError says why it can't be.
func (e *Engine) replayVersion(ctx context.Context, r run.Run, versionID string) (*version, error) {
	if r.State.Facts.Event == nil {
		return nil, &run.RefusedError{Reason: "What started it has been removed for its age."}
	}
	if versionID == "" {
		live, err := e.Store.LiveFlow(ctx, r.WorkspaceID, r.State.Facts.FlowName)
		if errors.Is(err, ErrNotFound) {
			return nil, &run.RefusedError{Reason: "The flow has no live version, or it is switched off."}
		}
		if err != nil {
			return nil, fmt.Errorf("find flow %s: %w", r.State.Facts.FlowName, err)
		}
		versionID = live.VersionID
	}
	v, err := e.version(ctx, versionID)
	if err != nil {
		return nil, err
	}
	own, err := e.version(ctx, r.VersionID)
	if err != nil {
		return nil, err
	}
	if own.flow.Trigger.On != v.flow.Trigger.On {
		return nil, &run.RefusedError{Reason: fmt.Sprintf("Version %d starts with %s, the run with %s.", v.Number, v.flow.Trigger.On, own.flow.Trigger.On)}
	}
	return v, nil
}

// Plan is what a repair would do.
type Plan struct {
	Total    int // runs that are meant
	Examined int // of these, the newest
	Done     int
	Skipped  int
	Reasons  []Reason   // why runs would be skipped, the most frequent first
	Runs     []Repaired // the first of those examined
}

// Reason is why runs would be skipped.
type Reason struct {
	Text  string
	Count int
}

// How much a plan looks at, and shows.
const (
	planExamines = 2000
	planShows    = 100
)

// PlanRepair says what a repair would do, and does nothing. source, if not empty, is the document of a version that is
// still to be published, by which runs are to be re-timed or to which they are to be moved.
func (e *Engine) PlanRepair(ctx context.Context, rp Repair, source []byte) (Plan, error) {
	rp.ID = id.New("rep")
	var to *version
	var err error
	switch {
	case len(source) > 0:
		to = &version{}
		if to.flow, err = e.Compile(ctx, Version{WorkspaceID: rp.WorkspaceID, Source: source}); err != nil {
			return Plan{}, err
		}
	case rp.VersionID != "":
		if to, err = e.version(ctx, rp.VersionID); err != nil {
			return Plan{}, err
		}
	}
	var p Plan
	if p.Total, err = e.Store.CountRepair(ctx, rp); err != nil {
		return p, err
	}
	counts := map[string]int{}
	for p.Examined < planExamines {
		ids, err := e.Store.RepairRuns(ctx, rp, repairBatch)
		if err != nil || len(ids) == 0 {
			return p.with(counts), err
		}
		for _, runID := range ids {
			would, err := e.would(ctx, rp, to, runID)
			if err != nil {
				return p, err
			}
			p.Examined++
			if would.Outcome == RunRepaired {
				p.Done++
			} else {
				p.Skipped++
				counts[would.Detail]++
			}
			if len(p.Runs) < planShows {
				p.Runs = append(p.Runs, would)
			}
		}
		rp.AfterRun = ids[len(ids)-1]
	}
	return p.with(counts), nil
}

func (p Plan) with(counts map[string]int) Plan {
	for text, count := range counts {
		p.Reasons = append(p.Reasons, Reason{text, count})
	}
	slices.SortFunc(p.Reasons, func(a, b Reason) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Text, b.Text)) })
	return p
}

// would says what a repair would do to a run as it is now.
func (e *Engine) would(ctx context.Context, rp Repair, to *version, runID string) (Repaired, error) {
	out := Repaired{RunID: runID, Action: rp.Action, Outcome: RunRepaired}
	r, err := e.Store.Run(ctx, runID)
	if err != nil {
		return out, fmt.Errorf("load run %s: %w", runID, err)
	}
	if rp.Action == RepairReplay {
		_, err = e.replayVersion(ctx, r, "")
		out.Detail = again(r)
	} else {
		out.Detail, err = e.wouldAdvance(ctx, rp, to, r)
	}
	if why, refused := whyNot(rp.Action, err); refused {
		out.Outcome, out.Detail, err = RunSkipped, why, nil
	}
	return out, err
}

func (e *Engine) wouldAdvance(ctx context.Context, rp Repair, to *version, r run.Run) (detail string, err error) {
	v, err := e.version(ctx, r.VersionID)
	if err != nil {
		return "", err
	}
	if r.State.Facts.Calendars, err = e.Store.Calendars(ctx, r.WorkspaceID); err != nil {
		return "", fmt.Errorf("load calendars: %w", err)
	}
	var w run.Wait
	if r.State.Phase == run.PhaseAsking {
		if w, err = e.Store.WaitOfStep(ctx, r.ID, r.State.Cursor); err != nil {
			return "", err
		}
		if rp.Action == RepairTimeOut && w.State != run.WaitOpen {
			return "", &ClosedError{Wait: w}
		}
	}
	in, err := rp.input(to, r.VersionID, w)
	if err != nil {
		return "", err
	}
	now := time.Now()
	t, err := run.Advance(v.flow, r.State, in, now)
	var unheard *run.UnheardError
	switch {
	case errors.As(err, &unheard): // whether it is made is seen then
		return "Calls " + unheard.StepID + ".", nil
	case err != nil:
		return "", err
	case t.Call != nil:
		return "Calls " + t.Call.StepID + ".", nil
	case t.Wait != nil && !t.Wait.Deadline.After(now):
		return "Its time is over then: it takes no_response.", nil
	case t.Wait != nil:
		return "The deadline is " + stamp(t.Wait.Deadline) + ".", nil
	case !t.State.WakeAt.Equal(r.State.WakeAt) && t.State.Status == run.Waiting:
		return "It sleeps until " + stamp(t.State.WakeAt) + ".", nil
	}
	return "", nil
}

// again says which calls of a run are made again when it is replayed.
func again(r run.Run) string {
	var calls []run.StepRun
	for _, s := range r.State.Steps {
		if s.Kind == string(flow.KindDo) {
			calls = append(calls, s)
		}
	}
	if len(calls) == 0 {
		return ""
	}
	slices.SortFunc(calls, func(a, b run.StepRun) int { return a.Number - b.Number })
	names := make([]string, len(calls))
	for i, c := range calls {
		names[i] = c.StepID
	}
	return "Calls again: " + strings.Join(names, ", ") + "."
}
