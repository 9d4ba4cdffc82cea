// Package flowtest plays a flow against a script on a virtual clock: hours pass in microseconds, no call leaves the
// process. It is a shell around run.Advance, as the durable engine is, and decides about messages with the same
// conversation.Match; what it leaves out is only what a database and processes are for.
package flowtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/calendar"
	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Scenario is what happens to a flow from outside. Times count from the start of the run.
type Scenario struct {
	Start     time.Time // of the virtual clock; zero: Epoch
	Event     json.RawMessage
	Contact   run.ContactFacts
	Calendars map[string]calendar.Calendar // those of the workspace
	Answers   map[string]Answer            // by step, or by run.StepKey for one iteration; a step without one succeeds at once
	Script    []Act
	Wrote     *time.Duration // how long before the start the contact last wrote; nil: at the start, where a message or a person may have made it
	Settle    time.Duration  // how long after its deadline a wait times out; usually zero here
	Grace     time.Duration  // how long waits are held after the gateway was away (R6)
	Until     time.Duration  // when one looks; zero: when nothing more can happen
}

// Answer is how an outside call comes back.
type Answer struct {
	Takes   time.Duration
	Output  json.RawMessage   // nil: a message id for steps that send, else an empty object
	Outputs []json.RawMessage // one after the other, of a step that is called several times; the last one stays
	Failure *protocol.Failure
}

// Act is one line of the script; exactly one of its kinds is set.
type Act struct {
	At        time.Duration
	Say       *Say
	Undeliver string        // the message of this step can't be delivered
	Deliver   string        // the message of this step reaches the contact
	Read      string        // the contact opens the message of this step
	Away      time.Duration // the gateway is off for this long
	Cancel    string        // the run is cancelled for this reason
	Takeover  string        // a person writes this to the contact, from outside the run (R20)
	Resume    string        // somebody lets the paused wait of this step go on (R20)
	Fail      *Fault
}

// Fault has the calls of a step fail from now on.
type Fault struct {
	Step    string
	Failure protocol.Failure
	Times   int // how many of them; zero: all
}

// Say is a message from a contact.
type Say struct {
	Kind     string // empty: text
	Text     string
	Payload  string
	Quotes   string        // the step whose message it answers by reference
	SaidAt   time.Duration // when the contact said it, if earlier than it arrives; zero: the act's time
	Stranger bool          // it comes from somebody else
}

// Call is one call that the run made, or that asked for another answer beside it.
type Call struct {
	Step  string
	At    time.Duration
	Key   string
	Input json.RawMessage
}

// Heard is what became of a message.
type Heard struct {
	At          time.Duration
	Disposition conversation.Disposition
	Text        string
}

// Pause is a stretch of time in which the clock of a wait stood still, because a person had taken over (R20).
type Pause struct {
	Wait string // its id
	From time.Duration
	To   time.Duration // when the wait went on or ended; -1 if it stands still
}

// Trace is what a run did.
type Trace struct {
	State  run.State
	Steps  []run.StepRun // in the order in which they began, those of earlier iterations too
	Path   []string      // step ids with the exits taken, such as "answer.no_response"
	Calls  []Call
	Heard  []Heard
	Waits  []run.Wait    // in the order in which they were opened
	Pauses []Pause       // in the order in which they began
	Ended  time.Duration // when the run ended; -1 if it has not
	Others run.Others    // what it did beside its own steps
}

// Epoch is where the virtual clock starts unless a scenario says otherwise: any instant will do.
var Epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// maxTaken bounds what happens in one play: a call that has to wait for another connection is tried for ever.
const maxTaken = 10_000

