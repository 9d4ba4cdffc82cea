package api

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/flow"
	"github.com/cordboard/cordboard/core/internal/flowtest"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Recorded is a RunDetail as it is read back to be played again: JSON keeps all its digits.
type Recorded struct {
	Run
	Event    *RecordedEvent `json:"event"`
	Contact  *Contact       `json:"contact"`
	Steps    []RecordedStep `json:"steps"`
	Waits    []Wait         `json:"waits"`
	Messages []Message      `json:"messages"`
}

// RecordedEvent is what started a recorded run.
type RecordedEvent struct {
	Data json.RawMessage `json:"data"`
}

// RecordedStep is one step of a recorded run.
type RecordedStep struct {
	Step
	Output json.RawMessage `json:"output"`
}

// RecordedContact is what is known of the contact of a recorded run.
type RecordedContact struct {
	Contact
	Fields json.RawMessage `json:"fields"`
}

// Path lists the steps that ran, as flowtest.Trace does.
func (r Recorded) Path() []string {
	path := make([]string, len(r.Steps))
	for i, s := range r.Steps {
		path[i] = s.ID
		if s.Exit != "" {
			path[i] += "." + s.Exit
		}
	}
	return path
}

// Scenario is what happened to the run from outside, until now: how its calls came back, what became of its messages,
// what the contact said, whether it was cancelled. Said are the contact's messages. It is false for a run whose event is
// no longer kept.
func (r Recorded) Scenario(contact RecordedContact, said []Message, now time.Time) (flowtest.Scenario, bool) {
	if r.Event == nil || len(r.Event.Data) == 0 || r.Event.Data[0] != '{' {
		return flowtest.Scenario{}, false
	}
	// What the contact said before is not played: they may have written just then.
	sc := flowtest.Scenario{Start: r.CreatedAt, Event: r.Event.Data, Answers: map[string]flowtest.Answer{}, Wrote: new(time.Duration)}
	if len(r.Steps) > 0 && r.Steps[0].StartedAt != nil {
		sc.Start = *r.Steps[0].StartedAt // it may have stood in a queue before
	}
	sc.Until = max(now.Sub(sc.Start), 1)
	if c := r.Contact; c != nil {
		sc.Contact = run.ContactFacts{
			ID: c.ID, Phone: c.Phone, Email: c.Email, Name: c.Name, Language: contact.Language, TimeZone: contact.TimeZone,
			Tags: contact.Tags, Lists: contact.Lists, Fields: contact.Fields,
		}
	}
	for _, s := range r.Steps {
		if (s.Kind == string(flow.KindDo) || s.Kind == string(flow.KindHTTP)) && s.StartedAt != nil {
			sc.Answers[run.StepKey(s.ID, s.Iteration)] = s.answer(now)
		}
	}
	r.statuses(&sc)
	r.replies(&sc, said)
	if r.Status == string(run.Cancelled) && r.EndedAt != nil && r.Reason != conversation.TakeoverReason { // the document says what comes of that
		sc.Script = append(sc.Script, flowtest.Act{At: r.EndedAt.Sub(sc.Start), Cancel: r.Reason})
	}
	return sc, true
}

// answer is how the call of a step came back, after all its attempts. One that has not come back does not do so by now.
func (s RecordedStep) answer(now time.Time) flowtest.Answer {
	if s.EndedAt == nil {
		return flowtest.Answer{Takes: now.Sub(*s.StartedAt) + time.Hour}
	}
	a := flowtest.Answer{Takes: s.EndedAt.Sub(*s.StartedAt), Output: s.Output}
	if f := s.Failure; f != nil && s.Status == string(run.StepFailed) {
		a.Failure = &protocol.Failure{Kind: protocol.FailureKind(f.Kind), Source: protocol.FailureSource(f.Source), Message: f.Message, Detail: f.Detail, Field: f.Field}
		if a.Failure.Kind != protocol.Invalid {
			a.Failure.Kind = protocol.Permanent // it was tried again then, and is not to be tried once more
		}
	}
	return a
}

// statuses are what became of the messages that the run sent.
func (r Recorded) statuses(sc *flowtest.Scenario) {
	for _, m := range r.Messages {
		if m.Direction != string(protocol.Outbound) || m.Step == "" {
			continue
		}
		if m.DeliveredAt != nil {
			sc.Script = append(sc.Script, flowtest.Act{At: m.DeliveredAt.Sub(sc.Start), Deliver: m.Step})
		}
		if m.ReadAt != nil {
			sc.Script = append(sc.Script, flowtest.Act{At: m.ReadAt.Sub(sc.Start), Read: m.Step})
		}
		for _, w := range r.Waits {
			if m.Status == string(conversation.SendFailed) && w.State == string(run.WaitUndelivered) && w.ClosedAt != nil {
				sc.Script = append(sc.Script, flowtest.Act{At: w.ClosedAt.Sub(sc.Start), Undeliver: m.Step})
			}
		}
	}
}

// replies are what the contact said to the run, or could have said to it: on its connections, since it began, and not
// taken by another run. What a person said to the contact there is with them (R20).
func (r Recorded) replies(sc *flowtest.Scenario, said []Message) {
	ours, connections, quoted := map[string]bool{"": true}, map[string]bool{}, map[string]string{}
	for _, w := range r.Waits {
		ours[w.ID], connections[w.ConnectionID] = true, true
		if w.State == string(run.WaitReplied) && w.ClosedAt != nil {
			sc.Settle = max(sc.Settle, w.ClosedAt.Sub(w.Deadline)) // a reply that was held up on its way counted
		}
	}
	for _, m := range r.Messages {
		if m.Direction == string(protocol.Outbound) && m.ProviderID != "" {
			connections[m.ConnectionID], quoted[m.ProviderID] = true, m.Step
		}
	}
	for _, m := range said {
		if m.Direction == string(protocol.Outbound) && m.RunID == "" && m.ReceivedAt != nil && !m.ReceivedAt.Before(sc.Start) && connections[m.ConnectionID] {
			sc.Script = append(sc.Script, flowtest.Act{At: m.ReceivedAt.Sub(sc.Start), Takeover: cmp.Or(m.Text, m.Kind)})
			continue
		}
		if m.Direction != string(protocol.Inbound) || m.ReceivedAt == nil || m.ReceivedAt.Before(sc.Start) ||
			m.StartedRunID != "" || !ours[m.WaitID] || !connections[m.ConnectionID] {
			continue
		}
		act := flowtest.Act{At: m.ReceivedAt.Sub(sc.Start), Say: &flowtest.Say{Kind: m.Kind, Text: m.Text, Payload: m.Payload, Quotes: quoted[m.InReplyTo]}}
		if m.EffectiveAt != nil {
			act.Say.SaidAt = m.EffectiveAt.Sub(sc.Start)
		}
		sc.Script = append(sc.Script, act)
	}
}
