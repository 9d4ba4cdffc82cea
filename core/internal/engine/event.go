package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// start is a run that an event may start: a live flow and the person it will be about.
type start struct {
	flowID  string
	version *version
	contact conversation.Contact
}

// intake says how an event came.
type intake struct {
	flowID string                                 // the only flow that may start with it; empty: all that listen
	again  bool                                   // somebody has a run begun anew by it
	live   []LiveFlow                             // the flows that start with it, whatever they listen to; usually nil
	about  conversation.Contact                   // whom it is about, if the event does not say
	last   bool                                   // it is the last event of its request
	key    string                                 // of the address at which it came; empty: the connection's own, or none
	with   func(ctx context.Context, tx Tx) error // goes into the event's transaction; may be nil
	// begun goes into it too, and is told the run that the event began, or nothing if that is none; may be nil
	begun func(ctx context.Context, tx Tx, runID string) error
}

// stored is an event in the unit that stores it.
type stored struct {
	event.Event
	fresh bool // it was not known before
	again bool // see intake
}

// taken is what became of an event.
type taken struct {
	eventID string // under which it is stored
	runID   string // that it began; empty if none, or if it had begun one before
}

// take stores an event with all that it causes, and makes the call that comes of it.
func (e *Engine) take(ctx context.Context, ev event.Event, in intake) error {
	_, next, err := e.storeEvent(ctx, ev, in)
	if next != nil {
		e.perform(ctx, *next)
	}
	return err
}

// takeApart is take for a caller who does not wait for calls.
func (e *Engine) takeApart(ctx context.Context, ev event.Event, in intake) (taken, error) {
	t, next, err := e.storeEvent(ctx, ev, in)
	if next != nil && !e.try(func(ctx context.Context) { e.perform(ctx, *next) }) {
		e.perform(e.ctx, *next)
	}
	return t, err
}

// errElsewhere ends a unit whose contact was merged or erased before it held their lock.
var errElsewhere = errors.New("the contact is somebody else now")

// storeEvent stores an event: a message is matched to waits, a status moves the message it is about, and flows that
// listen to it begin their runs. The call that is to be made next is returned.
func (e *Engine) storeEvent(ctx context.Context, ev event.Event, in intake) (t taken, next *call, err error) {
	for {
		t, next, err = e.storeOnce(ctx, ev, in)
		if !errors.Is(err, errElsewhere) {
			return t, next, err
		}
		if in.about.ID == "" {
			continue
		}
		about, err := e.Store.ContactByID(ctx, ev.WorkspaceID, in.about.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return t, nil, fmt.Errorf("find contact: %w", err)
		}
		in.about = about
	}
}

// storeOnce is storeEvent as long as nobody is merged meanwhile.
func (e *Engine) storeOnce(ctx context.Context, ev event.Event, in intake) (t taken, next *call, err error) {
	contact, listening := in.about, e.listening(ctx, ev, in)
	defer func() { _, _ = listening() }() // so that nothing goes on when this returns
	if ev.Contact != nil {
		if contact, err = e.recognise(ctx, ev, *ev.Contact, ev.ConnectionID); err != nil {
			return t, nil, err
		}
	}
	starts, err := e.starts(ctx, ev, contact, in, listening)
	if err != nil {
		return t, nil, err
	}
	asked, err := e.askedOf(ctx, ev)
	if err != nil {
		return t, nil, err
	}
	next, err = e.write(ctx, together(ev, contact, asked, starts), func(ctx context.Context, tx Tx, out *sequel) error {
		got, err := tx.Receive(ctx, Incoming{Event: ev, ContactID: contact.ID, Says: says(ev, contact), ReadAll: in.last})
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && got.Contact.ID != contact.ID:
			return errElsewhere
		case err != nil:
			return fmt.Errorf("store event: %w", err)
		}
		starts, err := e.present(ctx, tx, got.Contact, starts)
		if err != nil {
			return err
		}
		ev := stored{Event: ev, fresh: got.Fresh, again: in.again}
		ev.ID = got.EventID
		t = taken{eventID: got.EventID}
		if in.with != nil {
			if err := in.with(ctx, tx); err != nil {
				return err
			}
		}
		switch {
		case ev.Message != nil && contact.ID != "":
			return e.hear(ctx, tx, ev, got, starts, out)
		case ev.Status != nil && ev.fresh:
			if err := e.follow(ctx, tx, ev.Event, asked, out); err != nil {
				return err
			}
		}
		t.runID, err = e.beginRuns(ctx, tx, ev, starts, out)
		if err == nil && in.begun != nil {
			err = in.begun(ctx, tx, t.runID)
		}
		return err
	})
	return t, next, err
}