// Play runs a flow through a scenario until nothing more can happen. With an error comes the trace as far as it got.
func Play(v *flow.Version, sc Scenario) (Trace, error) {
	if sc.Start.IsZero() {
		sc.Start = Epoch
	}
	p := &player{version: v, Scenario: sc, trace: Trace{Ended: -1}, faults: map[string]*Fault{}, ran: map[string]run.StepRun{}, answered: map[string]int{}, sent: map[string]int64{}, asked: map[string]conversation.Message{}}
	p.state = run.State{Status: run.Queued, Facts: run.Facts{
		RunID: "run_test", StartedAt: sc.Start, FlowName: v.Name, FlowVersion: 1, WorkspaceID: "ws_test", TimeZone: "UTC",
		Event: sc.Event, Contact: sc.Contact, Calendars: sc.Calendars,
	}}
	err := p.play()
	p.trace.State, p.trace.Steps = p.state, p.steps()
	p.trace.Path = path(p.trace.Steps)
	for _, w := range p.waits {
		p.trace.Waits = append(p.trace.Waits, *w)
	}
	return p.trace, err
}

func (p *player) play() error {
	if err := p.meet(); err != nil {
		return err
	}
	for _, act := range p.Script {
		p.schedule(act.At, func() error { return p.act(act) })
	}
	if err := p.advance(run.Start{}); err != nil {
		return err
	}
	for len(p.agenda) > 0 {
		next := p.agenda[0]
		if p.Until > 0 && next.at > p.Until {
			break
		}
		p.agenda = p.agenda[1:]
		if p.taken++; p.taken > maxTaken {
			return fmt.Errorf("at %s: the run does not come to an end; it is still at %s", expr.FormatDuration(p.now), p.state.Cursor)
		}
		if away := p.awayUntil(next.at); next.ours && away > 0 {
			p.scheduleOurs(away, next.do)
			continue
		}
		p.now = max(p.now, next.at)
		if err := next.do(); err != nil {
			return err
		}
		p.watch()
	}
	return nil
}

// meet finds whom the run is about, as the flow says, unless the scenario does.
func (p *player) meet() error {
	facts := &p.state.Facts
	if facts.Contact.ID != "" || facts.Contact.Phone != "" || facts.Contact.Email != "" {
		return nil
	}
	named, ok, err := run.Contact(p.version, *facts, p.time())
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	if ok {
		facts.Contact = run.ContactFacts{ID: "cnt_test", Phone: named.Phone, Email: named.Email, Name: named.Name}
	}
	return nil
}

type player struct {
	Scenario
	version  *flow.Version
	trace    Trace
	state    run.State
	ran      map[string]run.StepRun // by key, those of earlier iterations too
	now      time.Duration
	agenda   []item
	taken    int // of the agenda
	away     []span
	faults   map[string]*Fault // by step
	answered map[string]int    // by step, how many of its outputs were used

	heard  int64                           // number of the newest inbound message
	sent   map[string]int64                // newest inbound number when a step's intent was committed (R1)
	asked  map[string]conversation.Message // by step, how far its message got
	said   []conversation.Message
	wrote  time.Time // when the contact last wrote in this scenario; zero: not yet
	waits  []*run.Wait
	wait   *run.Wait              // the newest of them
	answer []conversation.Message // what the wait has taken so far

	overdue *run.Said // the newest message that came too late for the wait while it was still open
}

type span struct{ from, to time.Duration }

// item is something that will happen; ours are things that only a gateway that is on can do.
type item struct {
	at   time.Duration
	ours bool
	do   func() error
}

func (p *player) schedule(at time.Duration, do func() error) { p.insert(item{at: at, do: do}) }
func (p *player) scheduleOurs(at time.Duration, do func() error) {
	p.insert(item{at: at, do: do, ours: true})
}

// insert keeps the agenda in order of time; what was planned first goes first.
func (p *player) insert(it item) {
	i := len(p.agenda)
	for i > 0 && p.agenda[i-1].at > it.at {
		i--
	}
	p.agenda = slices.Insert(p.agenda, i, it)
}

// awayUntil returns when the gateway is back, or zero if it is on.
func (p *player) awayUntil(at time.Duration) time.Duration {
	for _, s := range p.away {
		if at >= s.from && at < s.to {
			return s.to
		}
	}
	return 0
}

func (p *player) time() time.Time { return p.Start.Add(p.now) }

// advance applies an input and carries out what the run asks for.
func (p *player) advance(in run.Input) error {
	p.state.Facts.Heard = nil
	t, err := run.Advance(p.version, p.state, in, p.time())
	for unheard := (*run.UnheardError)(nil); errors.As(err, &unheard); {
		p.state.Facts.Heard = p.lastHeard(unheard.Connection)
		t, err = run.Advance(p.version, p.state, in, p.time())
	}
	if err != nil {
		return fmt.Errorf("at %s: %w", p.now, err)
	}
	p.state = t.State
	for _, sr := range t.Changed {
		p.ran[sr.Key()] = sr
	}
	p.trace.Others = p.trace.Others.Then(t.Others)
	if t.State.Status.Ended() && p.trace.Ended < 0 {
		p.trace.Ended = p.now
	}
	switch {
	case t.Call != nil:
		p.call(*t.Call)
	case t.Ask != nil:
		return p.open(*t.Ask)
	case t.State.Phase == run.PhaseJoining: // other flows are not played: they end at once
		sr := t.State.Steps[t.State.Cursor]
		p.schedule(p.now, func() error {
			return p.advance(run.Joined{StepID: sr.StepID, Iteration: sr.Iteration, RunID: "run_other", Status: run.Succeeded})
		})
	case !t.State.WakeAt.IsZero():
		p.wake(t.State.WakeAt.Sub(p.Start))
	}
	return nil
}

// lastHeard says when the contact last wrote: what they say in a scenario is heard on every connection.
func (p *player) lastHeard(connection string) map[string]run.Heard {
	var last time.Time
	switch t := p.version.Trigger; {
	case p.Wrote != nil:
		last = p.Start.Add(-*p.Wrote)
	case t.On == flow.Message || t.Declared.Standing, t.On == flow.Manual, t.On == flow.Webhook: // as the check of flows takes it
		last = p.Start
	}
	if p.wrote.After(last) {
		last = p.wrote
	}
	facts := map[string]run.Heard{connection: {At: last}}
	maps.Copy(facts, p.state.Facts.Heard)
	return facts
}

func (p *player) call(c run.Call) {
	if c.Sends {
		p.sent[c.StepID] = p.heard
		delete(p.asked, c.StepID) // of an earlier iteration
	}
	p.trace.Calls = append(p.trace.Calls, Call{Step: c.StepID, At: p.now, Key: c.IdempotencyKey, Input: c.Input})
	answer, known := p.Answers[run.StepKey(c.StepID, c.Iteration)]
	if !known {
		answer = p.Answers[c.StepID]
	}
	p.scheduleOurs(p.now+answer.Takes, func() error {
		if p.state.Phase != run.PhaseCalling || p.state.Steps[p.state.Cursor].Key() != run.StepKey(c.StepID, c.Iteration) {
			return nil
		}
		if f := p.faults[c.StepID]; f != nil {
			if f.Times--; f.Times == 0 {
				delete(p.faults, c.StepID)
			}
			return p.advance(run.CallFailed{Failure: &f.Failure})
		}
		if answer.Failure != nil {
			return p.advance(run.CallFailed{Failure: answer.Failure})
		}
		result := protocol.Result{Output: answer.Output}
		if n := len(answer.Outputs); n > 0 {
			result.Output = answer.Outputs[min(p.answered[c.StepID], n-1)]
			p.answered[c.StepID]++
		}
		if c.Sends {
			result.Sent = &protocol.SentMessage{ID: messageID(c.StepID)}
		}
		if result.Output == nil {
			result.Output = json.RawMessage(`{}`)
			if c.Sends {
				result.Output, _ = json.Marshal(map[string]string{"message_id": messageID(c.StepID)})
			}
		}
		return p.advance(run.Called{Result: result})
	})
}