// askedOf is the contact that the message went to which a status is about; empty for any other event.
func (e *Engine) askedOf(ctx context.Context, ev event.Event) (contactID string, err error) {
	if ev.Status == nil {
		return "", nil
	}
	m, err := e.Store.SentMessage(ctx, ev.ConnectionID, ev.Status.MessageID, ev.Status.IdempotencyKey)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return m.ContactID, err
}

// together names the contacts whose other units an event must not run beside: whoever said something, or was asked what a
// status is about, and whomever a run will be about. A run that begins while they are merged would be the one's who is gone.
// Runs that are waited for and may have to queue are one of them: two would not see that they close a circle.
func together(ev event.Event, contact conversation.Contact, asked string, starts []start) []string {
	all := []string{contact.ID, asked}
	for _, s := range starts {
		all = append(all, s.contact.ID)
		if ev.Origin != nil && ev.Origin.Waits && s.version.flow.PerContact == flow.Queue {
			all = append(all, "queues of "+ev.WorkspaceID)
		}
	}
	return all
}

// present returns the starts of an event with their contacts as they are now that their locks are held; the event's own is
// known. The error is errElsewhere if one of them is gone.
func (e *Engine) present(ctx context.Context, tx Tx, contact conversation.Contact, starts []start) ([]start, error) {
	known := map[string]conversation.Contact{"": {}, contact.ID: contact}
	starts = slices.Clone(starts) // the unit may run again
	for i := range starts {
		c := &starts[i].contact
		if _, ok := known[c.ID]; !ok {
			got, err := tx.Contact(ctx, c.WorkspaceID, c.ID)
			if errors.Is(err, ErrNotFound) || err == nil && got.ID != c.ID {
				return nil, errElsewhere
			}
			if err != nil {
				return nil, fmt.Errorf("load contact %s: %w", c.ID, err)
			}
			known[c.ID] = got
		}
		*c = known[c.ID]
	}
	return starts, nil
}

// recognise finds or makes a contact; the zero Contact when nothing is said by which to know one.
func (e *Engine) recognise(ctx context.Context, ev event.Event, c protocol.Contact, connectionID string) (conversation.Contact, error) {
	person := conversation.Recognise(c, connectionID, "")
	if len(person.Identities) == 0 {
		return conversation.Contact{}, nil
	}
	var origin event.Origin
	if by := ev.Origin; by != nil {
		origin = event.Origin{RunID: by.RunID, StepID: by.StepID, Hops: by.Hops + 1}
	}
	if err := e.renumber(ctx, ev.WorkspaceID, connectionID, c); err != nil {
		return conversation.Contact{}, err
	}
	contact, _, err := e.know(ctx, ev.WorkspaceID, person, nil, origin)
	if err != nil {
		return contact, fmt.Errorf("find contact: %w", err)
	}
	return e.oneOfTwo(ctx, ev.WorkspaceID, connectionID, c, contact)
}

// starts lists the flows that listen to an event, each with its contact: the one the flow's mapping names, or else
// the one the event is about.
func (e *Engine) starts(ctx context.Context, ev event.Event, about conversation.Contact, in intake, listening func() ([]LiveFlow, error)) ([]start, error) {
	live, err := listening()
	if err != nil {
		return nil, fmt.Errorf("find flows for %s: %w", ev.Type, err)
	}
	starts := make([]start, 0, len(live))
	for _, l := range live {
		if in.flowID != "" && l.FlowID != in.flowID {
			continue
		}
		v, err := e.version(ctx, l.VersionID)
		if err != nil {
			return nil, err
		}
		if ev.Type == event.RunFailed && ownFailure(ev, v) || !v.flow.Trigger.Passes(ev.Data) || !in.asked(ev, v.flow.Trigger) {
			continue
		}
		if heard, err := e.hears(ctx, ev, v, about); err != nil || !heard {
			if err != nil {
				return nil, err
			}
			continue
		}
		s := start{flowID: l.FlowID, version: v, contact: about}
		switch named, ok, err := run.Contact(v.flow, facts(ev, v, "", time.Now()), time.Now()); {
		case err != nil:
			e.Logger.Warn("the contact of a run could not be worked out", "flow_id", l.FlowID, "event_id", ev.ID, "error", err)
		case ok && !(ev.Contact != nil && conversation.Recognise(named, "", "").Equal(conversation.Recognise(*ev.Contact, ev.ConnectionID, ""))):
			found, err := e.recognise(ctx, ev, named, "")
			if err != nil {
				return nil, err
			}
			if found.ID != "" {
				s.contact = found
			}
		}
		starts = append(starts, s)
	}
	return starts, nil
}