func messageID(step string) string { return "message of " + step }

// wake comes back when the run wants to be looked at, unless it has gone on by then.
func (p *player) wake(at time.Duration) {
	due := p.state.WakeAt
	p.scheduleOurs(at, func() error {
		if !p.state.WakeAt.Equal(due) {
			return nil
		}
		return p.advance(run.Woken{})
	})
}

func (p *player) act(a Act) error {
	switch {
	case a.Say != nil:
		if away := p.awayUntil(p.now); away > 0 { // the provider sends it again when we are back
			p.schedule(away, func() error { return p.hear(a) })
			return nil
		}
		return p.hear(a)
	case a.Away > 0:
		p.away = append(p.away, span{from: p.now, to: p.now + a.Away})
	case a.Cancel != "":
		return p.cancel(a.Cancel)
	case a.Takeover != "":
		return p.takeover()
	case a.Resume != "":
		p.resume(a.Resume)
	case a.Undeliver != "":
		return p.undeliver(a.Undeliver)
	case a.Deliver != "":
		return p.reach(a.Deliver, conversation.Delivered)
	case a.Read != "":
		return p.reach(a.Read, conversation.Read)
	case a.Fail != nil:
		fault := *a.Fail
		p.faults[fault.Step] = &fault
	}
	return nil
}

// optOut ends the open wait, and with it the run (R9). A run that does not wait goes on until it would send.
func (p *player) optOut() error {
	p.state.Facts.Contact.Consent = flow.Unsubscribed
	if p.wait != nil && p.wait.State.Live() {
		return p.cancel(conversation.OptedOutReason)
	}
	return nil
}

func (p *player) cancel(reason string) error {
	if p.state.Status.Ended() {
		return nil
	}
	if p.wait != nil && p.wait.State.Live() {
		p.wait.State = run.WaitCancelled
	}
	return p.advance(run.Cancel{Reason: reason})
}

// hear takes a message of a contact.
func (p *player) hear(a Act) error {
	p.heard++
	m := conversation.Message{
		ID: fmt.Sprintf("msg_%d", p.heard), Direction: protocol.Inbound, Seq: p.heard, Kind: cmp.Or(a.Say.Kind, "text"), Text: a.Say.Text, Payload: a.Say.Payload,
		EffectiveAt: p.Start.Add(a.At), ReceivedAt: p.time(), Disposition: conversation.NoMatch,
	}
	if a.Say.SaidAt > 0 {
		m.EffectiveAt = p.Start.Add(a.Say.SaidAt)
	}
	if a.Say.Quotes != "" {
		m.InReplyTo = messageID(a.Say.Quotes)
	}
	if !a.Say.Stranger && m.EffectiveAt.After(p.wrote) {
		p.wrote = m.EffectiveAt
	}
	var err error
	switch {
	case a.Say.Stranger:
	case conversation.OptsOut(m):
		m.Disposition = conversation.OptedOut
		err = p.optOut()
	default:
		_, err = p.offer(&m)
	}
	p.said = append(p.said, m)
	p.trace.Heard = append(p.trace.Heard, Heard{At: p.now, Disposition: m.Disposition, Text: m.Text})
	return err
}

// steps lists what ran, in its order.
func (p *player) steps() []run.StepRun {
	for _, sr := range p.state.Steps { // a late reply changes one beside the transitions
		p.ran[sr.Key()] = sr
	}
	return slices.SortedFunc(maps.Values(p.ran), func(a, b run.StepRun) int { return a.Number - b.Number })
}

// path lists the steps that ran, in their order, each with its exit.
func path(ran []run.StepRun) []string {
	names := make([]string, len(ran))
	for i, sr := range ran {
		names[i] = sr.StepID
		if sr.Exit != "" {
			names[i] += "." + sr.Exit
		}
	}
	return names
}