// ranked returns those of the starts that stand in a rank of R9.
func ranked(starts []start, rank conversation.Rule) []start {
	var of []start
	for _, s := range starts {
		if s.rank() == rank {
			of = append(of, s)
		}
	}
	return of
}

func (s start) rank() conversation.Rule {
	switch f := s.version.flow.Trigger.Message; {
	case f != nil && f.Interrupts:
		return conversation.RuleInterrupt
	case f != nil && f.Fallback:
		return conversation.RuleFallback
	}
	return conversation.RuleTrigger
}

// minds reports whether it matters that the contact is in another run of the flow.
func (s start) minds() bool { return s.version.flow.PerContact != flow.Allow && s.contact.ID != "" }

// beginRuns begins the runs of an event, one for each flow, and returns the last one's id. A flow that has already
// begun one for this event is passed over.
func (e *Engine) beginRuns(ctx context.Context, tx Tx, ev stored, starts []start, out *sequel) (runID string, err error) {
	for _, s := range starts {
		begun, err := e.beginOne(ctx, tx, ev, s, out)
		if err != nil {
			return "", fmt.Errorf("start run of %s: %w", s.version.FlowName, err)
		}
		if begun != "" {
			runID = begun
		}
	}
	return runID, nil
}

// beginOne begins the run of one flow, as far as the flow's per_contact lets it (R12). runID is empty if it does not, or
// if the event had begun one before.
func (e *Engine) beginOne(ctx context.Context, tx Tx, ev stored, s start, out *sequel) (runID string, err error) {
	others, err := e.runsBeside(ctx, tx, s)
	if err != nil {
		return "", err
	}
	policy := s.version.flow.PerContact
	endless, err := e.waitsForItself(ctx, tx, ev, policy, others)
	if err != nil {
		return "", err
	}
	if policy == flow.Reject && len(others) > 0 || endless {
		fresh, err := tx.InsertRejection(ctx, ev.ID, s.flowID)
		if err != nil || !fresh {
			return "", err
		}
		if s.version.flow.Trigger.Answers > 0 {
			if err := e.answer(ctx, tx, run.Run{EventID: ev.ID}, run.NotTaken(s.version.FlowName), out); err != nil {
				return "", err
			}
		}
		why := fmt.Sprintf("The contact is in a run of the flow %q, which takes one at a time.", s.version.FlowName)
		if endless {
			why = fmt.Sprintf("The contact is in a run of the flow %q, which takes one at a time and waits for this one.", s.version.FlowName)
		}
		return "", e.tellParent(ctx, tx, ev.WorkspaceID, ev.Origin, rejoin{Reason: why}, out)
	}
	r := newRun(ev.Event, s, tx)
	if !ev.fresh {
		fresh, err := tx.InsertDelivery(ctx, ev.ID, s.flowID, r.ID)
		if err != nil || !fresh {
			return "", err
		}
	}
	if why, err := e.loopSuspected(ctx, tx, ev, s); err != nil {
		return "", err
	} else if why != "" {
		return e.refuseRun(ctx, tx, r, s, ev.fresh, why, out)
	}
	if policy == flow.Queue && len(others) > 0 {
		return r.ID, tx.InsertRun(ctx, r, ev.fresh)
	}
	for _, other := range others { // of flow.Replace; the others come here only without any
		if err := e.cancelRun(ctx, tx, other.RunID, "cancel", "A newer run of the flow took its place.", out); err != nil {
			return "", err
		}
	}
	t, err := e.step(ctx, tx, &r, s.version, run.Start{})
	if err != nil {
		return "", err
	}
	if t.Ask == nil {
		return r.ID, e.carry(ctx, tx, r, s.version, t, out, insert(tx, ev.fresh))
	}
	// It waits at once, for an answer to what somebody else asks, and a wait is of a run that is stored.
	if err := tx.InsertRun(ctx, r, ev.fresh); err != nil {
		return "", err
	}
	r.Revision = 1
	return r.ID, e.carry(ctx, tx, r, s.version, t, out, tx.SaveRun)
}

// insert stores a run with the steps of its first transition; fresh says that no other run of its event can be there.
func insert(tx Tx, fresh bool) func(ctx context.Context, r run.Run, changed []run.StepRun) error {
	return func(ctx context.Context, r run.Run, changed []run.StepRun) error {
		steps := make(map[string]run.StepRun, len(changed)) // of each iteration, where the state has the newest only
		for _, sr := range changed {
			steps[sr.Key()] = sr
		}
		r.State.Steps = steps
		return tx.InsertRun(ctx, r, fresh)
	}
}

// loopSuspected says why a run is not begun that looks like a link of a chain without end; empty if it may. Runs that cause
// each other are counted along their chain, and one that branches shows in how often it starts a flow. A chain that goes
// through another system, which knows nothing of it, shows in how often it starts a flow for the same contact.
func (e *Engine) loopSuspected(ctx context.Context, tx Tx, ev stored, s start) (why string, err error) {
	switch {
	case ev.again:
		return "", nil
	case ev.Origin == nil:
		return e.circling(ctx, tx, s)
	}
	if ev.Origin.Hops > event.MaxHops {
		return fmt.Sprintf("Loop suspected: %d runs have caused each other in a row.", event.MaxHops), nil
	}
	caused, err := tx.CausedRuns(ctx, s.version.WorkspaceID, s.flowID, tx.Now().Add(-time.Minute), e.LoopRate)
	if err != nil || caused < e.LoopRate {
		return "", err
	}
	return fmt.Sprintf("Loop suspected: other runs have started this flow %d times within a minute. If that is meant, raise CORDBOARD_LOOP_RATE and retry the run.", caused), nil
}

// contactRateWithin is the time in which starts for one contact are counted.
const contactRateWithin = 10 * time.Minute

// circling says why a run that came from outside is not begun: its flow was started for this contact too often.
func (e *Engine) circling(ctx context.Context, tx Tx, s start) (why string, err error) {
	if s.contact.ID == "" {
		return "", nil
	}
	most := cmp.Or(s.version.flow.ContactRate, e.ContactRate)
	starts, err := tx.ContactStarts(ctx, s.version.WorkspaceID, s.flowID, s.contact.ID, tx.Now().Add(-contactRateWithin), most)
	if err != nil || starts < most {
		return "", err
	}
	return fmt.Sprintf("Loop suspected: this flow was started for this contact %d times within ten minutes, as happens when what it does comes back to it through another system. If that is meant, raise contact_rate in the flow, or CORDBOARD_CONTACT_RATE, and retry the run.", starts), nil
}

// refuseRun stores a run that fails before its first step, so that somebody sees it and may retry it.
func (e *Engine) refuseRun(ctx context.Context, tx Tx, r run.Run, s start, fresh bool, why string, out *sequel) (runID string, err error) {
	e.Logger.Warn("a run was refused", "flow_id", s.flowID, "run_id", r.ID, "reason", why)
	return r.ID, e.carry(ctx, tx, r, s.version, run.Refuse(r.State, why), out, insert(tx, fresh))
}

func newRun(ev event.Event, s start, tx Tx) run.Run {
	r := run.Run{
		ID: id.New("run"), WorkspaceID: ev.WorkspaceID, FlowID: s.flowID, VersionID: s.version.ID, EventID: ev.ID,
		ContactID: s.contact.ID, CreatedAt: tx.Now(),
	}
	f := facts(ev, s.version, r.ID, r.CreatedAt)
	f.Contact = s.contact.Facts()
	r.State = run.State{Status: run.Queued, Facts: f}
	return r
}

// facts is what a run of v that ev starts knows.
func facts(ev event.Event, v *version, runID string, at time.Time) run.Facts {
	f := run.Facts{
		RunID: runID, StartedAt: at, FlowName: v.FlowName, FlowVersion: v.Number, WorkspaceID: v.WorkspaceID,
		WorkspaceName: v.WorkspaceName, TimeZone: v.TimeZone, Event: ev.Data,
	}
	if v.flow.Trigger.On == flow.Message && ev.Message != nil {
		f.Event, _ = json.Marshal(ev.Message)
	}
	if ev.Origin != nil {
		f.Hops = ev.Origin.Hops
		if ev.Origin.Waits {
			f.Parent = ev.Origin
		}
	}
	return f
}
